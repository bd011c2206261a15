"""Static checks: parse, ruff, mypy; each runs inside a container, with our configuration only."""

from sandbox.checks.expected import expected
from sandbox.checks.kept import Kept
from sandbox.checks.mypy import mypy
from sandbox.checks.parse import NEVER_CODE, Parsed, parse, parse_changed, parse_failure

__all__ = ["NEVER_CODE", "Kept", "Parsed", "expected", "mypy", "parse", "parse_changed", "parse_failure"]
