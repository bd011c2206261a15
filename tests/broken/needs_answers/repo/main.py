def ask(question):
    return input(question)


name = ask("Your name? ")
print("Hello", name)
