"""Edit to result: write one file of a tree of thirteen, run the program, read its result."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from benchmarks.child import Child, ContestantFailed
from benchmarks.frame import CONTESTANTS, P2C, PEERS, Bench, Line, Measurement, Turn, interleave
from benchmarks.held import PROBE, held_table
from benchmarks.resident import Resident
from benchmarks.results import Section, Series, Table, Target, best
from benchmarks.stats import Spread, seconds_text
from benchmarks.trees import ARGV, EDITED, edited, small
from sandbox.runner.variables import variables

ROUNDS = 20
IN_A_ROW = 10
ROUNDS_IN_A_ROW = 5
ABOVE_SECONDS = 0.008
OWN = "own time"
OWN_WITH_BYTECODE = "own time, bytecode kept"
SUPERVISOR = "own time, as p2c's supervisor took it"
ABOVE = "p2c above the program's own time"
PAIRED = "the same, each run against its own program's time"

METHOD = """A file of a tree of thirteen is written, the program runs, and the last line that it printed is parsed as
JSON (it must carry the number that was just written). The time is taken in each contestant's own process
around its own calls, so the talk with the bench is not in it; before each turn what works in the
background is waited for. *Own time* is the program's process alone, timed from inside a container that
stays, with the same image and the same variables as p2c's run. p2c has a fresh, fully hardened container
for every run, which is made while nothing runs: the third table has what that costs when there is no pause.
Each contestant is used as its documentation shows, with its defaults; some can be told to hold a program
closer. What they hold it to is in the second table, as a program inside saw it in its second run.
In the last table the edited file keeps its length and ten edits follow each other at once: where the
compiled modules of the last run are still there, Python may take them for the new file's (same size,
same second), and the *old* program runs."""


def measure(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    files = small() | {PROBE: (CONTESTANTS / "probe.py").read_text()}
    with ExitStack() as stack:
        line = stack.enter_context(bench.line_up((P2C, *PEERS), files))
        own = {name: stack.enter_context(Resident(bench.images.tag("own"))) for name in (OWN, OWN_WITH_BYTECODE)}
        for resident in own.values():
            resident.write(files)
        said: dict[str, list[dict[str, Any]]] = {name: [] for name in line.children}
        turns = {name: _turn(child, said[name]) for name, child in line.children.items()}
        turns |= {name: _alone(resident, keeps=name == OWN_WITH_BYTECODE) for name, resident in own.items()}
        for turn in turns.values():
            _warm(turn)
        series = interleave(turns, bench.times(ROUNDS), "s", bench.say)
        series |= _absent(line) | {SUPERVISOR: _supervised(said.get(P2C.name, []))}
        held = held_table(bench, line.children)
        bench.say(f"{IN_A_ROW} edits in a row")
        row_turns = {name: _in_a_row(child) for name, child in line.children.items()}
        in_a_row = interleave(row_turns, min(ROUNDS_IN_A_ROW, bench.times(ROUNDS_IN_A_ROW)), "s", bench.say)
        stale_rows = [(name, _stale(child)) for name, child in line.children.items()]
    return _section(series, in_a_row, held, stale_rows)


def _turn(child: Child, said: list[dict[str, Any]]) -> Turn:
    def turn(number: int) -> float:
        child.ask("settle")
        answer = _edit(child, number)
        said.append(answer)
        return float(answer["seconds"])

    return turn


def _edit(child: Child, number: int) -> dict[str, Any]:
    answer = child.ask("edit", path=EDITED, content=edited(number), argv=ARGV)
    if answer["status"] != 0 or answer["result"].get("number") != number:
        raise ContestantFailed(f"exit status {answer['status']}, and it reported {answer['result']}, not {number}")
    return answer


def _alone(resident: Resident, *, keeps: bool) -> Turn:
    """The program's process, timed inside; with or without the compiled modules of the run before."""
    env = variables(None, 2, {})
    if keeps:
        del env["PYTHONDONTWRITEBYTECODE"]

    def turn(number: int) -> float:
        resident.write({EDITED: edited(number)})
        seconds, output = resident.time(ARGV, env)
        if json.loads(output.splitlines()[-1])["number"] != number:
            raise ContestantFailed("the program that stays alone ran an older file")
        return seconds

    return turn


