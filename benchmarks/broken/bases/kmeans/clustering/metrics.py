"""Quality of a clustering."""

import numpy as np


def inertia(points, centers, assigned):
    """Sum of squared distances to the assigned centers."""
    return float(((points - centers[assigned]) ** 2).sum())


def purity(labels, assigned):
    """Share of points whose cluster's most frequent label is theirs."""
    hits = 0
    for cluster in np.unique(assigned):
        hits += np.bincount(labels[assigned == cluster]).max()
    return float(hits / len(labels))
