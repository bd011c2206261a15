"""A controller is killed in the middle of its work: the next start removes all of it, and nothing of anybody else's."""

from sandbox.escape.lifecycle.moments import BRIEF, MOMENTS, Moment
from sandbox.escape.lifecycle.sweep import Swept, sweep

__all__ = ["BRIEF", "MOMENTS", "Moment", "Swept", "sweep"]
