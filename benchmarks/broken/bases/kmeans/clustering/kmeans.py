"""Lloyd's algorithm."""

import numpy as np

from .seeding import plusplus_seeding, uniform_seeding

SEEDINGS = {"uniform": uniform_seeding, "plusplus": plusplus_seeding}


def squared_distances(points, centers):
    """Squared Euclidean distances, shape (points, centers)."""
    difference = points[:, None, :] - centers[None, :, :]
    return (difference**2).sum(axis=2)


class KMeans:
    def __init__(self, n_clusters, seeding, max_iterations, tolerance, rng):
        self.n_clusters = n_clusters
        self.seeding = SEEDINGS[seeding]
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self.rng = rng
        self.centers = None
        self.iterations = 0

    def fit(self, points):
        self.centers = self.seeding(points, self.n_clusters, self.rng)
        for step in range(self.max_iterations):
            assigned = self.predict(points)
            centers = self._update(points, assigned)
            shift = np.abs(centers - self.centers).max()
            self.centers = centers
            self.iterations = step + 1
            if shift < self.tolerance:
                break
        return self

    def predict(self, points):
        return squared_distances(points, self.centers).argmin(axis=1)

    def fit_predict(self, points):
        return self.fit(points).predict(points)

    def _update(self, points, assigned):
        centers = self.centers.copy()
        for index in range(self.n_clusters):
            members = points[assigned == index]
            if len(members):
                centers[index] = members.mean(axis=0)
        return centers
