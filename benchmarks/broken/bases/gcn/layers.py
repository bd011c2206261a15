"""Layers with manual gradients."""

import numpy as np


class GraphConvolution:
    def __init__(self, n_in, n_out, rng):
        limit = np.sqrt(6.0 / (n_in + n_out))
        self.weight = rng.uniform(-limit, limit, size=(n_in, n_out))
        self.gradient = np.zeros_like(self.weight)
        self.cache = None

    def forward(self, adjacency, features):
        self.cache = adjacency @ features
        return self.cache @ self.weight

    def backward(self, adjacency, upstream):
        self.gradient = self.cache.T @ upstream
        return adjacency.T @ (upstream @ self.weight.T)

    def step(self, rate, decay):
        self.weight -= rate * (self.gradient + decay * self.weight)


def relu(values):
    return np.maximum(values, 0.0)


def softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponent = np.exp(shifted)
    return exponent / exponent.sum(axis=1, keepdims=True)


def cross_entropy(probabilities, labels, mask):
    """Mean loss over the labelled nodes, and its gradient by the logits."""
    rows = np.flatnonzero(mask)
    loss = -np.log(probabilities[rows, labels[rows]] + 1e-12).mean()
    gradient = np.zeros_like(probabilities)
    gradient[rows] = probabilities[rows]
    gradient[rows, labels[rows]] -= 1.0
    return float(loss), gradient / len(rows)
