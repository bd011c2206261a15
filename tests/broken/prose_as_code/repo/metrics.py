I'm sorry, but the paper does not give enough detail about the metrics that were used.
To complete this file, please provide the evaluation protocol of section 4.2 and the definition of accuracy.
Once you have shared these details, I will write the implementation for you.
