"""Bandit environments."""


class BernoulliBandit:
    """Arms that pay 1 with their probability."""

    def __init__(self, probabilities, rng):
        self.probabilities = probabilities
        self.rng = rng
        self.best = max(probabilities)

    def pull(self, arm):
        return int(self.rng.random() < self.probabilities[arm])

    def regret(self, arm):
        return self.best - self.probabilities[arm]
