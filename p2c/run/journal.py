"""The journal: what happened in a run, in order, one JSON object a line, for people and for programs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from p2c.errors import RunFolderError
from p2c.run.lines import JsonLines
from p2c.run.reserve import Reserve

Event = dict[str, object]
Listener = Callable[[Event], None]
_SIGNS_OF_LIFE = frozenset({"call_progress"})
"""Emitted beside a call that is under way, which need not end because they cannot be written."""


class Journal:
    """Appends events to a file and hands each to the listeners (the terminal, `--json`), keys hidden.

    Every event has `time` (seconds since the epoch) and `event`, one of:

    | event | fields |
    | --- | --- |
    | `started` | `paper`, `model`; once for each process of a run |
    | `step_started` | `step` |
    | `step_finished` | `step`, `reused`, `seconds`, `detail` |
    | `step_failed` | `step`, `reason` |
    | `call_started` | `step`, `prompt_tokens` (an estimate) |
    | `call_progress` | `step`, `seconds`, `characters` (so far; every ten seconds of a long call) |
    | `call_retried` | `step`, `reason`, `wait_seconds` |
    | `call_finished` | `step`, `seconds`, `usage`, `recorded` |
    | `call_failed` | `step`, `seconds`, `reason`, `usage` (a call may be paid for although it failed) |
    | `answer_refused` | `step`, `reason`; it is asked for again, with the reason |
    | `verify_started` | `label`, `tree` (the beginning of its digest) |
    | `verify_step_started` | `tree`, `name` |
    | `verify_step` | `tree`, `name`, `state`, `seconds`, `detail`, `rung` |
    | `verify_finished` | `label`, `tree`, `rung`, `outcome`, `summary`, `seconds` |
    | `attempt_started` | `number`, `failure`, `origin`; `candidate`, `candidates` where several are made at once |
    | `attempt_finished` | `number`, `accepted`, `reason`, `lines`; `gave_up` (true) where it says that none helps |
    | `interrupted` | `message`; by the user, who is told what is waited for |
    | `reduced` | `hunks_before`, `hunks_after`, `runs`, `unfinished` (why it is not proven minimal) |
    | `ended` | `ending`, `summary` |
    | `note` | `message` |
    """

    def __init__(self, path: Path | None, listeners: tuple[Listener, ...] = (), reserve: Reserve | None = None) -> None:
        self._lines = JsonLines(path) if path is not None else None
        self._listeners = listeners
        self._reserve = reserve
        self._lock = threading.Lock()

    def emit(self, event: str, **fields: object) -> None:
        """Record one event.

        Raises:
            RunFolderError: it cannot be written; DiskFull also once the reserve is given up, so that what would
                begin next does not.
        """
        entry: Event = {"time": round(time.time(), 3), "event": event, **fields}
        with self._lock:
            try:
                entry = self._written(entry)
            except RunFolderError:
                if event not in _SIGNS_OF_LIFE:
                    raise
            for listener in self._listeners:
                listener(entry)

    def _written(self, entry: Event) -> Event:
        if self._reserve is not None:
            self._reserve.check()
        return self._lines.append(entry, precious=False) if self._lines is not None else entry

    def events(self) -> Iterator[Event]:
        """The events so far; a last line cut off by a killed process is passed over."""
        if self._lines is not None:
            yield from self._lines.read()
