"""The program under test: its main process, its output, all that it starts, and the end of it."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from .frames import Kind
from .kernel import is_linux
from .meter import Meter
from .starting import Started
from .streams import Capture, Outbox

TICK = 0.1
"""Seconds between two looks at the counters."""
LAST_WORDS = 0.12
"""Seconds that a program ended by the clock has to say where it is."""
STACKS = 1 << 14
"""Bytes kept of it."""
DRAIN = 0.2
"""Seconds for which output of a background process is awaited after the main process has ended."""
DEATHS = 0.1
"""Seconds for which killed processes are awaited: the kernel may need longer to give gigabytes, or hundreds of
processes, back."""
SLOW_DEATHS = 2.0
"""The same in gVisor, where a fork may escape a kill and must be met by a later one."""
NICE = 19
"""Of the program: it weighs against the supervisor alone, with which it shares a control group, even as a fork bomb."""


class Program:
    """Starts when it is made.

    Args:
        job: the header of the job, see `sandbox.runner.wire`.
        outbox: where its output goes.
        meter: what its limits are looked up in.
        begun: the command itself, which waits already.

    Attributes:
        status: as waitpid(2) gives it; None while the main process lives.
        stacks: where its Python processes were when they were asked.
    """

    def __init__(self, job: dict[str, Any], outbox: Outbox, meter: Meter, begun: Started | None = None) -> None:
        self.status: int | None = None
        self.stacks = b""
        self._asked = False
        self._outbox = outbox
        self._meter = meter
        self._keep = job["limits"]["output_bytes"]
        if begun is None:
            self._start(job)
        else:
            self._capture(begun.output, begun.errors)
            self._pid = begun.pid
            self._step_back()
            begun.go_on()

    def _capture(self, out: int, err: int) -> None:
        keep = self._keep
        self.captures = [
            Capture(out, keep, Kind.stdout_head, Kind.stdout_tail),
            Capture(err, keep, Kind.stderr_head, Kind.stderr_tail),
        ]

    def _start(self, job: dict[str, Any]) -> None:
        out, into_out = os.pipe()
        err, into_err = os.pipe()
        self._capture(out, err)
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
            self._pid, self.status = -1, (127 if absent else 126) << 8
        else:
            self._pid = process.pid
            process.returncode = 0  # the loop reaps it, together with orphans
            self._step_back()
        os.close(into_out)
        os.close(into_err)

    def _step_back(self) -> None:
        """When memory or CPU run short, the kernel shall take the program's side last."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._pid, NICE)
            Path(f"/proc/{self._pid}/oom_score_adj").write_text("1000")

    def watch(self) -> str | None:
        """Until the main process has ended and its output is read, or a limit is reached: its name, or None."""
        with selectors.DefaultSelector() as selector:
            selector.register(0, selectors.EVENT_READ)
            selector.register(_child_signals(), selectors.EVENT_READ)
            for capture in self.captures:
                selector.register(capture.fd, selectors.EVENT_READ, capture)
            look = ended = 0.0
            while True:
                deadline = self._meter.deadline
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
                    reached = self._meter.reached(now, sum(capture.seen for capture in self.captures))
                    if reached:
                        return reached
                self._wait(selector, max(0.0, min(TICK, deadline - now)))

    def _wait(self, selector: selectors.BaseSelector, seconds: float) -> None:
        """Wait for output, a child's end or the controller's, and take care of it."""
        for key, _ in selector.select(seconds):
            if isinstance(key.data, Capture):
                self._outbox.put(key.data.read())
                if not key.data.open:
                    selector.unregister(key.fd)
            elif not os.read(key.fd, 4096) and key.fd == 0:
                os._exit(0)  # the controller is gone: nobody wants the result
        self._outbox.flush()

    def reap(self) -> bool:
        """Collect every process that has ended; False when there is none left at all."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._pid:
                self.status = status

    def ask_where(self) -> None:
        """Let Python programs write their stacks to stderr, as the faulthandler module does on SIGABRT.

        What comes is kept apart from the output: the program did not print it.
        """
        self._outbox.put(self.captures[1].drain())
        self._asked = True
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGABRT)
        until = time.monotonic() + LAST_WORDS
        alive = True
        while alive and time.monotonic() < until:
            alive = self.reap()
            self._listen()
            time.sleep(0.005)

    def _listen(self) -> None:
        """Take what is said about stacks, until `STACKS` bytes are kept."""
        stderr = self.captures[1]
        with contextlib.suppress(BlockingIOError):
            while stderr.open and len(self.stacks) < STACKS and (said := os.read(stderr.fd, STACKS)):
                self.stacks += said

    def end(self) -> None:
        """Kill every process of the container but this one, which kill(2) with -1 spares.

        Returns when they are gone; in Linux, where none can run its own code again, after `DEATHS` seconds.
        """
        wait = SLOW_DEATHS
        if is_linux():
            wait = DEATHS
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # else each of hundreds would wake us
        until = time.monotonic() + wait
        while True:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)  # each time: in gVisor a fork may escape it, and would go on forking
            if not self.reap() or time.monotonic() >= until:
                break
            time.sleep(0.002)
        if self._asked:
            self._listen()
            self.captures[1].close()  # more stacks than are kept are no output either
        for capture in self.captures:
            self._outbox.put(capture.drain())


def _child_signals() -> int:
    """A descriptor that becomes readable when a child ends."""
    wake, into_wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(into_wake, False)
    signal.set_wakeup_fd(into_wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return wake
