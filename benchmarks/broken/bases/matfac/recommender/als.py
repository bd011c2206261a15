"""Alternating least squares (Hu, Koren and Volinsky 2008, for explicit ratings)."""

import numpy as np


class AlternatingLeastSquares:
    def __init__(self, factors, penalty, sweeps, seed=0):
        self.factors = factors
        self.penalty = penalty
        self.sweeps = sweeps
        self.rng = np.random.default_rng(seed)
        self.mean = 0.0

    def fit(self, ratings, n_users, n_items):
        self.mean = ratings["rating"].mean()
        users, items = ratings["user"].to_numpy(), ratings["item"].to_numpy()
        values = ratings["rating"].to_numpy() - self.mean
        self.user_factors = self.rng.normal(scale=0.1, size=(n_users, self.factors))
        self.item_factors = self.rng.normal(scale=0.1, size=(n_items, self.factors))
        for _ in range(self.sweeps):
            self._solve(self.user_factors, self.item_factors, users, items, values)
            self._solve(self.item_factors, self.user_factors, items, users, values)
        return self

    def _solve(self, target, fixed, rows, columns, values):
        """Update `target` row by row with `fixed` held."""
        for row in range(len(target)):
            chosen = rows == row
            if not chosen.any():
                continue
            design = fixed[columns[chosen]]
            gram = design.T @ design + self.penalty * np.eye(self.factors)
            target[row] = np.linalg.solve(gram, design.T @ values[chosen])

    def predict(self, users, items):
        return self.mean + (self.user_factors[users] * self.item_factors[items]).sum(axis=1)
