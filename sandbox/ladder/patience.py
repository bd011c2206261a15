"""A run that reached its wall clock because the host was busy with others gets a second chance, with twice the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox.job import Job, Runner, RunResult
from sandbox.verdict import Ended

STARVED_SHARE = 0.4
"""A run is starved when for this share of its time it had work to do and others had the CPU."""


@dataclass(frozen=True)
class Patient:
    """A runner that runs a starved job once more, with its wall clock doubled.

    What a program does to itself (too many threads, a storm of forks) does not starve it, see
    `sandbox.inside.waiting`; so it ends at its limit as before.

    Attributes:
        inner: what runs the jobs.
        note: is told, in one sentence, when a job is run again.
    """

    inner: Runner
    note: Callable[[str], None]

    def run(self, job: Job) -> RunResult:
        """Run `job` to its end. Raises as `inner` does."""
        result = self.inner.run(job)
        if not is_starved(result):
            return result
        doubled = 2 * job.limits.wall_seconds
        self.note(
            f"the host was busy: a run got {result.cpu_seconds:.0f} s of CPU in {result.seconds:.0f} s and waited "
            f"{result.starved_seconds:.0f} s for one; it was run again with {doubled:.0f} s"
        )
        return self.inner.run(replace(job, limits=replace(job.limits, wall_seconds=doubled)))

    def close(self) -> None:
        """Close what runs the jobs."""
        self.inner.close()


def is_starved(result: RunResult) -> bool:
    """Whether a run reached its wall clock because others had the CPU."""
    return result.ended is Ended.wall and result.starved_seconds >= STARVED_SHARE * result.seconds
