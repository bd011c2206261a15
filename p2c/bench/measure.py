"""What a set comes to: lines, rungs, attempts, tokens, cost and time, over all and by class.

Nobody is dropped in silence: figures are given for those that run in the end, for those of them that did not at first,
and for those that do not, each with how many they are. Standard deviations are those of samples (n - 1), quartiles are
interpolated between the values, both ends included (`statistics.quantiles`, method `inclusive`).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean, median, quantiles, stdev

from p2c.bench.row import Row
from p2c.report.repairs import Edits
from p2c.types import LineCount, Usage, Value
from sandbox.verdict import Rung

RESAMPLES = 2_000
SEED = 20_240_417
"""Of the resampling, so that the same rows give the same interval."""
LEAST_FOR_INTERVAL = 10
LEVEL = 0.95


class Spread(Value):
    """Of one figure over several entries."""

    n: int
    mean: float
    median: float
    stdev: float | None
    """None for a single value."""
    q1: float
    q3: float
    least: float
    most: float
    total: float


class Interval(Value):
    """Of a mean, by the percentile bootstrap: the entries are drawn anew, with replacement."""

    low: float
    high: float
    level: float = LEVEL
    resamples: int = RESAMPLES
    seed: int = SEED


class LineStatistics(Value):
    """Lines modified over a group of entries."""

    n: int
    reduced: Spread
    net: Spread
    gross: Spread
    share: Spread
    """`reduced` over the baseline's lines, 0 to 1; each entry counts the same."""
    python_share: Spread
    """The same of Python lines alone."""
    share_interval: Interval | None
    """Of the mean share; None for fewer than ten entries."""
    pooled_share: float
    """All reduced lines over all baselines' lines."""


class RungCount(Value):
    """How many of those with a word on the code stood on a rung."""

    rung: str
    before: int
    after: int
    share_before: float
    share_after: float


class MendedBy(Value):
    """Who mended what runs in the end."""

    nothing: int
    """It ran as it came."""
    fixers: int
    model: int
    both: int


class ClassCount(Value):
    """One class of the manifest."""

    name: str
    entries: int
    failing: int
    """That did not run at first."""
    repaired: int
    """Of those, the ones that run in the end."""
    as_expected: int
    reduced: int
    """Lines, over the repaired ones whose minimum is known."""
    minimum: int
    """The same for the known minima."""
    compared: int
    """How many these two are over."""
    at_minimum: int
    """Of those, the ones that took no more lines than the known minimum."""
    fixers: Edits
    model_edits: Edits


class SetStatistics(Value):
    """What the whole set comes to."""

    entries: int
    judged: int
    """With a word on the code; rungs are counted over these."""
    ends: dict[str, int]
    as_expected: int
    rungs: tuple[RungCount, ...]
    running: LineStatistics | None
    """Those that run in the end, the ones that ran as they came (with no line) included."""
    repaired: LineStatistics | None
    """Those that run in the end and did not at first."""
    not_running: LineStatistics | None
    """Those that were judged and do not run: the lines of the edits that got them as far as they came."""
    mended_by: MendedBy
    fixers: Edits
    model_edits: Edits
    attempts: Spread | None
    """Edits of the model that were tried, over the judged ones."""
    usage: Usage
    """Of all entries; its cost is None where that of one call is unknown."""
    known_cost_usd: float
    """Of the entries whose cost is known."""
    unknown_costs: int
    """Entries whose cost is not."""
    seconds: Spread | None
    """Wall time of what was begun."""
    sandbox_seconds: Spread | None
    model_seconds: Spread | None
    classes: tuple[ClassCount, ...]


def spread(values: Iterable[float]) -> Spread | None:
    """Of the values; None where there are none."""
    found = sorted(values)
    if not found:
        return None
    quarters = quantiles(found, n=4, method="inclusive") if len(found) > 1 else [found[0]] * 3
    return Spread(
        n=len(found),
        mean=fmean(found),
        median=median(found),
        stdev=stdev(found) if len(found) > 1 else None,
        q1=quarters[0],
        q3=quarters[2],
        least=found[0],
        most=found[-1],
        total=sum(found),
    )


def interval(values: Sequence[float]) -> Interval | None:
    """In which the mean lies, as far as these values tell; None for fewer than ten."""
    if len(values) < LEAST_FOR_INTERVAL:
        return None
    draw = random.Random(SEED)  # noqa: S311 - for a statistic, not for a secret
    means = sorted(fmean(draw.choices(values, k=len(values))) for _ in range(RESAMPLES))
    cut = round(RESAMPLES * (1 - LEVEL) / 2)
    return Interval(low=means[cut], high=means[-cut - 1])


