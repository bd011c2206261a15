"""Effective sample sizes of two samplers on two densities."""

import json

import numpy as np
import yaml

from mcmc.diagnostics import effective_sample_size, summary
from mcmc.samplers import HamiltonianMonteCarlo, Metropolis
from mcmc.targets import make_target


def build(name, options, target, rng):
    if name == "metropolis":
        return Metropolis(target, step=options["step"], rng=rng)
    return HamiltonianMonteCarlo(target, step=options["step"], leapfrog=options["leapfrog"], rng=rng)


def main():
    with open("configs/default.yaml") as handle:
        config = yaml.safe_load(handle)
    results = []
    for target_name in config["targets"]:
        target = make_target(target_name, config["ridge"])
        for name, options in config["samplers"].items():
            rng = np.random.default_rng(config["seed"])
            sampler = build(name, options, target, rng)
            chain = sampler.sample(np.zeros(2), config["samples"], config["warmup"])
            sizes = [effective_sample_size(chain[:, axis]) for axis in range(2)]
            row = {"target": target_name, "sampler": name, "accepted": sampler.acceptance_rate}
            row.update(summary(chain), ess=min(sizes))
            results.append(row)
            print(f"{target_name:9s} {name:11s} accepted {row['accepted']:.2f} ESS {row['ess']:.1f}")
    with open("results.json", "w") as handle:
        json.dump(results, handle, indent=2)


if __name__ == "__main__":
    main()
