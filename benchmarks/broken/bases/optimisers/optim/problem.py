"""Logistic regression as an optimisation problem."""

import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


class LogisticProblem:
    def __init__(self, features, labels):
        self.features = features
        self.labels = labels

    @classmethod
    def random(cls, samples, features, seed):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(samples, features))
        truth = rng.normal(size=features)
        return cls(x, (rng.uniform(size=samples) < sigmoid(x @ truth)).astype(float))

    def loss(self, weights):
        logits = self.features @ weights
        return float(np.mean(np.logaddexp(0.0, logits) - self.labels * logits))

    def gradient(self, weights, batch):
        x = self.features[batch]
        return x.T @ (sigmoid(x @ weights) - self.labels[batch]) / len(batch)