def line_statistics(rows: Iterable[Row]) -> LineStatistics | None:
    """Over the rows that have lines; None where none has."""
    found = [row.lines for row in rows if row.lines is not None]
    shares = [lines.share for lines in found]
    spreads = [
        spread(lines.reduced.total for lines in found),
        spread(lines.net.total for lines in found),
        spread(lines.gross.total for lines in found),
        spread(shares),
        spread(lines.python_share for lines in found),
    ]
    reduced, net, gross, share, python = spreads
    if reduced is None or net is None or gross is None or share is None or python is None:
        return None
    baseline = sum(lines.baseline_lines for lines in found)
    return LineStatistics(
        n=len(found),
        reduced=reduced,
        net=net,
        gross=gross,
        share=share,
        python_share=python,
        share_interval=interval(shares),
        pooled_share=reduced.total / baseline if baseline else 0.0,
    )


def _summed(edits: Iterable[Edits]) -> Edits:
    found = tuple(edits)
    return Edits(
        accepted=sum(one.accepted for one in found),
        refused=sum(one.refused for one in found),
        gave_up=sum(one.gave_up for one in found),
        lines=LineCount(python=sum(one.lines.python for one in found), other=sum(one.lines.other for one in found)),
        seconds=round(sum(one.seconds for one in found), 3),
    )


def measure(rows: Sequence[Row]) -> SetStatistics:
    """What the rows come to."""
    judged = [row for row in rows if row.is_judged]
    begun = [row for row in rows if row.seconds is not None]
    costs = [row.usage.cost_usd for row in rows]
    return SetStatistics(
        entries=len(rows),
        judged=len(judged),
        ends=dict(sorted(Counter(row.end.value for row in rows).items())),
        as_expected=sum(not row.unexpected for row in rows),
        rungs=_rungs(judged),
        running=line_statistics(row for row in judged if row.runs),
        repaired=line_statistics(row for row in judged if row.runs and not row.ran_first),
        not_running=line_statistics(row for row in judged if not row.runs),
        mended_by=_mended_by(rows),
        fixers=_summed(row.fixers for row in rows),
        model_edits=_summed(row.model_edits for row in rows),
        attempts=spread(row.model_edits.tried for row in judged),
        usage=sum((row.usage for row in rows), start=Usage()),
        known_cost_usd=sum(cost for cost in costs if cost is not None),
        unknown_costs=costs.count(None),
        seconds=spread(row.seconds for row in begun if row.seconds is not None),
        sandbox_seconds=spread(row.sandbox_seconds for row in begun if row.sandbox_seconds is not None),
        model_seconds=spread(row.model_seconds for row in begun),
        classes=_classes(rows),
    )


def _rungs(judged: Sequence[Row]) -> tuple[RungCount, ...]:
    before = Counter(row.first_rung for row in judged)
    after = Counter(row.rung for row in judged)
    count = len(judged) or 1
    return tuple(
        RungCount(
            rung=rung.name,
            before=before[rung.name],
            after=after[rung.name],
            share_before=before[rung.name] / count,
            share_after=after[rung.name] / count,
        )
        for rung in Rung
    )


def _mended_by(rows: Sequence[Row]) -> MendedBy:
    runs = [row for row in rows if row.runs]
    mended = [(row.fixers.accepted > 0, row.model_edits.accepted > 0) for row in runs if not row.ran_first]
    return MendedBy(
        nothing=len(runs) - len(mended) + mended.count((False, False)),
        fixers=mended.count((True, False)),
        model=mended.count((False, True)),
        both=mended.count((True, True)),
    )


def _classes(rows: Sequence[Row]) -> tuple[ClassCount, ...]:
    """In the order in which they first appear; none where the manifest names none."""
    groups = dict.fromkeys(row.group for row in rows)
    if set(groups) == {""}:
        return ()
    return tuple(_class(name, [row for row in rows if row.group == name]) for name in groups)


def _class(name: str, rows: Sequence[Row]) -> ClassCount:
    repaired = [row for row in rows if row.runs and not row.ran_first]
    pairs = [
        (row.lines.reduced.total, row.minimum) for row in repaired if row.lines is not None and row.minimum is not None
    ]
    return ClassCount(
        name=name,
        entries=len(rows),
        failing=sum(row.is_judged and not row.ran_first for row in rows),
        repaired=len(repaired),
        as_expected=sum(not row.unexpected for row in rows),
        reduced=sum(lines for lines, _ in pairs),
        minimum=sum(least for _, least in pairs),
        compared=len(pairs),
        at_minimum=sum(lines <= least for lines, least in pairs),
        fixers=_summed(row.fixers for row in rows),
        model_edits=_summed(row.model_edits for row in rows),
    )
