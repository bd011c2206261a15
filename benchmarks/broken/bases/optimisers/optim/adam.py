"""Adam (Kingma and Ba 2015)."""

import numpy as np


class Adam:
    def __init__(self, rate, beta1, beta2, epsilon):
        self.rate = rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.steps = 0
        self.first = None
        self.second = None

    def step(self, weights, gradient):
        if self.first is None:
            self.first = np.zeros_like(weights)
            self.second = np.zeros_like(weights)
        self.steps += 1
        self.first = self.beta1 * self.first + (1 - self.beta1) * gradient
        self.second = self.beta2 * self.second + (1 - self.beta2) * gradient**2
        first = self.first / (1 - self.beta1**self.steps)
        second = self.second / (1 - self.beta2**self.steps)
        return weights - self.rate * first / (np.sqrt(second) + self.epsilon)
