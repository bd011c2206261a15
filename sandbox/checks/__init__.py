"""Static checks: parse, ruff, mypy; each runs inside a container, with our configuration only."""

from sandbox.checks.mypy import mypy
from sandbox.checks.parse import NEVER_CODE, parse, parse_failure
from sandbox.checks.ruff import ruff

__all__ = ["NEVER_CODE", "mypy", "parse", "parse_failure", "ruff"]
