"""Token and position embeddings."""

import numpy as np


class Embedding:
    def __init__(self, vocab_size, dim, max_length, rng):
        self.tokens = rng.normal(size=(vocab_size, dim))
        self.positions = sinusoids(max_length, dim)

    def forward(self, tokens):
        return self.tokens[tokens] + self.positions[: tokens.shape[1]]


def sinusoids(length, dim):
    """Sinusoidal positions (Vaswani et al. 2017)."""
    position = np.arange(length)[:, None]
    rate = np.exp(-np.log(10000.0) * np.arange(0, dim, 2) / dim)
    table = np.zeros((length, dim))
    table[:, 0::2] = np.sin(position * rate)
    table[:, 1::2] = np.cos(position * rate)
    return table
