"""Plain and heavy-ball gradient descent."""

import numpy as np


class SGD:
    def __init__(self, rate):
        self.rate = rate

    def step(self, weights, gradient):
        return weights - self.rate * gradient


class Momentum(SGD):
    def __init__(self, rate, beta):
        super().__init__(rate)
        self.beta = beta
        self.velocity = None

    def step(self, weights, gradient):
        if self.velocity is None:
            self.velocity = np.zeros_like(weights)
        self.velocity = self.beta * self.velocity + gradient
        return weights - self.rate * self.velocity
