"""The table's cells: the same words on the terminal, in Markdown, CSV and HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from p2c.bench.measure import ClassCount, LineStatistics, SetStatistics, Spread
from p2c.bench.result import Bench
from p2c.bench.row import Row
from p2c.report.repairs import Edits
from p2c.report.tally import duration
from p2c.types import Usage
from sandbox.verdict import Rung
from sandbox.words import counted

HEAD = (
    "entry",
    "class",
    "rung",
    "ended",
    "lines",
    "net",
    "minimum",
    "fixers",
    "model",
    "tokens",
    "cost",
    "time",
)
CLASS_HEAD = (
    "class", "entries", "as expected", "failing", "repaired", "lines", "minimum", "at minimum", "fixers", "model"
)  # fmt: skip
LINES_HEAD = ("lines", "n", "mean", "median", "st. dev.", "quartiles", "range")
RUNGS_HEAD = ("rung", "before", "after")


def row_cells(row: Row) -> tuple[str, ...]:
    """The cells below `HEAD`."""
    lines = row.lines
    return (
        row.name,
        row.group or "-",
        f"{_step(row.first_rung)} -> {_step(row.rung)}" if row.rung else "-",
        row.end.value + (" (!)" if row.unexpected else ""),
        "-" if lines is None else str(lines.reduced.total),
        "-" if lines is None else str(lines.net.total),
        "-" if row.minimum is None else str(row.minimum),
        edits(row.fixers),
        edits(row.model_edits),
        tokens(row.usage),
        cost(row.usage),
        "-" if row.seconds is None else duration(row.seconds),
    )


def class_cells(one: ClassCount) -> tuple[str, ...]:
    """The cells below `CLASS_HEAD`."""
    compared = bool(one.compared)
    return (
        one.name or "none",
        str(one.entries),
        str(one.as_expected),
        str(one.failing),
        f"{one.repaired} of {one.failing}",
        str(one.reduced) if compared else "-",
        str(one.minimum) if compared else "-",
        f"{one.at_minimum} of {one.compared}" if compared else "-",
        edits(one.fixers),
        edits(one.model_edits),
    )


def line_cells(found: LineStatistics) -> tuple[tuple[str, ...], ...]:
    """Rows below `LINES_HEAD`: reduced, net, gross, shares."""
    names = (("reduced", found.reduced), ("net", found.net), ("gross", found.gross))
    shares = (("share", found.share), ("Python share", found.python_share))
    return (*(_spread_cells(name, one) for name, one in names), *(_share_cells(name, one) for name, one in shares))


def line_groups(found: SetStatistics) -> tuple[tuple[str, LineStatistics], ...]:
    """What the lines are told over: a heading and its figures; groups without an entry, or told twice, are left out."""
    none_as_it_came = found.running is not None and found.repaired is not None and found.running.n == found.repaired.n
    groups = (
        ("Those that run in the end, unmended ones included", None if none_as_it_came else found.running),
        (f"Those that did not run at first and run now{' (all that run)' if none_as_it_came else ''}", found.repaired),
        ("Those that do not run (the edits that got them as far as they came)", found.not_running),
    )
    return tuple((heading, one) for heading, one in groups if one is not None)


def share_sentence(found: LineStatistics) -> str:
    """The mean share with its interval, and the pooled one."""
    between = found.share_interval
    told = (
        f", {between.level:.0%} interval {percent(between.low)} to {percent(between.high)} "
        f"(percentile bootstrap, {between.resamples:,} resamples)".replace("95%", "95 %")
        if between
        else ""
    )
    return f"share of the generated lines: mean {percent(found.share.mean)}{told}; pooled {percent(found.pooled_share)}"


def rung_cells(found: SetStatistics) -> tuple[tuple[str, ...], ...]:
    """Rows below `RUNGS_HEAD`, from the top of the ladder."""
    return tuple(
        (
            rung(one.rung),
            f"{one.before} ({whole_percent(one.share_before)})",
            f"{one.after} ({whole_percent(one.share_after)})",
        )
        for one in reversed(found.rungs)
    )


def otherwise(row: Row) -> str:
    """What is otherwise than expected, and why."""
    return "; ".join(row.unexpected) + (f": {row.message}" if row.message else ".")


def sentences(bench: Bench) -> tuple[str, ...]:
    """The rest of the figures, a sentence each."""
    found = bench.statistics
    ends = ", ".join(f"{count} {name}" for name, count in found.ends.items())
    by = found.mended_by
    unknown = f", and unknown for {found.unknown_costs} of {_entries(found.entries)}" if found.unknown_costs else ""
    recorded = sum(row.recorded for row in bench.rows)
    models = Counter(row.model for row in bench.rows if row.model and not row.recorded)
    unproven = sum(row.runs and row.is_minimal is False for row in bench.rows)
    again = [row.lines.rewritten.total for row in bench.rows if row.lines and row.lines.rewritten.total]
    said = [
        f"{_entries(found.entries)}: {ends}; {found.as_expected} as expected.",
        f"Rungs are counted over the {_entries(found.judged)} that {'was' if found.judged == 1 else 'were'} judged; "
        f"{found.entries - found.judged} without a word on the code are in no figure of lines.",
        f"What runs in the end: {by.nothing} as it came, {by.fixers} mended by fixers alone, {by.model} by the model "
        f"alone, {by.both} by both.",
        f"Edits by fixers: {_kept(found.fixers)}; by the model: {_kept(found.model_edits)}"
        f"{_attempts(found.attempts)}; lines before the reduction.",
        f"Calls: {found.usage.calls:,}; tokens: {found.usage.prompt_tokens:,} prompt "
        f"({found.usage.cached_tokens:,} of them cached), {found.usage.reply_tokens:,} reply; "
        f"cost: ${found.known_cost_usd:.4f}{unknown}.",
        f"Time: {_seconds('wall', found.seconds)}; {_seconds('sandbox', found.sandbox_seconds)}; "
        f"{_seconds('model', found.model_seconds)}.",
    ]
    if models:
        asked = ", ".join(f"{name} in {number}" for name, number in models.most_common())
        said.append(f"Models: {asked} of {_entries(found.entries)}.")
    if recorded:
        said.append(
            f"Recorded replies of a model in {recorded} of {_entries(found.entries)}; their tokens are of that time."
        )
    if unproven:
        said.append(
            f"Reduced lines that are not proven minimal: in {unproven} of the "
            f"{_entries(sum(row.runs for row in bench.rows))} that run in the end."
        )
    if again:
        said.append(
            f"Written again, as it never was code, and in no figure of lines: {counted(sum(again), 'line')} "
            f"in {len(again)} of {_entries(found.entries)}."
        )
    return tuple(said)


def _entries(number: int) -> str:
    """`1 entry`, `89 entries`."""
    return f"{number:,} {'entry' if number == 1 else 'entries'}"


def rung(name: str | None) -> str:
    """`4 runs`."""
    if name is None:
        return "?"
    return "none" if name == "none" else f"{int(Rung[name])} {name}"


def _step(name: str | None) -> str:
    """`4`: the table of rungs has their names."""
    return "none" if name is None or name == "none" else str(int(Rung[name]))


def edits(one: Edits) -> str:
    """`2 of 3`: kept of tried."""
    return f"{one.accepted} of {one.tried}" if one.tried else "-"


def tokens(usage: Usage) -> str:
    """Prompt and reply."""
    return f"{usage.prompt_tokens:,} + {usage.reply_tokens:,}" if usage.calls else "-"


def cost(usage: Usage) -> str:
    """Dollars; unknown stays unknown."""
    if not usage.calls:
        return "-"
    return "unknown" if usage.cost_usd is None else f"${usage.cost_usd:.4f}"


def percent(share: float) -> str:
    """`0.48 %`."""
    return f"{100 * share:.2f} %"


def whole_percent(share: float) -> str:
    """`48 %`."""
    return f"{100 * share:.0f} %"


def _spread_cells(name: str, one: Spread) -> tuple[str, ...]:
    return (
        name,
        str(one.n),
        f"{one.mean:.2f}",
        f"{one.median:g}",
        "-" if one.stdev is None else f"{one.stdev:.2f}",
        f"{one.q1:g} to {one.q3:g}",
        f"{one.least:g} to {one.most:g}",
    )


def _share_cells(name: str, one: Spread) -> tuple[str, ...]:
    return (
        name,
        str(one.n),
        percent(one.mean),
        percent(one.median),
        "-" if one.stdev is None else percent(one.stdev),
        f"{percent(one.q1)} to {percent(one.q3)}",
        f"{percent(one.least)} to {percent(one.most)}",
    )


def _kept(one: Edits) -> str:
    return f"{one.accepted} of {one.tried} kept, {counted(one.lines.total, 'line')} in {one.seconds:.1f} s"


def _attempts(found: Spread | None) -> str:
    return f" ({found.mean:.2f} tried an entry, median {found.median:g}, most {found.most:g})" if found else ""


def _seconds(name: str, found: Spread | None) -> str:
    if found is None:
        return f"{name} unknown"
    return f"{name} {duration(found.total)} in all (mean {found.mean:.1f} s, median {found.median:.1f} s)"


def columns(rows: Sequence[tuple[str, ...]], head: tuple[str, ...]) -> tuple[int, ...]:
    """The columns that hold something in one row at least."""
    return tuple(n for n in range(len(head)) if n == 0 or any(row[n] != "-" for row in rows))
