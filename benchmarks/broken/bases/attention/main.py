"""Fit a linear read-out on the features of a random transformer block."""

import numpy as np
import yaml

from attention import TransformerBlock
from embedding import Embedding
from readout import fit_readout, token_accuracy
from task import copy_batch


def main():
    with open("config.yaml") as handle:
        config = yaml.safe_load(handle)
    rng = np.random.default_rng(config["seed"])
    embedding = Embedding(config["vocab_size"], config["model_dim"], config["sequence_length"], rng)
    block = TransformerBlock(config["model_dim"], config["heads"], rng)

    def features(tokens):
        return block.forward(embedding.forward(tokens))

    tokens, targets = copy_batch(config["batch_size"], config["sequence_length"], config["vocab_size"], rng)
    weights = fit_readout(features(tokens), targets, config["vocab_size"], config["ridge"])
    print(f"train accuracy {token_accuracy(features(tokens), targets, weights):.3f}")
    tokens, targets = copy_batch(config["batch_size"], config["sequence_length"], config["vocab_size"], rng)
    print(f"test accuracy  {token_accuracy(features(tokens), targets, weights):.3f}")


if __name__ == "__main__":
    main()
