"""Train with each optimiser and write the losses."""

import json
from pathlib import Path

import numpy as np
import yaml

from optim import build_optimiser
from optim.problem import LogisticProblem

CONFIG = Path(__file__).resolve().parents[1] / "conf" / "optimisers.yaml"


def batches(count, size, rng):
    order = rng.permutation(count)
    for start in range(0, count, size):
        yield order[start : start + size]


def train(problem, optimiser, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    weights = np.zeros(problem.features.shape[1])
    losses = []
    for _ in range(epochs):
        for batch in batches(len(problem.labels), batch_size, rng):
            weights = optimiser.step(weights, problem.gradient(weights, batch))
        losses.append(problem.loss(weights))
    return losses


def main():
    config = yaml.safe_load(CONFIG.read_text())
    problem = LogisticProblem.random(**config["problem"])
    history = {}
    for name, options in config["optimisers"].items():
        optimiser = build_optimiser(name, **options)
        history[name] = train(problem, optimiser, config["epochs"], config["batch_size"], seed=0)
        print(f"{name:9s} loss {history[name][0]:.4f} -> {history[name][-1]:.4f}")
    target = CONFIG.parents[1] / "results"
    target.mkdir(exist_ok=True)
    (target / "losses.json").write_text(json.dumps(history))


if __name__ == "__main__":
    main()
