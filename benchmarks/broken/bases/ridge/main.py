"""Ridge regression with a cross-validated penalty."""

import json
import os

import numpy as np

from model import RidgeRegression
from preprocess import load_table, standardize, train_test_split
from validation import cross_validate

DATA_FILE = os.path.join("data", "wines.csv")
FEATURES = ["alcohol", "acidity", "sugar"]
PENALTIES = [0.01, 0.1, 1.0, 10.0, 100.0]


def main():
    features, target, names = load_table(DATA_FILE, FEATURES, "score")
    print(f"{len(target)} wines, {features.shape[1]} features, first: {names[0]}")
    train, test = train_test_split(len(target), share=0.25, seed=0)
    mean, scale = standardize(features[train])
    features = (features - mean) / scale

    errors = {penalty: cross_validate(features[train], target[train], penalty, folds=5) for penalty in PENALTIES}
    best = min(errors, key=errors.get)
    model = RidgeRegression(best).fit(features[train], target[train])
    predicted = model.predict(features[test])
    rmse = float(np.sqrt(np.mean((predicted - target[test]) ** 2)))
    print(f"penalty {best}: test RMSE {rmse:.3f}")
    for name, weight in zip(FEATURES, model.weights):
        print(f"  {name:8s} {weight:+.3f}")

    os.makedirs("output", exist_ok=True)
    with open("output/metrics.json", "w") as handle:
        json.dump({"penalty": best, "rmse": rmse, "weights": model.weights.tolist()}, handle, indent=2)


if __name__ == "__main__":
    main()
