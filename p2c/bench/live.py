"""A set while it runs: a live picture on a terminal, plain lines and a heartbeat elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from p2c.bench.record import SPEAKS, Record
from p2c.bench.schedule import Running, State
from p2c.bench.task import Task
from p2c.report.plain import plain
from p2c.report.tally import duration
from sandbox.words import counted

HEARTBEAT = 30.0
"""Seconds after which a line says how the set stands."""
_SHOWN = 12
"""Of what is under way, so many lines at once on a terminal, and half as many in a heartbeat."""
_HOW_TO_STOP = "ending in order; Ctrl-C again: at once"


class Progress:
    """Shows a schedule; implements `Watch`, and is a context manager around it.

    Args:
        console: the terminal, or a file.
        quiet: nothing is shown.
        heartbeat: seconds.
    """

    def __init__(self, console: Console, *, quiet: bool = False, heartbeat: float = HEARTBEAT) -> None:
        self._console = console
        self._quiet = quiet
        self._heartbeat = heartbeat
        self._began = self._beat = time.monotonic()
        self._state: State | None = None
        self._seen: tuple[str, ...] = ()
        self._live: Live | None = None

    def started(self, task: Task, state: State) -> None:
        """A line, where there is no live picture of it."""
        self._state = state
        if self._live is None:
            again = ", going on" if task.record is not None else ""
            self._say(f"{plain(task.name, 80)}: started{again}")

    def ended(self, task: Task, record: Record, state: State) -> None:
        """A line with its end."""
        self._state = state
        message = f": {plain(record.message, 160)}" if record.end not in SPEAKS else ""
        took = duration(record.seconds)
        self._say(f"{state.finished} of {state.total}  {plain(task.name, 80)}: {record.end.value} in {took}{message}")

    def tick(self, state: State) -> None:
        """The picture, or a heartbeat where the last one is long ago."""
        self._state = state
        if state.held and state.held != self._seen:
            names = ", ".join(plain(name, 60) for name in state.held[:_SHOWN])
            self._say(f"an earlier command's process is still at work on {names}; waiting for its end")
        self._seen = state.held
        if self._live is not None:
            self._live.update(self._picture(state))
        elif time.monotonic() - self._beat >= self._heartbeat:
            self._beat = time.monotonic()
            self._say(heartbeat(state))

    def __enter__(self) -> Self:
        if not self._quiet and self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(console=self._console, refresh_per_second=4, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _say(self, text: str) -> None:
        if not self._quiet:
            elapsed = duration(time.monotonic() - self._began)
            self._console.print(Text(f"[{elapsed:>6}] {text}"), soft_wrap=True)

    def _picture(self, state: State) -> RenderableType:
        rows: list[RenderableType] = [Spinner("dots", Text(f" {_doing(one)}")) for one in state.running[:_SHOWN]]
        if len(state.running) > _SHOWN:
            rows.append(Text(f"  and {len(state.running) - _SHOWN} more"))
        elapsed = duration(time.monotonic() - self._began)
        rows.append(Text(f"  {summary(state)}, {elapsed} elapsed", style="dim"))
        return Group(*rows)


def heartbeat(state: State) -> str:
    """One line: what is done, under way and left, what was spent, and when it may be over."""
    few = [_doing(one) for one in state.running[: _SHOWN // 2]]
    more = f" and {len(state.running) - len(few)} more" if len(state.running) > len(few) else ""
    under_way = f"; {'; '.join(few)}{more}" if few else ""
    return f"{summary(state)}{under_way}"


def summary(state: State) -> str:
    """The figures of a heartbeat."""
    eta = state.eta_seconds
    unknown = f" and unknown for {counted(state.unpriced, 'run')}" if state.unpriced else ""
    parts = [
        f"{state.finished} of {state.total} done",
        f"{len(state.running)} running",
        f"{state.waiting} left",
        f"${state.spent_usd:.4f} spent{unknown}",
        _HOW_TO_STOP if state.is_stopping else "ETA unknown" if eta is None else f"ETA {duration(eta)}",
    ]
    return ", ".join(parts)


def _doing(one: Running) -> str:
    doing = one.tail.doing()
    return f"{plain(one.task.name, 60)} ({duration(one.child.seconds)}{f', {doing}' if doing else ''})"
