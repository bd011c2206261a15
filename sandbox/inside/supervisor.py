"""The first process of a runner: waits for one job, runs it, watches it, reports what it did, ends.

It ends, and with it every process of the container, when its controller is gone (end of file on standard
input), and at the latest `GRACE` seconds after the job's wall clock has run out. It is the container's
process 1, not a child of the engine's init: so no signal of the program can reach it, and it reaps orphans.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

from .confine import confine
from .files import choose, contents, unpack
from .frames import LENGTH, Kind, frames
from .kernel import Counters, full, living
from .streams import Capture, Outbox
from .waiting import Waiting
from .warming import CLIENT, Warm, warm

TICK = 0.1
"""Seconds between two looks at the counters."""
LAST_WORDS = 0.12
"""Seconds that a program ended by the clock has to say where it is."""
STACKS = 1 << 14
"""Bytes kept of it."""
DRAIN = 0.2
"""Seconds for which output of a background process is awaited after the main process has ended."""
FORK_STORM = 2.0
"""Seconds for which forks are refused again and again before the run is ended."""
GRACE = 8.0
"""Seconds after the end of the wall clock at which the supervisor ends, whatever it does."""
NICE = 19
"""Of the program: it weighs against the supervisor alone, with which it shares a control group, even as a fork bomb."""
SOME_CPU = 0.05
"""Seconds of CPU time that count as a sign of life."""


class Program:
    """The program under test: its main process, its output, and all that it starts.

    Args:
        job: the header of the job, see `sandbox.runner.wire`.
        outbox: where its output goes.
        forked: whether its `python` is a fork of the interpreter that waits.
    """

    def __init__(self, job: dict[str, Any], outbox: Outbox, *, forked: bool) -> None:
        self.limits = job["limits"]
        self.enough = job.get("enough")
        if forked:
            job["env"]["PATH"] = f"{CLIENT}:{job['env']['PATH']}"
        self.outbox = outbox
        self.kernel = Counters()
        self.status: int | None = None
        """As waitpid(2) gives it; None while the main process lives."""
        self.crowded_since: float | None = None
        self.was_full = False
        self.stacks = b""
        self.oom_before, self.forks_before = self.kernel.oom_kills(), self.kernel.refused_forks()
        self.forks_seen = self.forks_before
        self.cpu_before = self._cpu()
        self.started = self.active = time.monotonic()
        self.active_cpu = self.active_bytes = 0.0
        self.waiting = Waiting(self.started, self.limits["cpus"])
        self._start(job)

    def _start(self, job: dict[str, Any]) -> None:
        out, into_out = os.pipe()
        err, into_err = os.pipe()
        keep = self.limits["output_bytes"]
        self.captures = [
            Capture(out, keep, Kind.stdout_head, Kind.stdout_tail),
            Capture(err, keep, Kind.stderr_head, Kind.stderr_tail),
        ]
        try:
            process = subprocess.Popen(
                job["argv"],
                stdin=subprocess.DEVNULL,
                stdout=into_out,
                stderr=into_err,
                env=job["env"],
                cwd="/workspace",
                start_new_session=True,
            )
        except (OSError, ValueError) as error:  # as a shell does: 127 not found, 126 found but refused
            absent = isinstance(error, FileNotFoundError)
            os.write(into_err, f"cannot start {job['argv'][0]!r}: {error}\n".encode("utf-8", "replace"))
            self.pid, self.status = -1, (127 if absent else 126) << 8
        else:
            self.pid = process.pid
            process.returncode = 0  # the loop reaps it, together with orphans
            self._step_back()
        os.close(into_out)
        os.close(into_err)

    def _step_back(self) -> None:
        """When memory or CPU run short, the kernel shall take the program's side last."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, NICE)
            Path(f"/proc/{self.pid}/oom_score_adj").write_text("1000")

    def watch(self) -> str | None:
        """Until the main process has ended and its output is read, or a limit is reached: its name, or None."""
        with selectors.DefaultSelector() as selector:
            selector.register(0, selectors.EVENT_READ)
            selector.register(_child_signals(), selectors.EVENT_READ)
            for capture in self.captures:
                selector.register(capture.fd, selectors.EVENT_READ, capture)
            look = ended = 0.0
            while True:
                deadline = self.started + self.limits["wall_seconds"]
                if self.status is None:
                    self.reap()
                now = time.monotonic()
                if self.status is not None:
                    ended = ended or now
                    deadline = ended + DRAIN
                    if now >= deadline or not any(capture.open for capture in self.captures):
                        return None
                elif now >= min(look, deadline):
                    look = now + TICK
                    reached = self._reached(now)
                    if reached:
                        return reached
                self._wait(selector, max(0.0, min(TICK, deadline - now)))

    def _wait(self, selector: selectors.BaseSelector, seconds: float) -> None:
        """Wait for output, a child's end or the controller's, and take care of it."""
        for key, _ in selector.select(seconds):
            if isinstance(key.data, Capture):
                self.outbox.put(key.data.read())
                if not key.data.open:
                    selector.unregister(key.fd)
            elif not os.read(key.fd, 4096) and key.fd == 0:
                os._exit(0)  # the controller is gone: nobody wants the result
        self.outbox.flush()

    def _reached(self, now: float) -> str | None:
        """The name of the limit that is reached."""
        self.waiting.look(now)
        cpu = self._cpu() - self.cpu_before
        seen = sum(capture.seen for capture in self.captures)
        if seen != self.active_bytes or cpu - self.active_cpu > SOME_CPU:
            self.active, self.active_bytes, self.active_cpu = now, seen, cpu
        forks = self.kernel.refused_forks()
        if forks == self.forks_seen:
            self.crowded_since = None
        elif self.crowded_since is None:
            self.crowded_since = now
        self.forks_seen = forks
        self.was_full = full()
        if now - self.started >= self.limits["wall_seconds"] or self._is_enough(now):
            return "wall"
        if cpu > self.limits["cpu_seconds"]:
            return "cpu"
        if self.crowded_since is not None and now - self.crowded_since > FORK_STORM:
            return "processes"
        return "idle" if now - self.active >= self.limits["idle_seconds"] else None

    def _is_enough(self, now: float) -> bool:
        """Whether what watches the program has seen what it was to see, see `sandbox.job.Enough`."""
        if self.enough is None:
            return False
        file, seconds = self.enough
        return now - self.started >= float(seconds) and os.path.exists(file)  # noqa: PTH110 - never raises

    def reap(self) -> bool:
        """Collect every process that has ended; False when there is none left at all."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.pid:
                self.status = status

    def ask_where(self) -> None:
        """Let Python programs write their stacks to stderr, as the faulthandler module does on SIGABRT.

        What comes is kept apart from the output: the program did not print it.
        """
        stderr = self.captures[1]
        self.outbox.put(stderr.drain())
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGABRT)
        until = time.monotonic() + LAST_WORDS
        alive = True
        while alive and time.monotonic() < until:
            alive = self.reap()
            with contextlib.suppress(BlockingIOError):
                while stderr.open and len(self.stacks) < STACKS and (said := os.read(stderr.fd, STACKS)):
                    self.stacks += said
            time.sleep(0.005)

    def end(self) -> None:
        """Kill every process of the container but this one (kill(2): -1 spares process 1), and reap them."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        until = time.monotonic() + 2.0  # the kernel may need a while to give gigabytes back
        while self.reap() and time.monotonic() < until:
            time.sleep(0.002)
        for capture in self.captures:
            self.outbox.put(capture.drain())

    def verdict(self, reached: str | None, status: int | None) -> dict[str, Any]:
        """What ended the run. `status` is that of the main process if it ended by itself."""
        exit_status = os.WEXITSTATUS(status) if status is not None and os.WIFEXITED(status) else None
        number = os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None
        ended = reached or ("exited" if exit_status is not None else "signalled")
        if exit_status != 0 and ended != "processes":
            ended = self._exhausted(reached, number) or ended
        return {"ended": ended, "exit_status": exit_status, "signal": number}

    def _exhausted(self, reached: str | None, number: int | None) -> str | None:
        """The resource whose end explains a run that did not end well."""
        if self.kernel.oom_kills() > self.oom_before:
            return "memory"
        if number == signal.SIGKILL:  # it was not the kernel, so it was the program itself
            return None
        if self.was_full:
            return "disk"
        refused = self.kernel.refused_forks() > self.forks_before
        return "processes" if refused and (reached is None or self.crowded_since is not None) else None

    def _cpu(self) -> float:
        return self.kernel.cpu_seconds() - time.process_time()

    def figures(self) -> dict[str, Any]:
        """What the run used so far."""
        cpu = max(0.0, self._cpu() - self.cpu_before)
        return {
            "seconds": time.monotonic() - self.started,
            "cpu_seconds": cpu,
            "starved_seconds": self.waiting.seconds(cpu),
            "peak_memory_bytes": self.kernel.peak_memory_bytes(),
        }


