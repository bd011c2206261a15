"""The repair loop over the broken repositories, with recorded replies: repaired, lines, attempts, class by class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.broken_replies import run_bench, scratch
from benchmarks.broken_set import CLASSES, REPLIES, TIMEOUT, Case, FirstVerdict, cases, first_verdict, write_set
from benchmarks.frame import Bench, Measurement
from benchmarks.results import Section, Table, Target
from p2c.bench.measure import ClassCount, SetStatistics
from p2c.bench.places import RUNS
from p2c.bench.record import End, read_report
from p2c.bench.result import Bench as Result
from p2c.bench.row import Row
from sandbox import Limits, Sandbox, Settings, Verdict, verify
from sandbox.tree import Tree

METHOD = """The small programs of `broken/bases`, each with a described fault (`broken/cases`), written out as plain
folders and given to `p2c bench`; what the fixers do not mend is answered with recorded replies (`broken/replies`), each
written by an author who saw the prompt of its time alone: since then the words of the prompts have changed, and where
they show today what was asked for first, that request is left out. Edits, guards, runs, reduction and replay are real.
The *minimum* is the lines of the known fix. The known fixes are run too, and what a repaired program prints is held
against what the program prints with the known fix: that finds repairs that run and do something else."""
AT_ONCE = 2


def measure(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    chosen = cases()
    with scratch() as name:
        folder = Path(name)
        bench.say(f"{len(chosen)} broken repositories")
        out = folder / "out"
        result = run_bench(write_set(folder / "set", chosen, REPLIES), out)
        rows = {row.name: row for row in result.rows}
        bench.say("the known fixes")
        fixes = verify_fixes(chosen)
        reports = {name: read_report(out / RUNS / name) for name in rows}
        firsts = {name: first_verdict(report.first_verdict) if report else None for name, report in reports.items()}
        prints = {case.name: _printed(case, rows[case.name], out, fixes) for case in chosen}
    return section(chosen, result, fixes, prints, firsts)


def verify_fixes(chosen: Iterable[Case]) -> Mapping[str, Verdict]:
    """The verdict on each repository with its known fix, by case; like ones are run once."""
    wanted = [case for case in chosen if case.ending == "verified"]
    trees = {case.name: case.fixed() for case in wanted}
    alike = {(trees[case.name].digest(), case.smoke): (trees[case.name], case.smoke) for case in wanted}
    with Sandbox.open(Settings()) as sandbox, ThreadPoolExecutor(AT_ONCE) as pool:

        def run(one: tuple[Tree, str]) -> Verdict:
            settings = Settings(smoke=one[1], limits=Limits(wall_seconds=TIMEOUT), replay=False)
            return verify(one[0], settings, sandbox=sandbox)

        verdicts = dict(zip(alike, pool.map(run, alike.values()), strict=True))
    return {case.name: verdicts[trees[case.name].digest(), case.smoke] for case in wanted}


def _printed(case: Case, row: Row, out: Path, fixes: Mapping[str, Verdict]) -> bool | None:
    """Whether the repaired program prints what it prints with the known fix; None where it was not repaired."""
    report = read_report(out / RUNS / row.name) if row.runs else None
    fixed = fixes.get(case.name)
    if report is None or report.verdict.smoke is None or fixed is None or fixed.smoke is None:
        return None
    return report.verdict.smoke.stdout == fixed.smoke.stdout


def section(
    chosen: Sequence[Case],
    result: Result,
    fixes: Mapping[str, Verdict],
    prints: Mapping[str, bool | None],
    firsts: Mapping[str, FirstVerdict | None],
) -> Section:
    """Tables and targets of a run over the cases.

    Args:
        fixes: verdicts on the known fixes, by case.
        prints: whether a repaired case prints what the known fix prints, by case.
        firsts: what the sandbox said of a case before anything was mended, by case; None where it said nothing.
    """
    may_be_absent = {case.name for case in chosen if case.needs_torch}
    absent = [row.name for row in result.rows if row.end is End.infrastructure and row.name in may_be_absent]
    rows = [row for row in result.rows if row.name not in absent]
    others = [case for case in chosen if case.name not in absent and firsts[case.name] != case.first]
    wrong = [row for row in rows if row.unexpected]
    other = sorted(name for name, same in prints.items() if same is False)
    notes = [
        *(f"{row.name}: {'; '.join(row.unexpected)}: {row.message}" for row in wrong),
        *(f"{name}: left out, as what it needs could not be had here" for name in absent),
        *(f"{case.name}: its first verdict is {firsts[case.name]}, not {case.first}" for case in others),
        *([f"repaired, and prints something else than with the known fix: {', '.join(other)}"] if other else []),
        *above_minimum(rows),
    ]
    return Section(
        name=MEASUREMENT.name,
        title=MEASUREMENT.title,
        method=METHOD,
        command="",
        tables=(by_class(result.statistics, prints, chosen), overall(result.statistics)),
        targets=targets(rows, fixes, len(others)),
        notes=tuple(notes),
    )


def by_class(statistics: SetStatistics, prints: Mapping[str, bool | None], chosen: Sequence[Case]) -> Table:
    """A row a class, in the set's order, and one for all."""
    kinds = {case.name: case.kind for case in chosen}
    lines = []
    for one in sorted(statistics.classes, key=lambda found: list(CLASSES).index(found.name)):
        said = [same for name, same in prints.items() if kinds[name] == one.name and same is not None]
        lines.append(_line(one.name, [one], said))
    lines.append(_line("all", statistics.classes, [same for same in prints.values() if same is not None]))
    return Table(title="By class of failure", columns=_COLUMNS, rows=tuple(lines))


