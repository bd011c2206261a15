"""Static checks: parse, ruff, mypy."""
