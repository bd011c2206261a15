"""Errors of predictions."""

import numpy as np


def rmse(model, ratings):
    predicted = model.predict(ratings["user"].to_numpy(), ratings["item"].to_numpy())
    return float(np.sqrt(np.mean((predicted - ratings["rating"].to_numpy()) ** 2)))