_COLUMNS = (
    "class", "repositories", "repaired", "as it should end", "lines", "known minimum", "at the minimum",
    "edits of fixers", "edits of the model", "prints the same",
)  # fmt: skip


def _line(name: str, found: Sequence[ClassCount], prints: Sequence[bool]) -> tuple[str, ...]:
    entries = sum(one.entries for one in found)
    compared = sum(one.compared for one in found)
    fixers, model = ([getattr(one, origin) for one in found] for origin in ("fixers", "model_edits"))
    return (
        name,
        str(entries),
        str(sum(one.repaired for one in found)),
        f"{sum(one.as_expected for one in found)} of {entries}",
        str(sum(one.reduced for one in found)) if compared else "-",
        str(sum(one.minimum for one in found)) if compared else "-",
        f"{sum(one.at_minimum for one in found)} of {compared}" if compared else "-",
        *(f"{sum(one.accepted for one in edits)} of {sum(one.tried for one in edits)}" for edits in (fixers, model)),
        f"{sum(prints)} of {len(prints)}" if prints else "-",
    )


def overall(statistics: SetStatistics) -> Table:
    """Who mended, how many lines, and the share of the repositories at each rung before and after."""
    mended, lines = statistics.mended_by, statistics.repaired
    rows = [
        ("mended by fixers alone", str(mended.fixers)),
        ("by the model alone", str(mended.model)),
        ("by both", str(mended.both)),
    ]
    if lines is not None:
        reduced = lines.reduced
        rows += [
            (
                "lines a repaired repository",
                f"mean {reduced.mean:.2f}, median {reduced.median:g}, most {reduced.most:g}",
            ),
            ("share of its lines", f"mean {lines.share.mean:.2%}, median {lines.share.median:.2%}"),
            ("lines before the reduction (net), and all edits (gross)", f"{lines.net.total:g}, {lines.gross.total:g}"),
        ]
    rows += [(f"rung {one.rung}, before and after", f"{one.before}, {one.after}") for one in statistics.rungs]
    return Table(title="The whole set", columns=("", "figure"), rows=tuple(rows))


def above_minimum(rows: Iterable[Row]) -> list[str]:
    """The repaired repositories that took more lines than the known fix, in one line."""
    found = [
        f"{row.name} {row.lines.reduced.total} ({row.minimum})"
        for row in rows
        if row.runs and row.lines and row.minimum is not None and row.lines.reduced.total > row.minimum
    ]
    return [f"more lines than the known minimum (in brackets): {', '.join(found)}"] if found else []


def targets(rows: Sequence[Row], fixes: Mapping[str, Verdict], otherwise: int) -> tuple[Target, ...]:
    """What is promised of the set, of which `otherwise` cases fail at first in another way than is said."""
    repaired = [row for row in rows if row.runs and row.lines and row.minimum is not None]
    lines = sum(row.lines.reduced.total for row in repaired if row.lines)
    least = sum(row.minimum or 0 for row in repaired)
    ended = sum(not row.unexpected for row in rows)
    runs = sum(verdict.verified for verdict in fixes.values())
    count = max(1, len(rows))
    return (
        _share("broken repositories that end as they should", ended / count, 0.95),
        _share("faults that fail as is said: outcome, rung, kind, exception", 1 - otherwise / count, 1.0),
        _share("known fixes that run", runs / max(1, len(fixes)), 1.0),
        Target(
            what="lines of the repaired ones, to the sum of their known minima",
            unit="ratio",
            sense="at most",
            limit=1.25,
            value=lines / least if least else None,
        ),
    )


def _share(what: str, value: float, limit: float) -> Target:
    return Target(what=what, unit="share", sense="at least", limit=limit, value=value)


MEASUREMENT = Measurement("broken", "The repair loop over broken repositories", measure)
