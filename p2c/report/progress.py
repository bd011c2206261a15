"""A run on the terminal while it works: live lines where it is one, plain lines where it is not."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from p2c.model.stopping import HOW_TO_STOP
from p2c.report.events_text import line
from p2c.report.plain import plain
from p2c.report.tally import Tally, duration
from p2c.run.journal import Event

HEARTBEAT = 30.0
"""Seconds without a line after which a plain one says what is still under way."""
SHOWN = 6
"""Of what is under way, so many lines at once."""


class Progress:
    """Shows the journal's events; a listener, and a context manager around the run.

    On a terminal: finished things scroll by, and below them stand what is under way, the calls, tokens, cost and
    the time elapsed. Elsewhere: a line an event, and a heartbeat while a call takes long.
    """

    def __init__(self, console: Console, *, quiet: bool = False, heartbeat: float = HEARTBEAT) -> None:
        self._console = console
        self._quiet = quiet
        self._heartbeat = heartbeat
        self._tally = Tally()
        self._lock = threading.RLock()
        self._began = self._last = time.monotonic()
        self._ended = threading.Event()
        self._live: Live | None = None
        self._beat: threading.Thread | None = None

    def __call__(self, event: Event) -> None:
        """Take in one event of the journal."""
        with self._lock:
            self._tally.add(event)
            text = line(event, self._tally)
            is_only_live = self._live is not None and event["event"] in ("step_started", "verify_started")
            if text and not self._quiet and not is_only_live:
                self._say(text)

    def __enter__(self) -> Self:
        if self._quiet:
            return self
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(console=self._console, get_renderable=self._picture, refresh_per_second=4, transient=True)
            self._live.start()
        else:
            self._beat = threading.Thread(target=self._beats, daemon=True)
            self._beat.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._live is not None:
            self._live.stop()
            self._live = None
        if self._beat is not None:
            self._beat.join()

    def _say(self, text: str) -> None:
        self._last = time.monotonic()
        self._console.print(Text(f"[{duration(self._last - self._began):>6}] {text}"), soft_wrap=True)

    def _picture(self) -> RenderableType:
        with self._lock:
            now = time.time()
            busy = self._tally.busy()
            rows: list[RenderableType] = [
                Spinner("dots", Text(f" {plain(name, 80)}  {duration(now - began)}{self._tally.arrived(name)}"))
                for name, began in list(busy.items())[:SHOWN]
            ]
            if len(busy) > SHOWN:
                rows.append(Text(f"  and {len(busy) - SHOWN} more"))
            if self._tally.is_interrupted:
                rows.append(Text(f"  interrupted, waiting for these; {HOW_TO_STOP}"))
            elapsed = duration(time.monotonic() - self._began)
            rows.append(Text(f"  {self._tally.totals()}, {elapsed} elapsed", style="dim"))
            return Group(*rows)

    def _beats(self) -> None:
        while not self._ended.wait(min(1.0, self._heartbeat / 4)):
            with self._lock:
                busy = self._tally.busy()
                if not busy or time.monotonic() - self._last < self._heartbeat:
                    continue
                now = time.time()
                names = ", ".join(
                    f"{plain(name, 60)} ({duration(now - at)}{self._tally.arrived(name)})"
                    for name, at in list(busy.items())[:SHOWN]
                )
                more = f" and {len(busy) - SHOWN} more" if len(busy) > SHOWN else ""
                if self._tally.is_interrupted:
                    self._say(f"interrupted, still waiting for {names}{more}; {HOW_TO_STOP}")
                else:
                    self._say(f"still working on {names}{more}; {self._tally.totals()}")
