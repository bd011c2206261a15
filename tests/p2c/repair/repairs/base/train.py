"""Train the model on synthetic data and write metrics.json."""

import argparse
import json
import logging
import sys

import yaml

from data import load_data
from model import LinearModel, accuracy

log = logging.getLogger(__name__)


def read_config(path):
    with open(path) as stream:
        return yaml.safe_load(stream)


def fit(model, xs, ys, config):
    for epoch in range(config["epochs"]):
        loss = model.step(xs, ys, config["learning_rate"])
        log.info("epoch %d loss %f", epoch, loss)
    return loss


def save(path, metrics):
    with open(path, "w") as stream:
        json.dump(metrics, stream)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    config = read_config("config.yaml")
    if arguments.smoke:
        config["epochs"] = 2
    xs, ys = load_data(config["data"])
    model = LinearModel(len(xs[0]))
    loss = fit(model, xs, ys, config)
    metrics = {"loss": loss, "accuracy": accuracy(model, xs, ys)}
    save("metrics.json", metrics)
    print(metrics)


if __name__ == "__main__":
    main()
