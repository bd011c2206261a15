"""From a run to its outcome. The exit status and what ended the run decide; text only explains."""

from __future__ import annotations

import re
from typing import NamedTuple

from sandbox.job import RunResult
from sandbox.smoke.endless import Endless
from sandbox.smoke.printed import WHERE, around, readable
from sandbox.smoke.withheld import UNRUNNABLE, Evidence, find_missing
from sandbox.traceback import Traceback, failure_signature, mask, read_traceback
from sandbox.tree import Tree
from sandbox.verdict import Ended, Failure, Missing, Outcome

IDLE_SHARE = 0.25
"""A server or service loop that waits uses less than this share of one CPU."""
TAIL = 4000

_EXHAUSTING: tuple[tuple[re.Pattern[str], Ended], ...] = (
    (
        re.compile(r"MemoryError|Unable to allocate|std::bad_alloc|DefaultCPUAllocator: can't allocate memory"),
        Ended.memory,
    ),
    (re.compile(r"No space left on device|Disk quota exceeded|Errno 28"), Ended.disk),
    (
        re.compile(r"can't start new thread|(?:fork|pthread_create|clone)\b.*Resource temporarily unavailable"),
        Ended.processes,
    ),
)
_TRY_AGAIN = re.compile(r"Resource temporarily unavailable|Errno 11\]")
"""EAGAIN: no room for another process, but a socket or a lock that would block says the same."""
_STARTS_A_PROCESS = re.compile(
    r"(?:^|/)(?:subprocess|threading|multiprocessing/\w+)\.py (?:_execute_child|_launch|spawnv_passfds|start) "
    r"|\b(?:fork|forkpty|fork_exec|posix_spawnp?)\("
)
_NO_SCRIPT = re.compile(
    r"^\S*python[\d.]*: (?P<what>can't open file '[^'\n]+'.*|No module named \S+|can't find '__main__' module in .*)$",
    re.M,
)
_LIMITS = {
    Ended.wall: "it did not end within its time",
    Ended.idle: "it stopped working: no output and no use of the CPU",
    Ended.cpu: "it used up its CPU time",
    Ended.memory: "it used up its memory",
    Ended.processes: "it started too many processes",
    Ended.disk: "it filled its disk space",
    Ended.output: "it printed too much",
}


class Judged(NamedTuple):
    """What a run amounts to."""

    outcome: Outcome
    failure: Failure | None = None
    missing: tuple[Missing, ...] = ()


def classify(
    result: RunResult,
    tree: Tree,
    *,
    step: str = "smoke",
    withheld: frozenset[str] = frozenset(),
    endless: Endless | None = None,
) -> Judged:
    """The outcome of one run.

    Args:
        step: the step that ran it: import, start, smoke or replay.
        withheld: import names of distributions that exist and cannot be had here; no fault of the code's.
        endless: why the program is believed never to end, or None.
    """
    if result.ended is Ended.exited and result.exit_status == 0:
        return Judged(Outcome.passed)
    evidence = gather(result, tree, withheld)
    if result.ended in (Ended.wall, Ended.idle) and _is_healthy(result, endless, evidence.traceback):
        return Judged(Outcome.survived)
    limit = exhausted_limit(result, evidence)
    missing = find_missing(evidence) if limit in (None, Ended.wall, Ended.idle) else None
    if missing is not None:
        return Judged(Outcome.blocked, make_failure(result, evidence, step, None), (missing,))
    failure = make_failure(result, evidence, step, limit)
    return Judged(Outcome.exhausted if limit else Outcome.failed, failure)


def gather(result: RunResult, tree: Tree, withheld: frozenset[str] = frozenset()) -> Evidence:
    """What is known of a run that failed."""
    stderr, stdout = result.stderr.text(), result.stdout.text()
    traceback = read_traceback(stderr, tree) or read_traceback(stdout, tree)
    text = "\n".join(part[-TAIL:] for part in (stdout, stderr) if part.strip())
    signalled = result.ended is Ended.signalled
    return Evidence(traceback, text, result.exit_status, tree, withheld, result.written, signalled)


