"""The first process of a runner: waits for one job, runs it, watches it, reports what it did, ends.

It ends, and with it every process of the container, when its controller is gone (end of file on standard
input), and at the latest `GRACE` seconds after the job's wall clock has run out. It is the container's
process 1, not a child of the engine's init: so no signal of the program can reach it, and it reaps orphans.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any, BinaryIO

from .confine import confine
from .files import Wanted, choose, contents, unpack
from .frames import LENGTH, Kind, frames
from .kernel import is_linux, living
from .meter import Meter
from .program import DRAIN, STACKS, Program
from .starting import Started, start
from .streams import Outbox
from .warming import CLIENT, Warm, warm

SETTLE = 5.0
"""Seconds for which programs of a fork server that are about to end are awaited, within the wall clock."""
GRACE = 8.0
"""Seconds after the end of the wall clock at which the supervisor ends, whatever it does."""


def _end_at(moment: float) -> None:
    """End this process at the monotonic time `moment`, whatever it does then.

    The program can send the alarm too, so the time is looked at.
    """

    def alarm(*_: object) -> None:
        if time.monotonic() >= moment:
            os._exit(70)

    signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, max(0.01, moment - time.monotonic()), 1.0)


def receive(source: BinaryIO) -> dict[str, Any] | None:
    """The header of the job; None when the controller went away instead. Blocks until either happens."""
    prefix = source.read(LENGTH.size)
    if len(prefix) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(prefix)
    job: dict[str, Any] = json.loads(source.read(length))
    return job


def perform(job: dict[str, Any], source: BinaryIO, outbox: Outbox, waiting: Warm | Started | None = None) -> None:
    """Unpack, run, report. `waiting` is what was started ahead: an interpreter with modules imported, or a tool."""
    outbox.seal(bytes.fromhex(job.pop("key")))
    try:
        marks = unpack(source, job["files"], "/workspace")
        unpack(source, job["extra"], "/job")
    except (OSError, ValueError, EOFError) as error:
        _report(outbox, {"refused": f"{error}"})
        return
    interpreter = job["interpreter"]
    if interpreter and not os.access(interpreter, os.X_OK):
        _report(outbox, {"lost": f"the environment's interpreter {interpreter} is not in the store"})
        return
    if isinstance(waiting, Started) and waiting.has_ended():
        sys.exit("a tool that was started ahead has ended before its job came")  # the job can go to another container
    outbox.put(frames(Kind.started, b""))
    server = waiting if isinstance(waiting, Warm) else None
    forked = server is not None and server.fits(job)
    if forked:
        job["env"]["PATH"] = f"{CLIENT}:{job['env']['PATH']}"
    begun = waiting if isinstance(waiting, Started) and waiting.fits(job) else None
    meter = Meter(job["limits"], job["enough"])
    program = Program(job, outbox, meter, begun)
    _end_at(meter.deadline + GRACE)
    reached = program.watch()
    ended = time.monotonic()
    status = program.status if reached is None else None
    crowded = reached is not None and meter.crowded
    if crowded:  # it gets no more time: not for its last words, nor while it is counted
        program.end()
    figures = meter.figures(ended)
    survivors = _survivors(meter, server) if reached is None else 0
    if not crowded:
        if reached in ("wall", "idle"):
            program.ask_where()
        program.end()
    wanted = Wanted(job["collect"], job["collect_written"], job["limits"]["collect_bytes"])
    choice = choose("/workspace", marks, wanted)
    tails = [capture.finish() for capture in program.captures]
    outbox.put(b"".join(tail for tail, _ in tails))
    _report(
        outbox,
        meter.verdict(reached, status)
        | figures
        | {"survivors": survivors, "dropped": [dropped for _, dropped in tails]}
        | {"preloaded": forked, "stacks": program.stacks[:STACKS].decode("utf-8", "replace")}
        | {"written": choice.written, "files": choice.files, "uncollected": choice.refused},
        choice.files,
    )


def _survivors(meter: Meter, server: Warm | None) -> int:
    """Processes of the program that live on after its main process; what only serves preloading is none of them."""
    if server is None or not server.lives():
        return living()
    if is_linux() and living((1, server.pid)):  # gVisor may not stand a storm of forks for so long
        server.settle(min(SETTLE, max(meter.deadline - time.monotonic(), DRAIN)))
    return living((1, server.pid), CLIENT)


def _report(outbox: Outbox, report: dict[str, Any], files: list[tuple[str, int]] | None = None) -> None:
    until = time.monotonic() + GRACE
    outbox.put(frames(Kind.report, json.dumps(report).encode()))
    for name, size in files or []:
        for piece in contents("/workspace", name, size):
            outbox.put(frames(Kind.file, piece))
            outbox.finish(until)
    outbox.put(frames(Kind.end, b""))
    outbox.finish(until)


def _ahead(wanted: dict[str, Any]) -> Warm | Started | None:
    return start(wanted) if "argv" in wanted else warm(wanted)


def main() -> None:
    """Take one job from standard input; before, start or preload what the one argument says, if there is one."""
    confine()
    waiting = _ahead(json.loads(sys.argv[1])) if len(sys.argv) > 1 else None
    outbox = Outbox(1)
    outbox.put(frames(Kind.ready, b""))
    with open(0, "rb", buffering=1 << 20, closefd=False) as source:
        job = receive(source)
        if job is not None:
            perform(job, source, outbox, waiting)
            source.read(1)  # the container goes when the controller hangs up: then nobody waits for a short run
    sys.stdout.flush()


if __name__ == "__main__":
    main()
