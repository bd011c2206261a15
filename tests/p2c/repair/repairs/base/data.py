"""Read the data."""

import csv
import random


def load_data(path):
    with open(path) as stream:
        rows = [[float(v) for v in row] for row in csv.reader(stream)]
    return normalise([row[:-1] for row in rows]), [row[-1] for row in rows]


def normalise(rows):
    top = max(abs(v) for row in rows for v in row)
    assert top > 0, "all values are zero"
    return [[v / top for v in row] for row in rows]


def shuffle(rows, seed):
    random.Random(seed).shuffle(rows)
    return rows
