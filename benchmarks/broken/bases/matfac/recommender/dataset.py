"""Ratings as a data frame with consecutive indices."""

import numpy as np
import pandas as pd


class RatingData:
    def __init__(self, frame):
        self.frame = frame
        self.n_users = int(frame["user"].max()) + 1
        self.n_items = int(frame["item"].max()) + 1

    @classmethod
    def from_csv(cls, path):
        frame = pd.read_csv(path, parse_dates=["timestamp"])
        frame["user"] = frame["user"].astype("category").cat.codes
        frame["item"] = frame["item"].astype("category").cat.codes
        return cls(frame)

    def split(self, share, seed):
        """Training and test ratings."""
        rng = np.random.default_rng(seed)
        held_out = rng.random(len(self.frame)) < share
        return self.frame[~held_out], self.frame[held_out]
