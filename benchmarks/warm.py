"""Warm verify: the environment is known, one line has changed; beside each single check run by hand."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.child import Child, ContestantFailed
from benchmarks.frame import Bench, Measurement, Turn, interleave, parts
from benchmarks.resident import Resident
from benchmarks.results import Section, Series, Table, Target
from benchmarks.stats import Spread, ratio, seconds_text
from benchmarks.trees import EDITED, IMPORT_ALL, edited, numerical
from benchmarks.volumes import own_volume
from sandbox.inside.typecheck import OPTIONS
from sandbox.runner.variables import variables
from sandbox.verdict import Rung

ROUNDS = 10
RATIO = 1.3
VERIFY_SECONDS = 300.0
PROGRAMS = {"a program of under a second": 150, "a program of some two seconds": 3500}
WITHOUT, WITH, COMMAND = "verify, without the replay", "verify", "p2c verify --no-replay, the whole command"
BY_HAND = ("import", "ruff", "mypy", "smoke")

METHOD = """One line of a tree of thirteen files (NumPy, a program that trains and writes its metrics) is changed,
and the tree is verified: parse, requirements, imports, ruff, mypy and the smoke run, with and without
the replay in a brand-new environment. Beside it each check by hand, timed inside a container that stays,
with the same image, environment and variables: importing every module, `ruff check`, mypy with the
sandbox's options and its cache kept, and the program itself. The ratio is to the slowest of these. *The
whole command* is `p2c verify` in a process of its own, which starts Python, connects and warms a
container first."""

_MYPY = ("mypy", *OPTIONS, "--cache-dir=/tmp/mypy", ".")


def measure(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    tables, targets, notes = [], [], []
    for title, steps in PROGRAMS.items():
        series, said = _program(bench, steps)
        slowest = max(
            (one for name in BY_HAND if (one := series[name]).spread), key=lambda one: Spread.of(one.values).median
        )
        tables.append(
            Table(title=f"{title}; slowest by hand: {slowest.name}", series=tuple(series.values()), base=slowest.name)
        )
        for name in (WITHOUT, WITH):
            spread = series[name].spread
            by_hand = Spread.of(slowest.values).median
            targets.append(
                Target(
                    what=f"{name}, {title}",
                    unit="ratio",
                    sense="at most",
                    limit=RATIO,
                    value=ratio(spread.median, by_hand) if spread else None,
                    beside=f"{_took(name, spread)}{slowest.name} by hand {seconds_text(by_hand)}",
                    floor=f"its steps, one in the other's time where they run side by side: {_steps(said[name])}."
                    if name in said
                    else "",
                )
            )
        notes += [f"{title}: steps of the last {name}: {_steps(steps)}" for name, steps in said.items()]
    return Section(
        name=MEASUREMENT.name, title=MEASUREMENT.title, method=METHOD, command="",
        tables=tuple(tables), targets=tuple(targets), notes=tuple(notes),
    )  # fmt: skip


def _took(name: str, spread: Spread | None) -> str:
    return f"{name} {seconds_text(spread.median)}; " if spread else ""


def _steps(steps: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in steps.items())


def _program(bench: Bench, steps: int) -> tuple[dict[str, Series], dict[str, Mapping[str, float]]]:
    files = numerical(steps)
    said: dict[str, Mapping[str, float]] = {}
    with ExitStack() as stack:
        cache = stack.enter_context(tempfile.TemporaryDirectory(prefix="p2c-bench-"))
        volume = stack.enter_context(own_volume(bench.client))
        child = stack.enter_context(parts(cache))
        bench.say("making the environment")
        child.ask("open", volume=volume, files=files)
        key = str(_verify(child, -2, replay=True)["key"])
        resident = stack.enter_context(Resident(bench.images.tag("by-hand"), ["-v", f"{volume}:/store:ro"]))
        resident.write(files)
        turns: dict[str, Turn] = {name: _by_hand(resident, name, key) for name in BY_HAND}
        turns |= {WITHOUT: _turn(child, said, WITHOUT), WITH: _turn(child, said, WITH)}
        turns[COMMAND] = _command(files, cache)
        for number, turn in enumerate(turns.values()):  # not measured: it fills every cache
            turn(-10 - number)
        return interleave(turns, bench.times(ROUNDS), "s", bench.say), said


def _verify(child: Child, number: int, *, replay: bool) -> dict[str, Any]:
    child.ask("settle")
    answer = child.ask("verify", VERIFY_SECONDS, changes={EDITED: edited(number)}, replay=replay, place="bench")
    if answer["rung"] < Rung.runs:
        raise ContestantFailed(f"the verdict is: {answer['summary']}")
    return answer


def _turn(child: Child, said: dict[str, Mapping[str, float]], name: str) -> Turn:
    def turn(number: int) -> float:
        answer = _verify(child, 2 * number + (name == WITH), replay=name == WITH)
        said[name] = answer["steps"]
        return float(answer["seconds"])

    return turn


def _by_hand(resident: Resident, name: str, key: str) -> Turn:
    python = ["python", "-c", IMPORT_ALL] if name == "import" else ["python", "main.py"]
    argv = {"ruff": ["ruff", "check", "--exit-zero", "."], "mypy": list(_MYPY)}.get(name, python)
    env = variables(None if name in ("ruff", "mypy") else key, 2, {})

    def turn(number: int) -> float:
        resident.write({EDITED: edited(1000 + number)})
        return resident.time(argv, env, may_fail=name == "mypy")[0]

    return turn


def _command(files: Mapping[str, str], cache: str) -> Turn:
    folder = Path(cache) / "repository"

    def turn(number: int) -> float:
        for path, content in {**files, EDITED: edited(5000 + number)}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
        out = Path(cache) / "verdict.json"
        options = ["--smoke", "python main.py", "--no-replay", "-q", "-o", str(out)]
        command: list[str | Path] = [Path(sys.executable).with_name("p2c"), "verify", folder, *options]
        began = time.perf_counter()
        env = os.environ | {"XDG_CACHE_HOME": cache}
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=VERIFY_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise ContestantFailed(f"p2c verify was not done after {VERIFY_SECONDS:.0f} s") from error
        seconds = time.perf_counter() - began
        if done.returncode != 0:
            raise ContestantFailed(f"p2c verify ended with {done.returncode}: {(done.stderr or done.stdout)[-200:]}")
        return seconds

    return turn


MEASUREMENT = Measurement("warm", "Warm verify", measure)
