"""RESULTS.md, made from the results alone; so a figure in it is always one that was measured, with its command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.results import Results, Section, Series, Table, Target
from benchmarks.stats import figure, ratio, ratio_text, seconds_text

HEAD = """# Results of the benchmarks

Made by `make bench` from `results.json`; not written by hand. [README.md](README.md) says what is measured and how.
Figures are medians, with the least and the greatest beside them below; contestants take turns within every round, so
that what disturbs the machine disturbs all of them."""
COLUMNS = ("measurement", "figure", "limit", "measured", "", "beside it")


def render(results: Results) -> str:
    """The whole file."""
    parts = [HEAD, _machines(results.sections), _overview(results.sections), _missed(results.sections)]
    parts += [_section(one) for one in results.sections]
    return "\n\n".join(part for part in parts if part) + "\n"


def _machines(sections: Sequence[Section]) -> str:
    """What was measured where."""
    measured: dict[str, list[str]] = {}
    for one in sections:
        if one.machine:
            measured.setdefault(one.machine.line(), []).append(one.title)
    if len(measured) == 1:
        return f"Machine: {next(iter(measured))}."
    lines = [f"- {', '.join(titles)}: {machine}." for machine, titles in measured.items()]
    return "Measured on several machines; what is compared with each other, on one:\n\n" + "\n".join(lines)


def _overview(sections: Sequence[Section]) -> str:
    rows: list[tuple[str, ...]] = [
        (f"[{one.title}](#{anchor(one.title)})", *_target(target)) for one in sections for target in one.targets
    ]
    rows += [(one.title, "-", "-", "-", "**not measured**", one.failed) for one in sections if one.failed]
    return "## Summary\n\n" + markdown(COLUMNS, rows) if rows else ""


def anchor(title: str) -> str:
    """Where a heading is found on its page, as GitHub makes it of the title's words."""
    return "".join(one for one in title.lower().replace(" ", "-") if one.isalnum() or one == "-")


def _target(target: Target) -> tuple[str, ...]:
    value = "-" if target.value is None else figure(target.value, target.unit)
    held = "**not measured**" if target.value is None else "held" if target.met else "**missed**"
    return target.what, f"{target.sense} {figure(target.limit, target.unit)}", value, held, target.beside or "-"


def _missed(sections: Sequence[Section]) -> str:
    """Of each figure that is missed: what the floor is."""
    missed = [(one, target) for one in sections for target in one.targets if target.value is not None]
    lines = [
        f"- {section.title}, {target.what}: {target.floor or 'no floor was measured.'}"
        for section, target in missed
        if not target.met
    ]
    return "**Missed, and what the floor is here**\n\n" + "\n".join(lines) if lines else ""


def _section(section: Section) -> str:
    took = f"{section.date}, {seconds_text(section.seconds)} in all" if section.date else ""
    parts = [f"## {section.title}", section.method, f"`{section.command}`" + (f" ({took})" if took else "")]
    if section.failed:
        parts.append(f"Not measured: {section.failed}")
    parts += [_table(table) for table in section.tables]
    if section.notes:
        parts.append("\n".join(f"- {note}" for note in section.notes))
    return "\n\n".join(parts)


def _table(table: Table) -> str:
    title = f"**{table.title}**\n\n" if table.title else ""
    if table.rows:
        return title + markdown(table.columns, table.rows)
    base = next((one.spread.median for one in table.series if one.name == table.base and one.spread), None)
    has_notes = any(one.note or one.failures for one in table.series)
    columns = ["", "median", "least to greatest", "values"]
    columns += [f"to {table.base}"] if table.base else []
    columns += ["remarks"] if has_notes else []
    rows = []
    for one in table.series:
        cells = [one.name, *_cells(one)]
        if table.base:
            spread = one.spread
            cells.append(ratio_text(ratio(spread.median, base) if spread and base is not None else None))
        if has_notes:
            cells.append(remarks(one))
        rows.append(tuple(cells))
    return title + markdown(columns, rows)


def _cells(series: Series) -> tuple[str, str, str]:
    spread = series.spread
    if spread is None:
        return "-", "-", "0"
    least, most = figure(spread.least, series.unit), figure(spread.most, series.unit)
    return figure(spread.median, series.unit), f"{least} to {most}", str(spread.count)


def remarks(series: Series) -> str:
    """Its note, and each reason for a missing value with how often it was given."""
    counted = {reason: series.failures.count(reason) for reason in dict.fromkeys(series.failures)}
    said = [reason if times == 1 else f"{reason} ({times} times)" for reason, times in counted.items()]
    return "; ".join(filter(None, [series.note, *said]))


def markdown(columns: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """A table. What would break it in a cell (a line's end, a bar) is replaced."""
    lines = [list(columns), *[[" ".join(cell.replace("|", "/").split()) for cell in row] for row in rows]]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
