"""Tabular agents."""

import numpy as np


class TabularAgent:
    def __init__(self, shape, actions, alpha, gamma, epsilon, rng):
        self.values = np.zeros((*shape, actions))
        self.alpha = alpha
        self.gamma = gamma
        self.epsilon = epsilon
        self.rng = rng

    def act(self, state):
        if self.rng.random() < self.epsilon:
            return int(self.rng.integers(self.values.shape[-1]))
        best = np.flatnonzero(self.values[state] == self.values[state].max())
        return int(self.rng.choice(best))

    def learn(self, state, action, reward, following, next_action, done):
        target = reward if done else reward + self.gamma * self.bootstrap(following, next_action)
        self.values[state][action] += self.alpha * (target - self.values[state][action])

    def policy(self):
        return self.values.argmax(axis=-1)


class QLearning(TabularAgent):
    def bootstrap(self, state, action):
        return self.values[state].max()


class Sarsa(TabularAgent):
    def bootstrap(self, state, action):
        return self.values[state][action]
