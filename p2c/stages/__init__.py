"""The three stages: planning, analysis, coding."""

from p2c.stages.analysis import analyse
from p2c.stages.coding import code
from p2c.stages.context import Context
from p2c.stages.planning import plan

__all__ = ["Context", "analyse", "code", "plan"]
