"""Warm imports: a program that imports torch, with and without the runner importing it ahead."""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import ExitStack
from typing import Any

from benchmarks.child import Child, ContestantFailed
from benchmarks.frame import Bench, Measurement, Turn, interleave, parts
from benchmarks.resident import Resident
from benchmarks.results import Section, Series, Table, Target
from benchmarks.stats import seconds_text
from benchmarks.trees import EDITED, edited
from benchmarks.volumes import own_volume
from sandbox.runner.variables import variables

ROUNDS = 10
PAUSE_SECONDS = 2.0
AHEAD_SECONDS = 30.0
ABOVE_SECONDS = 0.2
AHEAD, WITHOUT, INSIDE = "p2c, imported ahead", "p2c", "the program alone, import included"
OWN = "the program alone, less its import"

METHOD = f"""A program imports torch, trains a small model for a few steps and prints a result; one line of it is
edited before every run. *Imported ahead*: the waiting container had imported torch before the job came
(as it said itself; at least {PAUSE_SECONDS:.0f} s lie between two runs, as they do while a person or a
model thinks). The program alone is timed inside a container that stays, with the same environment and
variables; its import is timed by the program."""

_MAIN = """import time

began = time.perf_counter()
import torch

took = time.perf_counter() - began

import json

from app.step import NUMBER

model = torch.nn.Linear(16, 4)
optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(20):
    loss = model(torch.ones(8, 16)).pow(2).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
print(json.dumps({"number": NUMBER, "loss": loss.item(), "import": took}))
"""


def measure(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    files = {"main.py": _MAIN, EDITED: edited(-1), "app/__init__.py": ""}
    with ExitStack() as stack:
        cache = stack.enter_context(tempfile.TemporaryDirectory(prefix="p2c-bench-"))
        volume = stack.enter_context(own_volume(bench.client))
        child = stack.enter_context(parts(cache))
        bench.say("making an environment with torch")
        child.ask("open", volume=volume, files=files)
        key = str(child.ask("environment", 1200, names=["torch"])["key"])
        resident = stack.enter_context(Resident(bench.images.tag("by-hand"), ["-v", f"{volume}:/store:ro"]))
        resident.write(files)
        own: list[float] = []
        turns: dict[str, Turn] = {
            AHEAD: _turn(child, key, ["torch"]),
            WITHOUT: _turn(child, key, []),
            INSIDE: _inside(resident, key, own),
        }
        for turn in turns.values():  # not measured: it reads the files from the disk, and warms the runners
            turn(-1)
        own.clear()
        series = interleave(turns, bench.times(ROUNDS), "s", bench.say)
    series[OWN] = Series(name=OWN, unit="s", values=tuple(own))
    return _section(series)


def _turn(child: Child, key: str, preload: list[str]) -> Turn:
    def turn(number: int) -> float:
        child.ask("settle")
        time.sleep(PAUSE_SECONDS)
        child.ask("change", changes={EDITED: edited(number)})
        if preload and number >= 0:
            return _ahead(child, key, preload, number)
        return float(_job(child, key, preload, number)["seconds"])

    return turn


def _ahead(child: Child, key: str, preload: list[str], number: int) -> float:
    """One run whose container had imported everything; on a busy machine it may take a while to have one."""
    until = time.monotonic() + AHEAD_SECONDS
    while time.monotonic() < until:
        answer = _job(child, key, preload, number)
        if answer["preloaded"]:
            return float(answer["seconds"])
        time.sleep(2 * PAUSE_SECONDS)
    raise ContestantFailed("no waiting container had imported it in time")


def _job(child: Child, key: str, preload: list[str], number: int) -> dict[str, Any]:
    answer = child.ask("job", argv=["python", "main.py"], key=key, preload=preload)
    if answer["status"] != 0:
        raise ContestantFailed(f"exit status {answer['status']}: {answer['output']}")
    if json.loads(answer["output"].splitlines()[-1])["number"] != number:
        raise ContestantFailed("an older program was run")
    return answer


def _inside(resident: Resident, key: str, own: list[float]) -> Turn:
    env = variables(key, 2, {})

    def turn(number: int) -> float:
        resident.write({EDITED: edited(number)})
        seconds, output = resident.time(["python", "main.py"], env)
        own.append(seconds - json.loads(output.splitlines()[-1])["import"])
        return seconds

    return turn


def _section(series: dict[str, Series]) -> Section:
    ahead, own = series[AHEAD].spread, series[OWN].spread
    above = ahead.median - own.median if ahead and own else None
    medians = [f"{name} {seconds_text(one.spread.median)}" for name, one in series.items() if one.spread]
    return Section(
        name=MEASUREMENT.name,
        title=MEASUREMENT.title,
        method=METHOD,
        command="",
        tables=(Table(title="A torch program, edit to result", series=tuple(series.values()), base=WITHOUT),),
        targets=(
            Target(
                what="imported ahead, above the program's own time without the import",
                unit="s",
                sense="at most",
                limit=ABOVE_SECONDS,
                value=above,
                beside="; ".join(medians),
                floor=f"the least of all rounds is {seconds_text(ahead.least)} in all." if ahead else "",
            ),
        ),
    )


MEASUREMENT = Measurement("preload", "Warm imports", measure)
