"""Figures."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def plot_posterior(x, y, grid, mean, deviation, path):
    figure, axes = plt.subplots(figsize=(5, 3))
    axes.plot(grid, mean, label="posterior mean")
    axes.fill_between(grid, mean - 2 * deviation, mean + 2 * deviation, alpha=0.3, label="two deviations")
    axes.scatter(x, y, marker="x", color="black", label="data")
    axes.legend(loc="lower left")
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    plt.close(figure)