def _stale(child: Child) -> str:
    """How many of ten edits that keep the length of the file were answered by an older program."""
    stale = 0
    try:
        for number in range(1000, 1000 + IN_A_ROW):
            answer = child.ask("edit", path=EDITED, content=edited(number, same_length=True), argv=ARGV)
            stale += answer["result"].get("number") != number
    except ContestantFailed as error:
        return f"failed: {error}"
    return f"{stale} of {IN_A_ROW}"


def _warm(turn: Callable[[int], float]) -> None:
    """The first run of each is not measured; if it fails, so will the measured ones, with the reason."""
    try:
        turn(-1)
    except ContestantFailed:
        return


def _in_a_row(child: Child) -> Turn:
    """Ten edits with nothing between them: what making the next container costs is then in the time."""

    def turn(number: int) -> float:
        child.ask("settle")
        seconds = [float(_edit(child, 100 * number + one)["seconds"]) for one in range(IN_A_ROW)]
        return sum(seconds) / IN_A_ROW

    return turn


def _absent(line: Line) -> dict[str, Series]:
    return {name: Series(name=name, unit="s", failures=(reason,)) for name, reason in line.absent.items()}


def _supervised(said: list[dict[str, Any]]) -> Series:
    return Series(name=SUPERVISOR, unit="s", values=tuple(one["own_seconds"] for one in said[1:]))


def _section(
    series: Mapping[str, Series],
    in_a_row: Mapping[str, Series],
    held: Table,
    stale_rows: Sequence[tuple[str, ...]],
) -> Section:
    return Section(
        name=MEASUREMENT.name,
        title=MEASUREMENT.title,
        method=METHOD,
        command="",
        tables=(
            Table(title="One edit to its result", series=_ranked(series), base=P2C.name),
            held,
            Table(
                title=f"{IN_A_ROW} edits in a row without a pause, time for each",
                series=_ranked(in_a_row),
                base=P2C.name,
            ),
            Table(
                title="Edits that keep the length of the file: answered by an older program",
                columns=("", "stale answers"),
                rows=tuple(stale_rows),
            ),
        ),
        targets=(*_above(series), *_ahead(series, in_a_row)),
    )


def _above(series: Mapping[str, Series]) -> tuple[Target, ...]:
    """What p2c takes above the program's own time: beside the plain program, and beside the one it ran itself."""
    own, ours, supervised = series[OWN].spread, series[P2C.name].spread, series[SUPERVISOR].spread
    paired = [whole - alone for whole, alone in zip(series[P2C.name].values, series[SUPERVISOR].values, strict=False)]
    floor = ""
    if own and supervised and paired:
        floor = (
            f"the least of any round is {seconds_text(min(paired))}; the program's own process takes "
            f"{seconds_text(own.median)} unlimited and {seconds_text(supervised.median)} in the limits of a run."
        )
    beside = best(series[peer.name] for peer in PEERS)
    above = ours.median - own.median if ours and own else None
    whole = f"in all {seconds_text(ours.median)}; {beside}" if ours and beside else ""

    def target(what: str, value: float | None, beside: str) -> Target:
        limit = ABOVE_SECONDS
        return Target(what=what, unit="s", sense="at most", limit=limit, value=value, beside=beside, floor=floor)

    return target(ABOVE, above, whole), target(PAIRED, Spread.of(paired).median if paired else None, "")


def _ahead(series: Mapping[str, Series], in_a_row: Mapping[str, Series]) -> tuple[Target, ...]:
    """The fastest peer to p2c, by one edit and by ten in a row."""
    targets = []
    for what, found in (("one edit", series), (f"{IN_A_ROW} edits in a row", in_a_row)):
        ours, peers = found.get(P2C.name), [one for peer in PEERS if (one := found.get(peer.name)) and one.spread]
        value = None
        if ours and ours.spread and peers:
            value = min(one.spread.median for one in peers if one.spread) / ours.spread.median
        floor = "a fresh container for each run has to be made: where none is left waiting, the run waits for it."
        targets.append(
            Target(
                what=f"the fastest peer to p2c, {what}",
                unit="ratio",
                sense="at least",
                limit=1.0,
                value=value,
                beside=best(peers),
                floor=floor,
            )
        )
    return tuple(targets)


def _ranked(series: Mapping[str, Series]) -> tuple[Series, ...]:
    """Quickest first, those without a value last."""
    return tuple(sorted(series.values(), key=lambda one: one.spread.median if one.spread else float("inf")))


MEASUREMENT = Measurement("edit", "Edit to result", measure)