def _child_signals() -> int:
    """A descriptor that becomes readable when a child ends."""
    wake, into_wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(into_wake, False)
    signal.set_wakeup_fd(into_wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return wake


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


def perform(job: dict[str, Any], source: BinaryIO, outbox: Outbox, server: Warm | None = None) -> None:
    """Unpack, run, report. `server` is the interpreter that waits with modules imported."""
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
    outbox.put(frames(Kind.started, b""))
    forked = server is not None and server.fits(job)
    program = Program(job, outbox, forked=forked)
    _end_at(program.started + job["limits"]["wall_seconds"] + GRACE)
    reached = program.watch()
    status = program.status if reached is None else None
    program.was_full = program.was_full or full()
    figures = program.figures()
    spared = (1, server.pid) if server else (1,)
    survivors = living(spared) if reached is None else 0
    if reached in ("wall", "idle") and program.crowded_since is None:  # a crowd would need too long to say it
        program.ask_where()
    program.end()
    choice = choose("/workspace", marks, job["collect"], job["limits"]["collect_bytes"])
    tails = [capture.finish() for capture in program.captures]
    outbox.put(b"".join(tail for tail, _ in tails))
    _report(
        outbox,
        program.verdict(reached, status)
        | figures
        | {"survivors": survivors, "dropped": [dropped for _, dropped in tails]}
        | {"preloaded": forked, "stacks": program.stacks[:STACKS].decode("utf-8", "replace")}
        | {"written": choice.written, "files": choice.files, "uncollected": choice.refused},
        choice.files,
    )


def _report(outbox: Outbox, report: dict[str, Any], files: list[tuple[str, int]] | None = None) -> None:
    until = time.monotonic() + GRACE
    outbox.put(frames(Kind.report, json.dumps(report).encode()))
    for name, size in files or []:
        for piece in contents("/workspace", name, size):
            outbox.put(frames(Kind.file, piece))
            outbox.finish(until)
    outbox.put(frames(Kind.end, b""))
    outbox.finish(until)


def main() -> None:
    """Take one job from standard input; before, preload what the one argument says, if there is one."""
    confine()
    server = warm(json.loads(sys.argv[1])) if len(sys.argv) > 1 else None
    outbox = Outbox(1)
    outbox.put(frames(Kind.ready, b""))
    with open(0, "rb", buffering=1 << 20, closefd=False) as source:
        job = receive(source)
        if job is not None:
            perform(job, source, outbox, server)
            source.read(1)  # the container goes when the controller hangs up: then nobody waits for a short run
    sys.stdout.flush()


if __name__ == "__main__":
    main()
