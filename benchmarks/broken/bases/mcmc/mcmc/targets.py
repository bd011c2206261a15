"""Log-densities and their gradients."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve


class GaussianTarget:
    """A correlated Gaussian in the plane."""

    def __init__(self, ridge):
        covariance = np.array([[1.0, 0.9], [0.9, 1.0]]) + ridge * np.eye(2)
        self.factor = cho_factor(covariance)

    def log_density(self, x):
        return -0.5 * float(x @ cho_solve(self.factor, x))

    def gradient(self, x):
        return -cho_solve(self.factor, x)


class BananaTarget:
    """Rosenbrock's density, curvature b."""

    def __init__(self, b=0.5):
        self.b = b

    def log_density(self, x):
        return -0.5 * (x[0] ** 2 + (x[1] - self.b * x[0] ** 2) ** 2)

    def gradient(self, x):
        bend = x[1] - self.b * x[0] ** 2
        return np.array([-x[0] + 2 * self.b * x[0] * bend, -bend])


def make_target(name, ridge):
    if name == "gaussian":
        return GaussianTarget(ridge)
    if name == "banana":
        return BananaTarget()
    raise ValueError(f"unknown target {name!r}")
