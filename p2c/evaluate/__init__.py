"""Model-based evaluation: how far a repository does what its paper says."""

from p2c.evaluate.asking import Asker
from p2c.evaluate.material import Task
from p2c.evaluate.result import Evaluation
from p2c.evaluate.rubric import read_rubric
from p2c.evaluate.run import evaluate

__all__ = ["Asker", "Evaluation", "Task", "evaluate", "read_rubric"]
