"""k-fold cross-validation."""

import numpy as np

from model import RidgeRegression


def cross_validate(features, target, penalty, folds):
    """Mean squared error over the held-out folds."""
    order = np.arange(len(target))
    errors = []
    for fold in range(folds):
        held_out = order % folds == fold
        model = RidgeRegression(penalty).fit(features[~held_out], target[~held_out])
        residual = model.predict(features[held_out]) - target[held_out]
        errors.append(np.mean(residual**2))
    return float(np.mean(errors))
