"""Final epidemic sizes under vaccination strategies."""

import argparse
import csv
import pathlib
import random
import statistics

from network import watts_strogatz
from pagerank import pagerank
from sir import Epidemic


def vaccinate(strategy, graph, share, rng):
    """The nodes that are immune from the start."""
    count = int(share * len(graph))
    if strategy == "random":
        return set(rng.sample(sorted(graph), count))
    if strategy == "degree":
        return set(sorted(graph, key=lambda node: -len(graph[node]))[:count])
    ranks = pagerank(graph)
    return set(sorted(graph, key=ranks.get, reverse=True)[:count])


def parse_args(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=150)
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--infect", type=float, default=0.18)
    parser.add_argument("--recover", type=float, default=0.25)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("sizes.csv"))
    return parser.parse_args(argv)


def main(argv=None):
    args = parse_args(argv)
    rows = []
    for strategy in ("random", "degree", "pagerank"):
        sizes = []
        for run in range(args.runs):
            rng = random.Random(run)
            graph = watts_strogatz(args.nodes, neighbours=6, rewire=0.1, rng=rng)
            immune = vaccinate(strategy, graph, share=0.1, rng=rng)
            epidemic = Epidemic(graph, args.infect, args.recover, rng=rng)
            sizes.append(epidemic.run(immune, seeds=3) / args.nodes)
        rows.append((strategy, statistics.mean(sizes), statistics.stdev(sizes)))
        print("{:9s} mean size {:.3f} (sd {:.3f})".format(*rows[-1]))
    with args.output.open("w", newline="") as handle:
        csv.writer(handle).writerows([("strategy", "mean", "sd"), *rows])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
