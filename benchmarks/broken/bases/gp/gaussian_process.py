"""Exact inference (Rasmussen and Williams 2006, algorithm 2.1)."""

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize


class GaussianProcess:
    def __init__(self, kernel, noise):
        self.kernel = kernel
        self.noise = noise
        self.inputs = None
        self.lower = None
        self.alpha = None

    def fit(self, x, y):
        covariance = self.kernel(x, x) + (self.noise**2 + 1e-8) * np.eye(len(x))
        self.inputs = x
        self.lower = cholesky(covariance, lower=True)
        self.alpha = cho_solve((self.lower, True), y)
        return self

    def log_marginal_likelihood(self, x, y):
        self.fit(x, y)
        log_determinant = np.log(np.diag(self.lower)).sum()
        return float(-0.5 * y @ self.alpha - log_determinant - 0.5 * len(x) * np.log(2 * np.pi))

    def optimise(self, x, y):
        """Maximise the marginal likelihood over the logarithms of the hyperparameters."""

        def objective(theta):
            self.kernel.length, self.kernel.variance, self.noise = np.exp(theta)
            return -self.log_marginal_likelihood(x, y)

        start = np.log([self.kernel.length, self.kernel.variance, self.noise])
        found = minimize(objective, start, method="Nelder-Mead", options={"maxiter": 200})
        objective(found.x)
        return self

    def predict(self, grid):
        """Posterior mean and variance of the function."""
        cross = self.kernel(self.inputs, grid)
        mean = cross.T @ self.alpha
        solved = solve_triangular(self.lower, cross, lower=True)
        variance = self.kernel.diagonal(grid) - (solved**2).sum(axis=0)
        return mean, np.maximum(variance, 1e-12)
