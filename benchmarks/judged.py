"""Outcomes: what p2c says of real generated repositories, beside what a person found by reading them."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.child import ContestantFailed
from benchmarks.frame import Bench, InputMissing, Measurement
from benchmarks.outcomes import TARGET
from benchmarks.results import Section, Table, Target

RUN_SECONDS = 3 * 3600.0
_RIGHT = re.compile(r"^(?P<what>outcome|everything) right: (?P<right>\d+) of (?P<all>\d+)", re.MULTILINE)

METHOD = """Real repositories that models wrote, each judged by a person who read it (`outcomes.toml`, with its
source and the reason); p2c verifies each, and its outcome is held against the judgement. *Everything*
means the outcome and each of rung, what is missing, exception, file and line that the judgement names.
`python -m benchmarks.outcomes` prints every case that differs."""


def measure(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    folders = bench.inputs.get("cases", ())
    if not folders:
        raise InputMissing("name the folders of the judged repositories: --cases DIR (see README.md)")
    notes = tuple(_kept(Path(one)) for one in bench.inputs.get("verdicts", ()))
    command = [sys.executable, "-m", "benchmarks.outcomes"]
    for option, values in (("--repos", folders), *((f"--{one}", bench.inputs.get(one, ())) for one in _OPTIONS)):
        command += [word for value in values for word in (option, value)]
    bench.say("verifying the judged repositories; what is kept in --verdicts is not verified again")
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=RUN_SECONDS)
    found = {match["what"]: (int(match["right"]), int(match["all"])) for match in _RIGHT.finditer(done.stdout)}
    if "outcome" not in found:
        raise ContestantFailed(f"no figure came: {' '.join(done.stdout.split())[-200:]}")
    rows = tuple((what, str(right), str(count), f"{right / count:.1%}") for what, (right, count) in found.items())
    right, count = found["outcome"]
    return Section(
        name=MEASUREMENT.name,
        title=MEASUREMENT.title,
        method=METHOD,
        command="",
        tables=(Table(title="", columns=("right is", "right", "judged", "share"), rows=rows),),
        targets=(
            Target(what="outcomes that are right", unit="share", sense="at least", limit=TARGET, value=right / count),
        ),
        notes=notes,
    )


def _kept(folder: Path) -> str:
    """Whether the verdicts are of this run."""
    times = [file.stat().st_mtime for file in folder.glob("*.json")]
    if not times:
        return "every verdict is of this run"
    oldest = datetime.fromtimestamp(min(times), UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{len(times)} verdicts were there from earlier runs, the oldest of {oldest}; they were not made again"


_OPTIONS = ("without", "verdicts")

MEASUREMENT = Measurement("outcomes", "Outcomes of judged repositories", measure, "--cases DIR --verdicts DIR")
