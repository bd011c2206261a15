"""What a run uses up: where a repair mended a limit, a smaller one must not bring the waste back.

A run that passes just under a limit is no proof that the lines that brought it well under were not needed: on the next
machine, or with the next data, the limit is there again.
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.verdict import Ended, Failure, SmokeRun

ROOM = 1.25
"""As many times the whole repair's use may a smaller one take: two runs of one program differ by a few percent in
memory and by up to a fifth in CPU seconds, while what ends at a limit takes several times of it."""
NOISE_BYTES, NOISE_SECONDS = 64 << 20, 2.0
"""As much more is no difference for a program that takes next to nothing."""
_TIME = (Ended.wall, Ended.idle, Ended.cpu)
_NO_MEMORY = ("can't allocate memory", "cannot allocate memory", "unable to allocate")


def more_used(run: SmokeRun | None, whole: SmokeRun | None, mended: Iterable[Failure]) -> str:
    """What of a limit that was mended `run` uses more of than the run of the whole repair, in words; else nothing.

    Time is CPU seconds: wall time also tells what else the machine did.
    """
    if run is None or whole is None:
        return ""
    failures = tuple(mended)
    if any(map(_is_memory, failures)):
        used, before = run.peak_memory_bytes, whole.peak_memory_bytes
        if used > max(ROOM * before, before + NOISE_BYTES):
            return f"{used >> 20:,} MiB of memory, where the whole repair takes {before >> 20:,}"
    if any(failure.limit in _TIME for failure in failures):
        seconds, least = run.cpu_seconds, whole.cpu_seconds
        if seconds > max(ROOM * least, least + NOISE_SECONDS):
            return f"{seconds:.0f} s of CPU, where the whole repair takes {least:.0f}"
    return ""


def _is_memory(failure: Failure) -> bool:
    said = failure.message.lower()
    is_error = (failure.exception or "").endswith("MemoryError") or any(words in said for words in _NO_MEMORY)
    return failure.limit is Ended.memory or is_error
