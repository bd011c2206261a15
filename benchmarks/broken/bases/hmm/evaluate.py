"""Decode the training sequence with the saved model."""

import json
from pathlib import Path

import numpy as np

from hmm import HiddenMarkovModel


def main():
    config = json.loads(Path("config.json").read_text())
    saved = np.load(config["checkpoint"])
    model = HiddenMarkovModel(saved["start"], saved["transition"], saved["emission"])
    observed = saved["observed"]
    path = model.viterbi(observed)
    occupancy = np.bincount(path, minlength=config["states"]) / len(path)
    report = {"log_likelihood": model.log_likelihood(observed), "occupancy": occupancy.tolist()}
    Path("report.json").write_text(json.dumps(report, indent=2))
    print(report)


if __name__ == "__main__":
    main()
