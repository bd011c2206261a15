"""A run whose container was lost is made again: the engine was restarted, or somebody removed the container."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.errors import RunnerLost
from sandbox.job import Job, Runner, RunResult

ATTEMPTS = 3


@dataclass(frozen=True)
class Retried:
    """A runner that runs a job again when its container was lost, up to `ATTEMPTS` times in all.

    A run says nothing before it has ended, so nothing of a lost one was counted.

    Attributes:
        inner: what runs the jobs.
    """

    inner: Runner

    def run(self, job: Job) -> RunResult:
        """Run `job` to its end. Raises as `inner` does; RunnerLost only after the last attempt."""
        for _ in range(ATTEMPTS - 1):
            try:
                return self.inner.run(job)
            except RunnerLost:
                continue
        return self.inner.run(job)

    def close(self) -> None:
        """Close what runs the jobs."""
        self.inner.close()
