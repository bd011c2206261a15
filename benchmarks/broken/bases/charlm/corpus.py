"""The text and its windows."""

import torch

TEXT = (
    "the river keeps its own counsel and the hills keep theirs; between them the road goes on, "
    "over the bridge and under the poplars, as far as the mill and the last of the lamps. "
) * 8


class Alphabet:
    def __init__(self, text):
        self.letters = sorted(set(text))
        self.index = {letter: position for position, letter in enumerate(self.letters)}

    def __len__(self):
        return len(self.letters)

    def encode(self, text):
        return torch.tensor([self.index[letter] for letter in text])

    def decode(self, tokens):
        return "".join(self.letters[token] for token in tokens)


def windows(tokens, batch, length, steps):
    """Consecutive windows of (batch, length) inputs and the targets one step ahead."""
    width = (len(tokens) - 1) // batch
    inputs = tokens[: batch * width].view(batch, width)
    targets = tokens[1 : batch * width + 1].view(batch, width)
    for step in range(steps):
        start = (step * length) % (width - length)
        yield inputs[:, start : start + length], targets[:, start : start + length]
