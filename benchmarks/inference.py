"""Requirement inference against a truth made by hand, beside other finders of imports."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from benchmarks.child import ContestantFailed
from benchmarks.frame import CONTESTANTS, Bench, InputMissing, Measurement
from benchmarks.requirements import PRECISION, RECALL, SECONDS, WRONG, Score, measure, score, total
from benchmarks.results import Section, Table, Target
from benchmarks.stats import share_text
from benchmarks.truth_sources import find_tree
from benchmarks.venvs import NoEnvironment, python_of
from sandbox.requirements import infer
from sandbox.tree import Tree

PEERS = {"pipreqs": "find_pipreqs.py", "deptry": "find_deptry.py"}
PEER_SECONDS = 300.0

METHOD = """Precision: right distributions over all that were named and are not optional; recall: satisfied needs
over all; *wrong*: named, not needed, and installable. The time is for 100,000 lines of Python, of one
core for p2c (which waits for nothing) and on the clock for the others. p2c reads imports and
declarations, and names what the imports need; pipreqs finds and maps imports, deptry says which imported
modules are not declared (none is; a module counts as the distribution of its name). Neither asks the
index here; where a list of the index's names was given, what is not on it is taken from their answers,
as pipreqs would do after asking."""


@dataclass
class _Sum:
    """One finder's scores over all repositories."""

    scores: list[Score] = field(default_factory=list)
    seconds: float = 0.0
    failures: int = 0


def run(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    if not bench.inputs.get("truth") or not bench.inputs.get("repos"):
        raise InputMissing("name a truth and its repositories: --truth FILE --repos DIR (see README.md)")
    truth: dict[str, Any] = json.loads(Path(bench.inputs["truth"][0]).read_text("utf-8"))
    folders = [Path(one) for one in bench.inputs["repos"]]
    exists = _index(bench.inputs.get("index_names", ()))
    pythons, notes = _pythons(bench)
    sums = {name: _Sum() for name in ("p2c", *pythons)}
    lines, absent = 0, []
    infer(Tree({"warm.py": b"import numpy\n"}))
    for name, entry in truth.items():
        tree = find_tree(entry["source"], folders)
        if tree is None:
            absent.append(name)
            continue
        bench.say(name)
        ours = measure(name, tree, entry)
        lines += ours.lines
        sums["p2c"].scores.append(ours.scores["imports"])
        sums["p2c"].seconds += ours.cpu_seconds
        _ask_peers(pythons, tree, entry, exists, sums)
    if not sums["p2c"].scores:
        raise ContestantFailed(
            f"none of the {len(truth)} repositories of the truth lies in the folders that were named"
        )
    notes += [f"not there, so not measured: {', '.join(absent)}"] if absent else []
    notes += [] if exists else ["no list of the index's names was given, so the others' answers were not cut to it"]
    return _section(sums, lines, notes)


def _index(files: Iterable[str]) -> frozenset[str]:
    """The names of the first column of a file."""
    names: set[str] = set()
    for file in files:
        with Path(file).open(encoding="utf-8") as lines:
            names |= {canonicalize_name(line.split("\t")[0].strip()) for line in lines}
    return frozenset(names)


def _pythons(bench: Bench) -> tuple[dict[str, Path], list[str]]:
    found, notes = {}, []
    for name in PEERS:
        try:
            found[name] = python_of(name, bench.say)
        except NoEnvironment as error:
            notes.append(f"{name} was not installed: {error}")
    return found, notes


def _ask_peers(
    pythons: Mapping[str, Path], tree: Tree, entry: Mapping[str, Any], exists: frozenset[str], sums: dict[str, _Sum]
) -> None:
    with tempfile.TemporaryDirectory(prefix="p2c-bench-") as folder:
        root = Path(folder, "repository")
        Tree({path: content for path, content in tree.files.items() if path.endswith(".py")}).write(root)
        root.mkdir(exist_ok=True)
        for name, python in pythons.items():
            command = [python, CONTESTANTS / PEERS[name], root]
            answer = _asked(command)
            names = {canonicalize_name(one) for one in answer["names"]}
            sums[name].scores.append(score(names & exists if exists else names, entry))
            sums[name].seconds += answer["seconds"]
            sums[name].failures += "error" in answer


def _asked(command: Sequence[str | Path]) -> dict[str, Any]:
    """What a peer found; with `error` where it ended otherwise, or not in time."""
    with contextlib.suppress(subprocess.TimeoutExpired, json.JSONDecodeError):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PEER_SECONDS)
        answer: dict[str, Any] = json.loads(done.stdout)
        if done.returncode == 0:
            return answer
    return {"names": [], "seconds": 0.0, "error": "no answer"}


def _section(sums: Mapping[str, _Sum], lines: int, notes: Iterable[str]) -> Section:
    rows = []
    for name, one in sums.items():
        whole = total(one.scores)
        pace = one.seconds / max(1, lines) * 100_000
        cells = [f"{value:.3f}" for value in (whole.precision, whole.recall, whole.f1)]
        rows.append((name, *cells, str(len(whole.wrong)), f"{pace:.2f} s", str(one.failures)))
    ours = total(sums["p2c"].scores)
    others = {name: total(one.scores) for name, one in sums.items() if name != "p2c"}

    def beside(value: Callable[[Score], str]) -> str:
        return "; ".join(f"{name} {value(one)}" for name, one in others.items())

    pace = sums["p2c"].seconds / max(1, lines) * 100_000
    columns = ("", "precision", "recall", "F1", "wrong", "100,000 lines", "repositories it failed on")
    title = f"{len(sums['p2c'].scores)} repositories, {lines} lines, {ours.entries} needs"
    return Section(
        name=MEASUREMENT.name,
        title=MEASUREMENT.title,
        method=METHOD,
        command="",
        tables=(Table(title=title, columns=columns, rows=tuple(rows)),),
        targets=(
            Target(
                what="precision",
                unit="share",
                sense="at least",
                limit=PRECISION,
                value=ours.precision,
                beside=beside(lambda one: share_text(one.precision)),
            ),
            Target(
                what="recall",
                unit="share",
                sense="at least",
                limit=RECALL,
                value=ours.recall,
                beside=beside(lambda one: share_text(one.recall)),
            ),
            Target(
                what="wrong but installable",
                unit="count",
                sense="at most",
                limit=WRONG,
                value=len(ours.wrong),
                beside=beside(lambda one: str(len(one.wrong))),
            ),
            Target(what="time for 100,000 lines", unit="s", sense="under", limit=SECONDS, value=pace),
        ),
        notes=tuple(notes),
    )


MEASUREMENT = Measurement("inference", "Requirement inference", run, "--truth FILE --repos DIR --index-names FILE")
