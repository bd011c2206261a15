"""Compare seeding strategies for Lloyd's algorithm."""

import argparse
import json
from pathlib import Path

import numpy as np
import yaml

from clustering.data import gaussian_mixture
from clustering.kmeans import KMeans
from clustering.metrics import inertia, purity


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    return parser.parse_args()


def run(config):
    points, labels = gaussian_mixture(**config["data"])
    options = config["clustering"]
    table = {}
    for seeding in ("uniform", "plusplus"):
        scores = []
        for restart in range(options["restarts"]):
            model = KMeans(
                n_clusters=config["data"]["clusters"],
                seeding=seeding,
                max_iterations=options["max_iterations"],
                tolerance=options["tolerance"],
                rng=np.random.default_rng(restart),
            )
            assigned = model.fit_predict(points)
            scores.append((inertia(points, model.centers, assigned), purity(labels, assigned)))
        best = min(scores)
        table[seeding] = {"inertia": best[0], "purity": best[1], "iterations": model.iterations}
        print(f"{seeding:10s} inertia {best[0]:9.3f} purity {best[1]:.3f}")
    return table


def main():
    args = parse_args()
    with open(args.config) as handle:
        config = yaml.safe_load(handle)
    table = run(config)
    target = Path(config["output"])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(table, indent=2))


if __name__ == "__main__":
    main()
