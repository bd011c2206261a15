"""How the first centers are chosen."""

import numpy as np


def uniform_seeding(points, n_clusters, rng):
    """Distinct points, each equally likely."""
    chosen = rng.choice(len(points), size=n_clusters, replace=False)
    return points[chosen].copy()


def plusplus_seeding(points, n_clusters, rng):
    """D^2 sampling (Arthur and Vassilvitskii 2007)."""
    centers = [points[rng.integers(len(points))]]
    for _ in range(1, n_clusters):
        difference = points[:, None, :] - np.array(centers)[None, :, :]
        nearest = (difference**2).sum(axis=2).min(axis=1)
        centers.append(points[rng.choice(len(points), p=nearest / nearest.sum())])
    return np.array(centers)
