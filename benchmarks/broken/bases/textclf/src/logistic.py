"""Logistic regression by stochastic gradient descent."""

import math


class LogisticRegression:
    def __init__(self, size, rate, epochs):
        self.weights = [0.0] * size
        self.bias = 0.0
        self.rate = rate
        self.epochs = epochs

    def fit(self, documents, labels):
        for _ in range(self.epochs):
            for document, label in zip(documents, labels):
                error = label - self.probability(document)
                self.bias += self.rate * error
                for index, count in document.items():
                    self.weights[index] += self.rate * error * count
        return self

    def probability(self, document):
        logit = self.bias + sum(count * self.weights[index] for index, count in document.items())
        return 1.0 / (1.0 + math.exp(-logit))

    def predict(self, document):
        return int(self.probability(document) >= 0.5)