def exhausted_limit(result: RunResult, evidence: Evidence) -> Ended | None:
    """The limit that ended the run, by the supervisor's word or by the exception that a limit raises."""
    if result.ended in _LIMITS:
        return result.ended
    words = evidence.last_words if evidence.traceback else ""
    found = next((limit for pattern, limit in _EXHAUSTING if pattern.search(words)), None)
    return found or (Ended.processes if _TRY_AGAIN.search(words) and _started_a_process(evidence) else None)


def _started_a_process(evidence: Evidence) -> bool:
    """Whether the last frame is one that starts a process or a thread."""
    last = evidence.traceback.frames[-1:] if evidence.traceback else ()
    return any(_STARTS_A_PROCESS.search(f"{one.file} {one.function} {one.code}") for one in last)


def make_failure(result: RunResult, evidence: Evidence, step: str, limit: Ended | None) -> Failure:
    """The failure of a run, with its evidence; a limit, a traceback, or the end of what it printed."""
    traceback = evidence.traceback
    frame = evidence.frame
    if limit is not None:
        message = f"{_LIMITS[limit]} ({_used(result)})"
    elif traceback is not None:
        message = _cell(traceback) + (traceback.message or traceback.exception)
    elif unrunnable := _unrunnable(result, evidence):
        message = unrunnable
    else:
        message = _last_line(evidence.text) or f"it ended with {_status(result)} and printed nothing"
    stack = read_traceback(result.stacks, evidence.tree) if limit and traceback is None else None
    if stack is not None:
        frame = stack.deepest
    exception = traceback.exception if traceback else None
    frames = traceback.frames if traceback else ()
    return Failure(
        step=step,
        kind="limit" if limit else "exception" if traceback else "exit",
        exception=exception,
        message=message,
        file=frame.file if frame else None,
        line=frame.line if frame else None,
        frames=stack.frames if stack else frames,
        limit=limit,
        exit_status=result.exit_status,
        signature=failure_signature(f"limit {limit}" if limit else exception, "" if limit else mask(message), frames),
        evidence=_shown(result, traceback, stack)[-3 * TAIL :],
    )


def _shown(result: RunResult, traceback: Traceback | None, stack: Traceback | None) -> str:
    """What a person would read: what was printed, and the traceback or, of a run that was ended, where it was."""
    streams = (result.stdout.text(), result.stderr.text())
    if traceback is not None:
        return around(traceback, *streams)
    printed = "\n".join(part for part in (readable(stream, TAIL) for stream in streams) if part)
    if stack is None:
        return printed
    where = "\n".join(
        f'  File "{one.file}", line {one.line}, in {one.function}' + (f"\n    {one.code}" if one.code else "")
        for one in stack.frames
    )
    return f"{printed}\n\n{WHERE}\n{where}".strip()


def _unrunnable(result: RunResult, evidence: Evidence) -> str | None:
    """In words, that the command itself could not be run; None where it could."""
    match = UNRUNNABLE.search(evidence.text) if result.exit_status in (126, 127) else None
    match = match or (_NO_SCRIPT.search(evidence.text) if result.exit_status in (1, 2) else None)
    return f"the command itself cannot be run: {match['what']}; correct it, or leave it out" if match else None


def _cell(traceback: Traceback) -> str:
    """`cell 3: ` where a notebook's cell raised it."""
    cells = [frame.function for frame in traceback.frames if frame.function.startswith("<cell ")]
    return f"{cells[-1].strip('<>')}: " if cells else ""


def _is_healthy(result: RunResult, endless: Endless | None, traceback: Traceback | None) -> bool:
    if endless is None or traceback is not None:
        return False
    return not endless.idles or result.cpu_seconds < IDLE_SHARE * result.seconds + START_UP


START_UP = 6.0
"""CPU seconds that imports may take before a server waits."""


def _used(result: RunResult) -> str:
    memory = result.peak_memory_bytes / 2**20
    waited = f" ({result.starved_seconds:.0f} s of waiting for one)" if result.starved_seconds >= 1 else ""
    return f"after {result.seconds:.0f} s, {result.cpu_seconds:.0f} s of CPU{waited}, {memory:.0f} MiB at most"


def _status(result: RunResult) -> str:
    return f"signal {result.signal}" if result.signal is not None else f"exit status {result.exit_status}"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:1000] if lines else ""
