"""One entry's process: started with a log, ended in order, and told apart by how it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from p2c.bench.record import REPORT, End, read_report
from p2c.report.plain import plain
from p2c.run.atomic import plain_errors

PATIENCE = 150.0
"""Seconds after an interrupt: a run waits two minutes for the model's calls under way."""
KILLED_AFTER = 10.0
"""Seconds after SIGTERM."""
_TAIL = 8192


class Child:
    """A process that runs one entry, in a session of its own: a Ctrl-C at the terminal reaches only the bench.

    Args:
        words: program and arguments.
        folder: the run folder that it writes to.
        log: gets what it prints, behind what is there.
        environment: of the process.
        patience: seconds from an interrupt to SIGTERM.

    Raises:
        RunFolderError: the log cannot be written.
        NotStarted: the machine has no room for another process.
    """

    def __init__(
        self, words: Sequence[str], folder: Path, log: Path, environment: Mapping[str, str], patience: float = PATIENCE
    ) -> None:
        self._folder = folder
        self._log = log
        self._patience = patience
        self._before = _signature(folder)
        self._asked: float | None = None
        """When it was first asked to end."""
        self._sent: list[signal.Signals] = []
        self.is_overdue = False
        self.began = time.monotonic()
        with plain_errors("write", log):
            stream = log.open("ab")
        with stream:
            self._from = stream.tell()
            try:
                self._process = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    env=dict(environment),
                    start_new_session=True,
                )
            except OSError as error:
                raise NotStarted(f"its process could not be started: {error.strerror}") from error

    @property
    def seconds(self) -> float:
        """Since its start."""
        return time.monotonic() - self.began

    def poll(self) -> int | None:
        """Its exit status, a signal as its negative number; None while it runs. Presses on where it was to end."""
        status = self._process.poll()
        if status is None and self._asked is not None:
            waited = time.monotonic() - self._asked
            if waited > self._patience + KILLED_AFTER:
                self._send(signal.SIGKILL)
            elif waited > self._patience:
                self._send(signal.SIGTERM)
        return status

    def interrupt(self) -> None:
        """Ask it to end in order, as Ctrl-C does; after its patience it is ended."""
        if self._asked is None:
            self._asked = time.monotonic()
            self._send(signal.SIGINT)

    def hurry(self) -> None:
        """Do not wait for anything: the second Ctrl-C, then the end."""
        self._send(signal.SIGTERM if self._sent.count(signal.SIGINT) > 1 else signal.SIGINT, again=True)

    def overdue(self) -> None:
        """End it: its time is over."""
        self.is_overdue = True
        self.interrupt()

    def ended(self, status: int) -> Ended:
        """What its end means."""
        end, message = self._end(status)
        return Ended(end, message, status, self.seconds)

    def _end(self, status: int) -> tuple[End, str]:
        report = read_report(self._folder) if _signature(self._folder) != self._before else None
        if report is not None and status in (0, 1, 3) and not report.repair.reduction.is_under_way:
            if report.repair.reduction.was_interrupted and self._asked is not None and not self.is_overdue:
                return End.interrupted, "it runs; interrupted while its edits were reduced, with which it goes on"
            return End(report.ending.value), report.ending_reason
        said = self._last_words() if report is not None or _signature(self._folder) == self._before else _FOREIGN
        if self.is_overdue:
            return End.hung, "it was still there when its time was over, and was ended"
        if self._asked is not None or status in (130, -signal.SIGINT):
            return End.interrupted, "interrupted; it goes on from where it was"
        if status < 0:
            return End.crashed, f"ended by {_signal_name(-status)}{_HINTS.get(-status, '')}"
        known = {0: End.unfinished, 1: End.unfinished, 2: End.refused, 3: End.infrastructure}
        return known.get(status, End.crashed), said or f"exit status {status}, and not a word"

    def _last_words(self) -> str:
        """The error that it printed, else its last line."""
        with plain_errors("read", self._log), self._log.open("rb") as stream:
            stream.seek(max(self._from, stream.seek(0, os.SEEK_END) - _TAIL))
            lines = [line for line in stream.read().decode("utf-8", "replace").splitlines() if line.strip()]
        errors = [number for number, line in enumerate(lines) if line.startswith("Error: ")]
        last = errors[-1] if errors else len(lines) - 1
        why = lines[last - 1] if errors and last and "a bug of p2c" in lines[last] else ""  # a traceback's last line
        return plain(f"{why} {lines[last]}".strip().removeprefix("Error: ")) if lines else ""

    def _send(self, number: signal.Signals, *, again: bool = False) -> None:
        if number in self._sent and not again:
            return
        self._sent.append(number)
        with suppress(ProcessLookupError):
            if number is signal.SIGKILL:
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)


def p2c() -> tuple[str, ...]:
    """`p2c` in a process that ends with this one. `-P`: nothing of the working directory is taken for a module."""
    return sys.executable, "-P", "-m", "p2c.cli.child", str(os.getpid())


class NotStarted(Exception):
    """No process could be made: no memory, too many of them. Says nothing about the entry."""


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    end: End
    message: str
    exit_status: int
    seconds: float


_FOREIGN = "it ended, but this p2c cannot read its report.json: another version wrote it, or it is damaged"
_HINTS: dict[int, str] = {
    signal.SIGKILL: " (the machine was out of memory, or somebody killed it)",
    signal.SIGSEGV: " (a fault in a library written in C)",
}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _signature(folder: Path) -> tuple[int, ...] | None:
    """Of the report: another one has been written since when it differs."""
    try:
        found = (folder / REPORT).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
