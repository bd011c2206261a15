"""A run whose end was the host's doing gets a second chance, alone: others were busy, or had taken the memory.

It reached its wall clock because others had the CPU; or it was killed for want of memory although it had not used up
its own. Both happen on a busy host, and where work of ours was begun early beside the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox.job import Job, Runner, RunResult
from sandbox.verdict import Ended

STARVED_SHARE = 0.2
"""A run is starved when for this share of its time it had work to do and others had the CPU. So one that is judged by
its wall clock had most of it for itself, and two that are compared had about the same."""
AT_MOST = 2
"""The second time it gets as much more as others took, and so many times its wall clock at most."""
OWN_SHARE = 0.8
"""A run that the kernel ended for want of memory had used up its own when it used this share of it."""


@dataclass(frozen=True)
class Patient:
    """A runner that runs a starved job once more, with a longer wall clock, or one that the host had no memory for.

    What a program does to itself (too many threads, a storm of forks) does not starve it, see
    `sandbox.inside.waiting`; so it ends at its limit as before.

    Attributes:
        inner: what runs the jobs.
        note: is told, in one sentence, when a job is run again.
        alone: ends what else of ours runs beside it.
    """

    inner: Runner
    note: Callable[[str], None]
    alone: Callable[[], None]

    def run(self, job: Job) -> RunResult:
        """Run `job` to its end. Raises as `inner` does."""
        result = self.inner.run(job)
        if is_crowded_out(result, job):
            self.alone()
            self.note("the host had too little memory beside a run; it is run again")
            return self.inner.run(job)
        if not is_starved(result):
            return result
        self.alone()
        own = max(result.seconds - result.starved_seconds, result.seconds / AT_MOST)
        longer = job.limits.wall_seconds * result.seconds / own
        self.note(
            f"the host was busy: a run got {result.cpu_seconds:.0f} s of CPU in {result.seconds:.0f} s and waited "
            f"{result.starved_seconds:.0f} s for one; it is run again with {longer:.0f} s"
        )
        return self.inner.run(replace(job, limits=replace(job.limits, wall_seconds=longer)))

    def close(self) -> None:
        """Close what runs the jobs."""
        self.inner.close()


def is_starved(result: RunResult) -> bool:
    """Whether a run reached its wall clock because others had the CPU."""
    return result.ended is Ended.wall and result.starved_seconds >= STARVED_SHARE * result.seconds


def is_crowded_out(result: RunResult, job: Job) -> bool:
    """Whether the kernel ended a run for want of memory and the run had not used up its own."""
    used = result.peak_memory_bytes
    return result.ended is Ended.memory and 0 < used < OWN_SHARE * job.limits.memory_bytes
