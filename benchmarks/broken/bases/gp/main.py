"""Gaussian process regression on a noisy sine."""

from pathlib import Path

import numpy as np

from gaussian_process import GaussianProcess
from kernels import RBF
from plotting import plot_posterior

FIGURES = Path("figures")


def make_data(count, noise, seed):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0.0, 6.0, size=count))
    return x, np.sin(x) + noise * rng.normal(size=count)


def main():
    x, y = make_data(count=25, noise=0.15, seed=4)
    model = GaussianProcess(RBF(length=0.5, variance=1.0), noise=0.3)
    before = model.log_marginal_likelihood(x, y)
    model.optimise(x, y)
    after = model.log_marginal_likelihood(x, y)
    print(f"log marginal likelihood {before:.3f} -> {after:.3f}")
    print(f"length {model.kernel.length:.3f} variance {model.kernel.variance:.3f} noise {model.noise:.3f}")
    grid = np.linspace(0.0, 7.0, 80)
    mean, variance = model.predict(grid)
    FIGURES.mkdir(exist_ok=True)
    plot_posterior(x, y, grid, mean, np.sqrt(variance), FIGURES / "posterior.png")
    inside = np.abs(mean[:70] - np.sin(grid[:70])) < 3 * np.sqrt(variance[:70] + model.noise**2)
    print(f"coverage {inside.mean():.2f}")


if __name__ == "__main__":
    main()
