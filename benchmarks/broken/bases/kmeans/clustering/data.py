"""Synthetic mixtures."""

import numpy as np


def gaussian_mixture(points, clusters, spread, seed):
    """Points of a mixture of isotropic Gaussians in the plane, and the component of each."""
    rng = np.random.default_rng(seed)
    centers = rng.uniform(-5.0, 5.0, size=(clusters, 2))
    labels = rng.integers(clusters, size=points)
    noise = rng.normal(scale=spread, size=(points, 2))
    return centers[labels] + noise, labels
