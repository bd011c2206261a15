"""Building blocks."""

import numpy as np


class Linear:
    def __init__(self, n_in, n_out, rng):
        self.weight = rng.normal(scale=1.0 / np.sqrt(n_in), size=(n_in, n_out))
        self.bias = np.zeros(n_out)

    def forward(self, x):
        return x @ self.weight + self.bias


class LayerNorm:
    def __init__(self, dim, epsilon=1e-5):
        self.gain = np.ones(dim)
        self.shift = np.zeros(dim)
        self.epsilon = epsilon

    def forward(self, x):
        centered = x - x.mean(axis=-1, keepdims=True)
        variance = (centered**2).mean(axis=-1, keepdims=True)
        return self.gain * centered / np.sqrt(variance + self.epsilon) + self.shift


def softmax(x):
    exponent = np.exp(x - x.max(axis=-1, keepdims=True))
    return exponent / exponent.sum(axis=-1, keepdims=True)


def gelu(x):
    """The tanh approximation."""
    return 0.5 * x * (1.0 + np.tanh(np.sqrt(2.0 / np.pi) * (x + 0.044715 * x**3)))
