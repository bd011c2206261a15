"""The table and its derived columns."""

import numpy as np
from sklearn.datasets import load_breast_cancer


def load_frame(rows):
    bunch = load_breast_cancer(as_frame=True)
    frame = bunch.frame.drop(columns="target").iloc[:rows].copy()
    frame["area ratio"] = frame["worst area"] / frame["mean area"]
    frame["log area"] = np.log(frame["mean area"])
    return frame, bunch.target.iloc[:rows]
