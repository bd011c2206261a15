"""Markov chain Monte Carlo."""

import numpy as np


class Sampler:
    def __init__(self, target, rng):
        self.target = target
        self.rng = rng
        self.proposed = 0
        self.accepted = 0

    @property
    def acceptance_rate(self):
        return self.accepted / max(1, self.proposed)

    def sample(self, start, count, warmup):
        """A chain of shape (count, dimension), after `warmup` steps."""
        state, chain = np.asarray(start, dtype=float), []
        for step in range(count + warmup):
            state = self.transition(state)
            if step >= warmup:
                chain.append(state)
        return np.array(chain)

    def accept(self, log_ratio):
        self.proposed += 1
        if np.log(self.rng.uniform()) < log_ratio:
            self.accepted += 1
            return True
        return False


class Metropolis(Sampler):
    def __init__(self, target, step, rng):
        super().__init__(target, rng)
        self.step = step

    def transition(self, state):
        proposal = state + self.step * self.rng.normal(size=state.shape)
        ratio = self.target.log_density(proposal) - self.target.log_density(state)
        return proposal if self.accept(ratio) else state


class HamiltonianMonteCarlo(Sampler):
    def __init__(self, target, step, leapfrog, rng):
        super().__init__(target, rng)
        self.step = step
        self.leapfrog = leapfrog

    def transition(self, state):
        momentum = self.rng.normal(size=state.shape)
        position, speed = self._integrate(state, momentum)
        before = self.target.log_density(state) - 0.5 * momentum @ momentum
        after = self.target.log_density(position) - 0.5 * speed @ speed
        return position if self.accept(after - before) else state

    def _integrate(self, position, momentum):
        momentum = momentum + 0.5 * self.step * self.target.gradient(position)
        for _ in range(self.leapfrog - 1):
            position = position + self.step * momentum
            momentum = momentum + self.step * self.target.gradient(position)
        position = position + self.step * momentum
        return position, momentum + 0.5 * self.step * self.target.gradient(position)
