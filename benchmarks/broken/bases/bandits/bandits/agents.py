"""Strategies."""

import math


class Agent:
    """Counts pulls and keeps the mean reward of each arm."""

    def __init__(self, arms):
        self.arms = arms
        self.pulls = [0] * arms
        self.means = [0.0] * arms

    def select(self, step):
        raise NotImplementedError

    def update(self, arm, reward):
        self.pulls[arm] += 1
        self.means[arm] += (reward - self.means[arm]) / self.pulls[arm]


class EpsilonGreedy(Agent):
    def __init__(self, arms, epsilon, rng):
        super().__init__(arms)
        self.epsilon = epsilon
        self.rng = rng

    def select(self, step):
        if self.rng.random() < self.epsilon:
            return self.rng.randrange(self.arms)
        return max(range(self.arms), key=self.means.__getitem__)


class UCB1(Agent):
    def select(self, step):
        for arm, count in enumerate(self.pulls):
            if count == 0:
                return arm
        bonus = [math.sqrt(2 * math.log(step + 1) / count) for count in self.pulls]
        return max(range(self.arms), key=lambda arm: self.means[arm] + bonus[arm])


class ThompsonSampling(Agent):
    def __init__(self, arms, rng):
        super().__init__(arms)
        self.rng = rng
        self.alpha = [1] * arms
        self.beta = [1] * arms

    def select(self, step):
        draws = [self.rng.betavariate(a, b) for a, b in zip(self.alpha, self.beta)]
        return draws.index(max(draws))

    def update(self, arm, reward):
        super().update(arm, reward)
        if reward:
            self.alpha[arm] += 1
        else:
            self.beta[arm] += 1
