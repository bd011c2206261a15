"""What a run of the benchmarks found, as values: `results.json` holds them, and RESULTS.md is made from them alone."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from benchmarks.machine import Machine
from benchmarks.stats import Spread, figure

Unit = Literal["s", "bytes", "ratio", "share", "count"]
_SENSES = {"at most": operator.le, "at least": operator.ge, "under": operator.lt}


class Value(BaseModel):
    """Base of all results: frozen, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Series(Value):
    """What was measured of one contestant: one value a round."""

    name: str
    unit: Unit
    values: tuple[float, ...] = ()
    failures: tuple[str, ...] = ()
    """Why there is no value for a round; `not run: ...` where it was not tried."""
    note: str = ""

    @property
    def spread(self) -> Spread | None:
        """None when nothing could be measured."""
        return Spread.of(self.values) if self.values else None


class Table(Value):
    """Series beside each other, each as median, least, greatest and ratio to the `base`; or free cells."""

    title: str
    series: tuple[Series, ...] = ()
    base: str = ""
    """Name of the series that the others are divided by; empty for no such column."""
    columns: tuple[str, ...] = ()
    """With `rows`: further facts that are no series of numbers."""
    rows: tuple[tuple[str, ...], ...] = ()


class Target(Value):
    """A figure that was promised, and what came of it."""

    what: str
    unit: Unit
    sense: Literal["at most", "at least", "under"]
    limit: float
    value: float | None
    """None when it could not be measured, which misses the target."""
    beside: str = ""
    """What the best of the others reaches, in a few words."""
    floor: str = ""
    """What was measured of what the figure cannot go below on this machine; said where it is missed."""

    @property
    def met(self) -> bool:
        """Whether it was measured and holds."""
        return self.value is not None and bool(_SENSES[self.sense](self.value, self.limit))


class Section(Value):
    """One measurement."""

    name: str
    title: str
    method: str
    """What was done, in sentences for a person."""
    command: str
    date: str = ""
    seconds: float = 0.0
    tables: tuple[Table, ...] = ()
    targets: tuple[Target, ...] = ()
    notes: tuple[str, ...] = ()
    failed: str = ""
    """Why the measurement as a whole gave nothing."""
    machine: Machine | None = None
    """Where it was measured. What is compared stands in one section, so it is always of one machine."""


class Results(Value):
    """The newest run of each section."""

    sections: tuple[Section, ...] = ()

    def with_section(self, section: Section) -> Results:
        """These results with `section` in the place of an older one of that name, or at the end."""
        if all(one.name != section.name for one in self.sections):
            return self.model_copy(update={"sections": (*self.sections, section)})
        swapped = tuple(section if one.name == section.name else one for one in self.sections)
        return self.model_copy(update={"sections": swapped})


def best(series: Iterable[Series], *, most: bool = False) -> str:
    """The one with the least (or the greatest) median and what it reached, `swe-rex 24.1 ms`; empty for none."""
    measured = [(one.spread.median, one) for one in series if one.spread]
    if not measured:
        return ""
    value, found = (max if most else min)(measured, key=lambda pair: pair[0])
    return f"{found.name} {figure(value, found.unit)}"


def load(path: Path) -> Results:
    """The results of `path` to add to; none where there is no such file.

    Raises:
        ValueError: the file holds something else.
    """
    return Results.model_validate_json(path.read_bytes()) if path.is_file() else Results()


def save(results: Results, path: Path) -> None:
    """Write them for `load`."""
    path.write_text(results.model_dump_json(indent=1) + "\n", "utf-8")
