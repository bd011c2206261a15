"""Settings from config.toml."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent
RUNS = ROOT / "runs"


def load_settings(path=ROOT / "config.toml"):
    with open(path, "rb") as handle:
        return tomllib.load(handle)


def policy_path(agent):
    return RUNS / f"policy_{agent}.npy"
