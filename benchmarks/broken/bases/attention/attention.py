"""One transformer block, forward only."""

import numpy as np

from layers import LayerNorm, Linear, gelu, softmax


def causal_mask(length):
    """True where a position may not look."""
    return np.triu(np.ones((length, length), dtype=bool), k=1)


class MultiHeadAttention:
    def __init__(self, dim, heads, rng):
        if dim % heads:
            raise ValueError("dim must be a multiple of heads")
        self.heads = heads
        self.head_dim = dim // heads
        self.query, self.key, self.value, self.out = (Linear(dim, dim, rng) for _ in range(4))

    def split(self, x):
        """(batch, length, dim) to (batch, heads, length, head_dim)."""
        batch, length, _ = x.shape
        return x.reshape(batch, length, self.heads, self.head_dim).transpose(0, 2, 1, 3)

    def forward(self, x):
        batch, length, dim = x.shape
        q, k, v = (self.split(layer.forward(x)) for layer in (self.query, self.key, self.value))
        scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(self.head_dim)
        scores = np.where(causal_mask(length), -1e9, scores)
        mixed = softmax(scores) @ v
        return self.out.forward(mixed.transpose(0, 2, 1, 3).reshape(batch, length, dim))


class TransformerBlock:
    def __init__(self, dim, heads, rng):
        self.attention = MultiHeadAttention(dim, heads, rng)
        self.norm_in = LayerNorm(dim)
        self.norm_out = LayerNorm(dim)
        self.expand = Linear(dim, 4 * dim, rng)
        self.contract = Linear(4 * dim, dim, rng)

    def forward(self, x):
        x = x + self.attention.forward(self.norm_in.forward(x))
        return x + self.contract.forward(gelu(self.expand.forward(self.norm_out.forward(x))))
