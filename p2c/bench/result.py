"""What `bench.json` holds; docs/bench.md explains it, docs/bench.schema.json is its JSON schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from p2c.bench.measure import SetStatistics, measure
from p2c.bench.record import End
from p2c.bench.row import Row
from p2c.types import Value


class Bench(Value):
    """A set that was run, whole or in part."""

    schema_version: Literal["1"] = "1"
    title: str
    manifest: str
    """The manifest's file name."""
    jobs: int
    """Entries at once, in the last command."""
    max_cost_usd: float | None
    """Of the set, in the last command."""
    interrupted: bool
    """Whether the last command was; the same command goes on."""
    rows: tuple[Row, ...]
    """In the manifest's order."""
    statistics: SetStatistics


def bench_of(
    title: str, manifest: str, rows: Sequence[Row], *, jobs: int, max_cost_usd: float | None, interrupted: bool
) -> Bench:
    """The result over the rows."""
    return Bench(
        title=title,
        manifest=manifest,
        jobs=jobs,
        max_cost_usd=max_cost_usd,
        interrupted=interrupted,
        rows=tuple(rows),
        statistics=measure(rows),
    )


def exit_status(bench: Bench, min_verified: float | None) -> tuple[int, str]:
    """The exit status of the command, and why, in a sentence.

    Args:
        min_verified: the share of all entries, 0 to 1, that must be verified; None: each must end as its manifest
            expects.

    Returns:
        0: so it is; 1: it is not; 3: it is not, but only for what says nothing about the code (`infrastructure`, a
        crash); 130: the user interrupted it.
    """
    if bench.interrupted:
        return 130, "interrupted; the same command goes on from here"
    rows = bench.rows
    undecided = sum(row.is_undecided for row in rows)
    why = (
        f"; {undecided} of {len(rows)} without a word on the code: the same command tries them again"
        if undecided
        else ""
    )
    if min_verified is not None:
        verified = sum(row.end is End.verified for row in rows)
        said = f"{verified} of {len(rows)} verified, {min_verified:.0%} are asked for{why}"
        enough = min_verified * len(rows) - 1e-9
        return (0 if verified >= enough else 3 if verified + undecided >= enough else 1), said
    wrong = [row for row in rows if row.unexpected]
    if not wrong:
        return 0, f"all {len(rows)} ended as expected"
    said = f"{len(wrong)} of {len(rows)} ended otherwise than expected{why}"
    return (3 if all(row.is_undecided for row in wrong) else 1), said
