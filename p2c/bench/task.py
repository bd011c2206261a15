"""What is to be done of a set: which entries are finished, which go on, which begin anew."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from p2c.bench.entry import Entry
from p2c.bench.places import Places
from p2c.bench.record import SPEAKS, End, Record, read_record, read_report
from p2c.errors import NoEndpoint, UsageError
from p2c.model.prices import refuse_unknown_price
from p2c.model.settings import ModelSettings
from sandbox.tree import Tree

_DECIDES = ("smoke", "allow", "timeout", "runtime", "no_model", "candidates", "edit_format", "figures")
"""Options that change what comes out; the budget is apart, and names and expectations change nothing."""
_BUDGET = ("max_attempts", "max_cost", "max_minutes")


@dataclass(frozen=True)
class Task:
    """An entry with its state.

    Attributes:
        model: who would be asked; None: nobody.
        inputs, limits: digests, as in `Record`.
        record: of the run as it stands; None where it has not begun, or begins anew.
        fresh: whether an earlier run of other inputs, or one that is to be made again, goes aside first.
    """

    entry: Entry
    model: str | None
    inputs: str
    limits: str
    record: Record | None = None
    fresh: bool = False

    @property
    def name(self) -> str:
        """The entry's name."""
        return self.entry.name

    @property
    def may_pay(self) -> bool:
        """Whether it may ask an endpoint."""
        return self.model is not None and self.entry.asks

    @property
    def is_finished(self) -> bool:
        """Whether there is nothing to run.

        A run that ended for its budget goes on where that is another one by now, or was what the common purse had left.
        """
        record = self.record
        if record is None or record.end is not End.budget:
            return record is not None and record.end in SPEAKS
        return record.limits == self.limits and record.share_usd is None

    def had_as_much_as(self, limit: float) -> bool:
        """Whether it ended for a share of the common purse that was no smaller than `limit` (dollars)."""
        record = self.record
        if record is None or record.end is not End.budget or record.limits != self.limits:
            return False
        return record.share_usd is not None and limit <= record.share_usd


def task_of(entry: Entry, places: Places, model: str | None, again: Callable[[str], bool]) -> Task:
    """The state of an entry.

    Args:
        model: who would be asked.
        again: whether the entry of this name is to be made again.

    Raises:
        InputError: a repository cannot be read.
    """
    options = entry.options
    decides = {name: getattr(options, name) for name in _DECIDES}
    recorded = _digest_of(entry.recorded) if entry.recorded else None
    content = Tree.read(entry.path).digest() if entry.kind == "repository" else _digest_of(entry.path)
    inputs = _digest([entry.kind, content, recorded, model, decides])
    limits = _digest([getattr(options, name) for name in _BUDGET])
    record = read_record(places.record(entry.name))
    is_same = record is not None and record.inputs == inputs and not again(entry.name)
    if record is not None and is_same and record.end in SPEAKS and read_report(places.run(entry.name)) is None:
        is_same = False  # deleted by hand, or of another version: there is nothing to show
    return Task(
        entry=entry,
        model=model,
        inputs=inputs,
        limits=limits,
        record=record if is_same else None,
        fresh=not is_same and (record is not None or places.run(entry.name).exists()),
    )


def model_of(entry: Entry, environment: Mapping[str, str]) -> str | None:
    """The model that the entry's command would ask; None where it would ask none.

    Raises:
        NoEndpoint: the entry needs one, and none is configured.
        UsageError: a limit of cost that could not be held, or a variable that makes no sense.
    """
    options = entry.options
    if options.no_model:
        return None
    try:
        settings = ModelSettings.from_environment(
            model=options.model, max_cost_usd=options.max_cost, recorded=entry.recorded, environment=environment
        )
        refuse_unknown_price(settings)
    except NoEndpoint as error:
        if options.model or entry.kind == "paper":
            raise NoEndpoint(f"entry {entry.name!r}: {error}") from error
        return None
    except UsageError as error:
        raise UsageError(f"entry {entry.name!r}: {error}") from error
    return settings.model or "recorded replies"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _digest_of(path: Path) -> str:
    """Of a file, or of all files below a folder."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    found = sorted(Path(at, name) for at, _, names in os.walk(path) for name in names)
    return _digest([[os.fsencode(one.relative_to(path)).hex(), _digest_of(one)] for one in found if one.is_file()])
