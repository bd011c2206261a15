"""A program that prints a lot: how much memory does the controller take for it?"""

from __future__ import annotations

from typing import Any

from benchmarks.child import Child, ContestantFailed
from benchmarks.frame import P2C, PEERS, Bench, Measurement, Turn, interleave
from benchmarks.results import Section, Series, Table, Target, best
from benchmarks.stats import MIB, bytes_text
from benchmarks.trees import FLOOD

ROUNDS = 10
ROUNDS_OF_MORE = 1
SOME, MORE = 100, 1024
"""MiB that are printed."""
SURVIVABLE_BYTES = 300 * MIB
"""A contestant that takes more for `SOME` MiB is not asked for `MORE`."""
RUN_SECONDS = {SOME: 20.0, MORE: 60.0}
LIMIT_BYTES = 20 * MIB

METHOD = f"""A program prints {SOME} MiB (then {MORE} MiB) to its standard output. What is measured is how much the
memory of the contestant's own process grows while it takes that: the peak of its resident set (VmHWM)
less what was resident just before. Processes that a contestant starts beside itself, such as the
`docker` command, are not counted. *kept* is how much of the output the caller was handed. Each has
{RUN_SECONDS[SOME]:.0f} s ({RUN_SECONDS[MORE]:.0f} s) as its time limit; who fails once is not asked again."""


def measure(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    with bench.line_up((P2C, *PEERS), {"flood.py": FLOOD}) as line:
        absent = {name: Series(name=name, unit="bytes", failures=(why,)) for name, why in line.absent.items()}
        said: dict[str, dict[str, Any]] = {}
        turns = {name: _turn(child, SOME, said, name) for name, child in line.children.items()}
        some = interleave(turns, bench.times(ROUNDS), "bytes", bench.say, give_up=1) | absent
        some = {name: _with_note(one, said) for name, one in some.items()}
        bench.say(f"{MORE} MiB")
        able = {name: child for name, child in line.children.items() if _may_try(some[name])}
        turns = {name: _turn(child, MORE, said, name) for name, child in able.items()}
        more = interleave(turns, min(ROUNDS_OF_MORE, bench.times(ROUNDS_OF_MORE)), "bytes", bench.say, give_up=1)
        more = {name: _with_note(one, said) for name, one in more.items()}
        more |= {name: _not_tried(one) for name, one in some.items() if name not in more}
    return Section(
        name=MEASUREMENT.name,
        title=MEASUREMENT.title,
        method=METHOD,
        command="",
        tables=(
            Table(title=f"Growth for {SOME} MiB", series=tuple(some.values())),
            Table(title=f"Growth for {MORE} MiB", series=tuple(more.values())),
        ),
        targets=(_target(some, SOME), _target(more, MORE)),
    )


def _turn(child: Child, mib: int, said: dict[str, dict[str, Any]], name: str) -> Turn:
    argv = ["python3", "flood.py", str(mib)]

    def turn(_number: int) -> float:
        child.ask("settle")
        before = child.ask("forget_peak")["bytes"]
        answer = child.ask("limited", RUN_SECONDS[mib] + 60, argv=argv, limit=RUN_SECONDS[mib])
        peak = child.ask("peak")["bytes"]
        if answer["status"] != 0:
            raise ContestantFailed(answer["said"] or f"exit status {answer['status']}")
        said[name] = answer
        return float(peak - before)

    return turn


def _with_note(series: Series, said: dict[str, dict[str, Any]]) -> Series:
    answer = said.pop(series.name, None)
    if answer is None or not series.values:
        return series
    note = f"{bytes_text(answer['bytes'])} kept, {answer['seconds']:.1f} s in the last round"
    return series.model_copy(update={"note": note})


def _may_try(series: Series) -> bool:
    return series.spread is not None and series.spread.most < SURVIVABLE_BYTES


def _not_tried(series: Series) -> Series:
    spread = series.spread
    reason = f"not run: {SOME} MiB took {bytes_text(spread.most)}" if spread else f"not run: {SOME} MiB failed"
    return series.model_copy(update={"values": (), "failures": (reason,), "note": ""})


def _target(series: dict[str, Series], mib: int) -> Target:
    ours = series[P2C.name].spread
    return Target(
        what=f"p2c's growth for {mib} MiB, the most of all rounds",
        unit="bytes",
        sense="under",
        limit=LIMIT_BYTES,
        value=ours.most if ours else None,
        beside=best(series[peer.name] for peer in PEERS if peer.name in series),
        floor="what is kept of the output, and the pieces on their way.",
    )


MEASUREMENT = Measurement("output", "Output", measure)
