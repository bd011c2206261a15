"""A known verdict: `p2c verify` a second time on a tree that has not changed, as a whole command."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.child import ContestantFailed
from benchmarks.frame import Bench, Measurement, Turn, interleave
from benchmarks.results import Section, Table, Target
from benchmarks.stats import Spread, seconds_text
from benchmarks.trees import edited, small
from sandbox.tree import Tree

ROUNDS = 20
LIMIT_SECONDS = 0.5
FIRST_SECONDS = 300.0
LARGER = 1000
"""Files of the second tree."""
SMALL, LARGE = "p2c verify, unchanged tree of thirteen files", f"p2c verify, unchanged tree of {LARGER} files"
PYTHON, LIBRARIES = "python -c pass", "python, and the libraries that read options and print"
_SAYS_SO = "known since"

METHOD = f"""`p2c verify REPO` has been run once; the same command is run again and says from the tree's key that
nothing has changed. It is timed as a whole: a new process, which starts Python, reads every file of the
tree, and connects to nothing. Beside it the floor: Python that does nothing, and Python that imports the
libraries that any command line here needs (click, pydantic, rich). The answer must have the words *{_SAYS_SO}*."""


def measure(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    with tempfile.TemporaryDirectory(prefix="p2c-bench-") as folder:
        place = Path(folder)
        many = {f"app/more/part_{number:04}.py": edited(number) for number in range(LARGER - len(small()))}
        turns: dict[str, Turn] = {}
        for name, files in ((SMALL, small()), (LARGE, small() | many)):
            bench.say(f"the first {name}")
            turns[name] = _again(place, f"tree-{len(files)}", files)
        turns[PYTHON] = _python("pass")
        turns[LIBRARIES] = _python("import click, pydantic, rich.console")
        for turn in turns.values():  # not measured: it reads the programs' files from the disk
            turn(-1)
        series = interleave(turns, bench.times(ROUNDS), "s", bench.say)
    floors = [
        f"{name} takes {seconds_text(one.spread.median)}"
        for name in (PYTHON, LIBRARIES)
        if (one := series[name]).spread
    ]
    return Section(
        name=MEASUREMENT.name,
        title=MEASUREMENT.title,
        method=METHOD,
        command="",
        tables=(Table(title="The whole command", series=tuple(series.values()), base=SMALL),),
        targets=tuple(
            Target(
                what=name,
                unit="s",
                sense="under",
                limit=LIMIT_SECONDS,
                value=Spread.of(values).median if (values := series[name].values) else None,
                beside="; ".join(floors),
                floor=f"{'; '.join(floors)}.",
            )
            for name in (SMALL, LARGE)
        ),
    )


def _again(place: Path, name: str, files: dict[str, str]) -> Turn:
    """Verify a tree once, and then again in every turn."""
    folder = place / name
    Tree({path: content.encode() for path, content in files.items()}).write(folder)
    program = Path(sys.executable).with_name("p2c")
    out = place / f"{name}.json"
    command: list[str | Path] = [program, "verify", folder, "--smoke", "python main.py", "--no-replay", "-o", out]
    env = os.environ | {"XDG_CACHE_HOME": str(place / "cache")}
    _run(command, env)

    def turn(_number: int) -> float:
        began = time.perf_counter()
        said = _run(command, env)
        seconds = time.perf_counter() - began
        if _SAYS_SO not in said:
            raise ContestantFailed("it was verified anew")
        return seconds

    return turn


def _python(code: str) -> Turn:
    command = [sys.executable, "-c", code]

    def turn(_number: int) -> float:
        began = time.perf_counter()
        _run(command, dict(os.environ))
        return time.perf_counter() - began

    return turn


def _run(command: Sequence[str | Path], env: dict[str, str]) -> str:
    """What it printed. Raises ContestantFailed where it does not end with 0."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=FIRST_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ContestantFailed(f"{Path(command[0]).name} was not done after {FIRST_SECONDS:.0f} s") from error
    if done.returncode != 0:
        raise ContestantFailed(f"{Path(command[0]).name} ended with {done.returncode}: {done.stderr[-200:]}")
    return done.stdout


MEASUREMENT = Measurement("known", "Known verdict", measure)
