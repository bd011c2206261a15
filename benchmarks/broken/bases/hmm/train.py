"""Fit a hidden Markov model to a sampled sequence."""

import json
from pathlib import Path

import numpy as np

from hmm import HiddenMarkovModel, sample_sequence


def main():
    config = json.loads(Path("config.json").read_text())
    rng = np.random.default_rng(config["seed"])
    truth = HiddenMarkovModel.random(config["states"], config["symbols"], rng)
    _, observed = sample_sequence(truth, config["length"], rng)
    model = HiddenMarkovModel.random(config["states"], config["symbols"], rng)
    history = model.fit(observed, iterations=config["iterations"])
    for step, value in enumerate(history):
        print(f"iteration {step:2d}  log-likelihood {value:.3f}")
    target = Path(config["checkpoint"])
    target.parent.mkdir(exist_ok=True)
    np.savez(target, start=model.start, transition=model.transition, emission=model.emission, observed=observed)


if __name__ == "__main__":
    main()
