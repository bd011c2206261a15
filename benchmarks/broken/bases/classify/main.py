"""Cross-validated comparison of pipelines."""

import argparse
from pathlib import Path

import pandas as pd

from pipelines import build_pipelines
from features import load_frame
from scoring import evaluate


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path("reports/scores.csv"))
    args = parser.parse_args()

    frame, target = load_frame(rows=args.rows)
    rows = []
    for name, pipeline in build_pipelines(list(frame.columns)).items():
        scores = evaluate(pipeline, frame, target, folds=args.folds)
        rows.append({"pipeline": name, **scores})
        print(f"{name:9s} accuracy {scores['accuracy']:.3f} brier {scores['brier']:.4f}")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(args.out, index=False)


if __name__ == "__main__":
    main()
