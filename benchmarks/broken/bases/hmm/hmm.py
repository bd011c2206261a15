"""Discrete hidden Markov models with scaled forward-backward recursions (Rabiner 1989)."""

import numpy as np


def _rows(rng, count, width):
    return rng.dirichlet(np.ones(width), size=count)


class HiddenMarkovModel:
    def __init__(self, start, transition, emission):
        self.start = start
        self.transition = transition
        self.emission = emission

    @classmethod
    def random(cls, states, symbols, rng):
        return cls(rng.dirichlet(np.ones(states)), _rows(rng, states, states), _rows(rng, states, symbols))

    def forward(self, observed):
        """Scaled forward variables (T, N) and scaling factors (T,)."""
        alpha = np.zeros((len(observed), len(self.start)))
        scale = np.zeros(len(observed))
        current = self.start * self.emission[:, observed[0]]
        for t, symbol in enumerate(observed):
            if t:
                current = (alpha[t - 1] @ self.transition) * self.emission[:, symbol]
            scale[t] = current.sum()
            alpha[t] = current / scale[t]
        return alpha, scale

    def backward(self, observed, scale):
        beta = np.ones((len(observed), len(self.start)))
        for t in range(len(observed) - 2, -1, -1):
            beta[t] = self.transition @ (self.emission[:, observed[t + 1]] * beta[t + 1]) / scale[t + 1]
        return beta

    def log_likelihood(self, observed):
        return float(np.log(self.forward(observed)[1]).sum())

    def fit(self, observed, iterations):
        """Baum-Welch; returns the log-likelihood before each step."""
        history = []
        for _ in range(iterations):
            alpha, scale = self.forward(observed)
            beta = self.backward(observed, scale)
            history.append(float(np.log(scale).sum()))
            self._maximise(observed, alpha, beta, scale)
        return history

    def _maximise(self, observed, alpha, beta, scale):
        gamma = alpha * beta
        gamma /= gamma.sum(axis=1, keepdims=True)
        ahead = self.emission[:, observed[1:]].T * beta[1:] / scale[1:, None]
        xi = (alpha[:-1, :, None] * self.transition[None] * ahead[:, None, :]).sum(axis=0)
        self.start = gamma[0]
        self.transition = xi / xi.sum(axis=1, keepdims=True)
        for symbol in range(self.emission.shape[1]):
            self.emission[:, symbol] = gamma[observed == symbol].sum(axis=0)
        self.emission /= self.emission.sum(axis=1, keepdims=True)

    def viterbi(self, observed):
        """The most probable state path."""
        with np.errstate(divide="ignore"):
            start, transition, emission = (np.log(m) for m in (self.start, self.transition, self.emission))
        score = start + emission[:, observed[0]]
        back = np.zeros((len(observed), len(start)), dtype=int)
        for t in range(1, len(observed)):
            options = score[:, None] + transition
            back[t] = options.argmax(axis=0)
            score = options.max(axis=0) + emission[:, observed[t]]
        path = [int(score.argmax())]
        for t in range(len(observed) - 1, 0, -1):
            path.append(int(back[t, path[-1]]))
        return np.array(path[::-1])


def sample_sequence(model, length, rng):
    """Hidden states and observed symbols."""
    states = [rng.choice(len(model.start), p=model.start)]
    for _ in range(length - 1):
        states.append(rng.choice(len(model.start), p=model.transition[states[-1]]))
    observed = [rng.choice(model.emission.shape[1], p=model.emission[state]) for state in states]
    return np.array(states), np.array(observed)
