"""Compare the strategies."""

import argparse
import csv
import os
import random

from bandits import BernoulliBandit, EpsilonGreedy, ThompsonSampling, UCB1
from bandits.simulate import average_regret


def build_parser():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", default="results/regret.csv")
    return parser


def main():
    args = build_parser().parse_args()
    probabilities = [0.15, 0.3, 0.45, 0.6]
    strategies = {
        "epsilon": lambda rng: EpsilonGreedy(len(probabilities), epsilon=0.1, rng=rng),
        "ucb1": lambda rng: UCB1(len(probabilities)),
        "thompson": lambda rng: ThompsonSampling(len(probabilities), rng=rng),
    }
    curves = {}
    for name, make in strategies.items():
        curves[name] = average_regret(
            make, lambda rng: BernoulliBandit(probabilities, rng), steps=args.steps, runs=args.runs
        )
        print(f"{name:10s} final regret {curves[name][-1]:8.2f}")
    os.makedirs(os.path.dirname(args.out), exist_ok=True)
    with open(args.out, "w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["step", *curves])
        for step in range(0, args.steps, 50):
            writer.writerow([step, *(round(curve[step], 4) for curve in curves.values())])


if __name__ == "__main__":
    random.seed(0)
    main()
