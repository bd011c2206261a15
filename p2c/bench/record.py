"""What became of an entry's processes, kept beside its run folder, so that a later command knows what is done."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from p2c.report.summary import Report
from p2c.run.atomic import plain_errors, write_atomically
from p2c.types import Value

REPORT = "report.json"


class End(StrEnum):
    """How an entry stands: the ending of its report or, where it has none that speaks of the code, why it has none."""

    verified = "verified"
    blocked = "blocked"
    stalled = "stalled"
    budget = "budget"
    infrastructure = "infrastructure"
    """The engine, the index, the endpoint or the disk failed; says nothing about the code."""
    refused = "refused"
    """Bad usage or input: exit status 2."""
    unfinished = "unfinished"
    """It ended by itself without a report, for example when the money was spent before there was any code."""
    crashed = "crashed"
    """A signal, or an exit status that p2c does not have."""
    hung = "hung"
    """Still there after `end-after`, and ended by us."""
    interrupted = "interrupted"
    waiting = "waiting"
    """Not begun."""


SPEAKS = frozenset({End.verified, End.blocked, End.stalled, End.budget})
"""The code was judged: such an entry is finished, every other one is tried again by the next command."""


class Record(Value):
    """`records/NAME.json`."""

    schema_version: Literal["1"] = "1"
    name: str
    inputs: str
    """Digest of what decides the result; with another one the run begins anew in a new folder."""
    limits: str
    """Digest of the budget; with another one a run that ended for it goes on."""
    end: End
    message: str
    exit_status: int | None
    """As the process had it, a signal as its negative number; None while it runs."""
    seconds: float
    """Wall time of all its processes."""
    processes: int
    share_usd: float | None = None
    """What the common purse allowed the run in all, where that was less than the entry's own limit."""


def read_record(path: Path) -> Record | None:
    """The record in `path`; None where there is none, or none of this version."""
    try:
        return Record.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def write_record(path: Path, record: Record, scratch: Path) -> None:
    """Write it atomically. Raises RunFolderError."""
    write_atomically(path, (record.model_dump_json(indent=1) + "\n").encode(), scratch)


def read_report(folder: Path) -> Report | None:
    """The report of the run in `folder`; None where there is none that this version can read.

    Raises:
        RunFolderError: the disk fails.
    """
    path = folder / REPORT
    with plain_errors("read", path):
        content = path.read_bytes() if path.is_file() else b""
    try:
        return Report.model_validate_json(content)
    except ValidationError:
        return None
