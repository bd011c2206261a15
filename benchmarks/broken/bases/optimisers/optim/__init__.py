"""Optimisers by name."""

from .adam import Adam
from .sgd import SGD, Momentum

REGISTRY = {"sgd": SGD, "momentum": Momentum, "adam": Adam}


def build_optimiser(name, **options):
    return REGISTRY[name](**options)
