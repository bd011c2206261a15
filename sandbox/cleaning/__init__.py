"""What p2c keeps on this machine, how much room it takes, and its removal by last use."""

from sandbox.cleaning.holdings import Holdings
from sandbox.cleaning.looking import look
from sandbox.cleaning.planning import Plan, plan
from sandbox.cleaning.removing import remove

__all__ = ["Holdings", "Plan", "look", "plan", "remove"]
