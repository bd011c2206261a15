"""Reading and scaling."""

import csv

import numpy as np


def load_table(path, columns, target):
    """The feature matrix, the target vector and the names of the rows."""
    with open(path, newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    features = np.array([[float(row[column]) for column in columns] for row in rows])
    values = np.array([float(row[target]) for row in rows])
    return features, values, [row["name"] for row in rows]


def standardize(features):
    """Mean and standard deviation of each column."""
    scale = features.std(axis=0)
    return features.mean(axis=0), np.where(scale > 0, scale, 1.0)


def train_test_split(count, share, seed):
    """Indices for training and for testing."""
    order = np.random.default_rng(seed).permutation(count)
    held_out = int(round(count * share))
    return order[held_out:], order[:held_out]
