"""Whether a verdict may pass: the caller's word, where the verdict is the sandbox's."""

from p2c.policy.baseline import read_baseline
from p2c.policy.decide import FailOn, Policy, decide
from p2c.policy.problems import Problem, problems

__all__ = ["FailOn", "Policy", "Problem", "decide", "problems", "read_baseline"]
