"""Verifies at once: two, then eight processes, some of which need the same environment; beside each of them alone."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from benchmarks.child import Child
from benchmarks.frame import Bench, Measurement, parts
from benchmarks.images import containers_of
from benchmarks.results import Section, Series, Table, Target
from benchmarks.stats import Spread, seconds_text
from benchmarks.trees import numerical
from benchmarks.volumes import own_volume

ROUNDS = 2
AT_ONCE = (2, 8)
VERIFY_SECONDS = 600.0
STEPS = 150

METHOD = f"""{max(AT_ONCE)} repositories: programs that run, and ones that raise, lack a data file, lack a module, or
want an argument; they need three environments between them. Each is verified alone first, one after the other,
over an empty store: that is what it is held against. Then {" and ".join(map(str, AT_ONCE))} are verified at once, each
by a process of its own (so nothing is shared but the engine, the store and this user's cache), replay included,
over a store that is empty again. *Built* is how often an environment was made, the replays' own aside; a verdict
*differs* where its outcome, rung, failure, findings, what is missing or the lock of its environment does."""

_CRASH = "\nraise KeyError('rate')\n"
_DATA = "\nwith open('data/train.csv', encoding='utf-8') as file:\n    print(file.read())\n"
_MODULE = "\nfrom app.never_written import helper\nprint(helper())\n"
_ARGUMENT = "\nimport sys\nif len(sys.argv) < 2:\n    sys.exit('usage: main.py CONFIG')\n"
_NEEDS = ("numpy\n", "numpy\npyyaml\n", "numpy\ntabulate\n")


def trees() -> tuple[dict[str, str], ...]:
    """The repositories; the first two need the same environment."""
    extras = ("", _CRASH, "", _DATA, "", _MODULE, "", _ARGUMENT)
    needs = (0, 0, 1, 1, 2, 2, 0, 1)
    found = []
    for number, (extra, need) in enumerate(zip(extras, needs, strict=True)):
        files = numerical(STEPS + number)
        found.append(files | {"main.py": files["main.py"] + extra, "requirements.txt": _NEEDS[need]})
    return tuple(found)


@dataclass(frozen=True)
class Together:
    """What came of some verifies.

    Attributes:
        seconds: until the last was done.
        each: seconds of each.
        said: what of each verdict must not differ.
        needed: environments that they need.
            built: how often one was made.
        left: containers of these processes that were there after their end.
    """

    seconds: float
    each: tuple[float, ...]
    said: tuple[str, ...]
    needed: int
    built: int
    left: int


def measure(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    wanted = trees()
    bench.say("each alone")
    alone = _verified(bench, wanted, at_once=False)
    rounds = bench.times(ROUNDS)
    found: dict[int, list[Together]] = {count: [] for count in AT_ONCE}
    for number in range(rounds):
        for count in AT_ONCE:
            bench.say(f"{count} at once, round {number + 1} of {rounds}")
            found[count].append(_verified(bench, wanted[:count], at_once=True))
    return _section(alone, found)


def _verified(bench: Bench, wanted: Sequence[dict[str, str]], *, at_once: bool) -> Together:
    """Verify all of them over an empty store, in as many processes."""
    with tempfile.TemporaryDirectory(prefix="p2c-bench-") as cache, own_volume(bench.client) as volume:
        with ExitStack() as stack:
            children = [stack.enter_context(parts(cache)) for _ in wanted]
            for child, files in zip(children, wanted, strict=True):
                child.ask("open", volume=volume, files=files)
            with ThreadPoolExecutor(len(children) if at_once else 1) as threads:
                began = time.perf_counter()
                answers = list(threads.map(_verify, children, range(len(children))))
                seconds = time.perf_counter() - began
        left = sum(len(containers_of(bench.client, child.pid)) for child in children)
    return Together(
        seconds=seconds,
        each=tuple(float(one["seconds"]) for one in answers),
        said=tuple(json.dumps(one["said"], sort_keys=True) for one in answers),
        needed=len({one["key"] for one in answers if one["key"]}),
        built=sum(not one["reused"] for one in answers if one["key"]),
        left=left,
    )


def _verify(child: Child, number: int) -> dict[str, Any]:
    return child.ask("verify", VERIFY_SECONDS, changes={}, replay=True, place=f"bench-together-{number}")


def _section(alone: Together, found: dict[int, list[Together]]) -> Section:
    rows, series, targets = [], [], []
    for count, rounds in found.items():
        differs = max(sum(a != b for a, b in zip(one.said, alone.said, strict=False)) for one in rounds)
        twice = max(one.built - one.needed for one in rounds)
        left = max(one.left for one in rounds)
        outcomes = " ".join(sorted({json.loads(said)["outcome"] for said in alone.said[:count]}))
        needed, built = rounds[-1].needed, max(one.built for one in rounds)
        rows.append((str(count), outcomes, str(needed), str(built), str(differs), str(left)))
        series += [
            Series(name=f"{count} at once, until the last is done", unit="s", values=tuple(r.seconds for r in rounds)),
            Series(name=f"the same {count} one after the other", unit="s", values=(sum(alone.each[:count]),)),
        ]
        in_a_row = f"one after the other they take {seconds_text(sum(alone.each[:count]))}"
        took = f"all are done after {seconds_text(Spread.of([one.seconds for one in rounds]).median)}; {in_a_row}"
        for what, value in (
            ("verdicts that differ from a run alone", differs),
            ("environments made more than once", twice),
            ("containers left", left),
        ):
            targets.append(
                Target(
                    what=f"{count} at once: {what}", unit="count", sense="at most", limit=0, value=value, beside=took
                )
            )
    columns = ("at once", "outcomes", "environments needed", "built", "verdicts that differ", "containers left")
    return Section(
        name=MEASUREMENT.name,
        title=MEASUREMENT.title,
        method=METHOD,
        command="",
        tables=(
            Table(title="What came of them, the worst of all rounds", columns=columns, rows=tuple(rows)),
            Table(title="How long it took", series=tuple(series)),
        ),
        targets=tuple(targets),
    )


MEASUREMENT = Measurement("together", "Verifies at once", measure)
