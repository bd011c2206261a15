"""What a run under way is doing and has spent, from its journal as it grows."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from p2c.report.plain import plain
from p2c.report.tally import Tally
from p2c.run.folder import JOURNAL
from p2c.types import Usage


class Tail:
    """Reads on in a run's journal; what earlier processes wrote is passed over.

    Args:
        folder: the run folder, which need not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / JOURNAL
        self._tally = Tally()
        self._attempt = ""
        self._paid = Usage()
        self._rest = b""
        self._at = self._path.stat().st_size if self._path.is_file() else 0

    @property
    def cost(self) -> float | None:
        """Dollars that this process has paid; None: the price of a call is not known. Recorded replies cost nothing."""
        return self._paid.cost_usd

    def doing(self) -> str:
        """In a few words; empty before the first event."""
        busy = next(iter(self._tally.busy()), "")
        words = [self._attempt, f"{plain(busy, 60)}{self._tally.arrived(busy)}" if busy else ""]
        return ", ".join(dict.fromkeys(word for word in words if word))

    def read(self) -> None:
        """Take in what was appended since; a disk that fails is no trouble of this reader's."""
        with suppress(OSError), self._path.open("rb") as stream:
            stream.seek(self._at)
            content = self._rest + stream.read()
            self._at = stream.tell()
            *lines, self._rest = content.split(b"\n")
            for line in lines:
                self._take(line)

    def _take(self, line: bytes) -> None:
        with suppress(ValueError, KeyError, TypeError):  # a line that was torn
            event = json.loads(line)
            self._tally.add(event)
            if event["event"] in ("call_finished", "call_failed") and event.get("usage") and not event.get("recorded"):
                self._paid += Usage.model_validate(event["usage"])
            if event["event"] == "attempt_started":
                self._attempt = f"attempt {event['number']}"
