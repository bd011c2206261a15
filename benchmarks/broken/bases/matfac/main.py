"""Compare alternating least squares with a bias baseline."""

import argparse
from pathlib import Path

import pandas as pd

from recommender.als import AlternatingLeastSquares
from recommender.baseline import BiasModel
from recommender.dataset import RatingData
from recommender.evaluation import rmse


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", default="data/ratings.csv")
    parser.add_argument("--factors", type=int, default=3)
    parser.add_argument("--penalty", type=float, default=0.3)
    parser.add_argument("--sweeps", type=int, default=10)
    parser.add_argument("--output", type=Path, default=Path("output"))
    return parser.parse_args()


def main():
    args = parse_arguments()
    data = RatingData.from_csv(args.ratings)
    train, test = data.split(share=0.2, seed=0)
    models = {
        "bias": BiasModel(penalty=args.penalty),
        "als": AlternatingLeastSquares(factors=args.factors, penalty=args.penalty, sweeps=args.sweeps),
    }
    rows = []
    for name, model in models.items():
        model.fit(train, data.n_users, data.n_items)
        rows.append({"model": name, "train": rmse(model, train), "test": rmse(model, test)})
    table = pd.DataFrame(rows).set_index("model")
    print(table.round(3).to_string())
    args.output.mkdir(parents=True, exist_ok=True)
    table.to_csv(args.output / "rmse.csv")


if __name__ == "__main__":
    main()
