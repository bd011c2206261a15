"""Multi-armed bandits."""

from bandits.agents import EpsilonGreedy, ThompsonSampling, UCB1
from bandits.environment import BernoulliBandit

__all__ = ["BernoulliBandit", "EpsilonGreedy", "ThompsonSampling", "UCB1"]
