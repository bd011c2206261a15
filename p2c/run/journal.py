"""The journal: what happened in a run, in order, one JSON object a line, for people and for programs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

Event = dict[str, object]
Listener = Callable[[Event], None]


class Journal:
    """Appends events to a file and hands each to the listeners (the terminal, `--json`).

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
    | `call_failed` | `step`, `seconds`, `reason` |
    | `verify_started` | `label` |
    | `verify_step_started` | `name` |
    | `verify_step` | `name`, `state`, `seconds`, `detail`, `rung` |
    | `verify_finished` | `label`, `rung`, `outcome`, `summary`, `seconds` |
    | `attempt_started` | `number`, `failure`, `origin` |
    | `attempt_finished` | `number`, `accepted`, `reason`, `lines` |
    | `reduced` | `hunks_before`, `hunks_after`, `runs` |
    | `ended` | `ending`, `summary` |
    | `note` | `message` |
    """

    def __init__(self, path: Path | None, listeners: tuple[Listener, ...] = ()) -> None:
        self._path = path
        self._listeners = listeners
        self._lock = threading.Lock()

    def emit(self, event: str, **fields: object) -> None:
        """Record one event. Raises OSError when the disk is full."""
        entry: Event = {"time": round(time.time(), 3), "event": event, **fields}
        with self._lock:
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(entry, ensure_ascii=True, default=str) + "\n")
            for listener in self._listeners:
                listener(entry)

    def events(self) -> Iterator[Event]:
        """The events so far; a last line cut off by a killed process is passed over."""
        if self._path is None or not self._path.exists():
            return
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                continue
