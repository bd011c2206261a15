"""What the checks of a verify will run, so that it can be got ready while there is no tree yet."""

from __future__ import annotations

from sandbox.checks.mypy import job as mypy_job
from sandbox.checks.parse import job as parse_job
from sandbox.job import Job
from sandbox.settings import Limits


def expected(limits: Limits | None = None) -> tuple[Job, ...]:
    """The jobs of the checks without their trees, in the order in which they come."""
    return (parse_job(limits), mypy_job(limits))
