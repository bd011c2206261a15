"""Requirement inference against a truth made by hand: precision, recall, F1, wrong packages, time.

    python -m benchmarks.requirements --truth truth.json --repos DIR [--repos DIR]

`--truth` is a JSON object: name -> `source` (`repository`, `commit`, `path`, or `sdist`), `required` and `optional`
(lists of accepted alternates, normalised), `unsatisfiable`. `--repos` holds the repositories as `truth_sources.py`
finds them; one that is not there is named and left out.

A prediction is a distribution that `infer` names for an import statement. It is right where an entry of `required`
lists it; one that `optional` lists counts neither way; setuptools, pip and wheel are ignored. Precision: right
predictions over all that are not optional. Recall: satisfied entries of `required` over all. What a repository
merely declares is its own word and what a submodule implies answers no import, so these are counted apart.
Every wrong prediction counts as installable, for each name that `infer` can give is a published distribution's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.truth_sources import find_tree
from sandbox.requirements import Inference, infer
from sandbox.tree import Tree

IGNORED = frozenset({"setuptools", "pip", "wheel"})
PRECISION, RECALL, WRONG, SECONDS = 0.99, 0.98, 3, 1.0
"""Targets: at least, at least, at most, under (for 100,000 lines, of one core: nothing is waited for but the core)."""
REPEATS = 5
_DECLARING = (".txt", ".in", ".pip", ".toml", ".cfg", ".yml", ".yaml", "Pipfile", "setup.py")


@dataclass(frozen=True)
class Score:
    """Predictions against the truth, of one repository or of all."""

    right: tuple[str, ...]
    wrong: tuple[str, ...]
    missed: tuple[str, ...]
    entries: int

    @property
    def precision(self) -> float:
        """Right predictions over all that are not optional."""
        return len(self.right) / max(1, len(self.right) + len(self.wrong))

    @property
    def recall(self) -> float:
        """Satisfied entries over all."""
        return 1 - len(self.missed) / max(1, self.entries)

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.precision * self.recall / max(1e-9, self.precision + self.recall)

    def row(self) -> str:
        """Cells of a Markdown table."""
        cells = [f"{value:.3f}" for value in (self.precision, self.recall, self.f1)]
        return " | ".join([*cells, ", ".join(self.wrong) or "-", ", ".join(self.missed) or "-"])


@dataclass(frozen=True)
class Measured:
    """One repository: scores by what is counted, and time."""

    name: str
    lines: int
    seconds: float
    cpu_seconds: float
    scores: Mapping[str, Score]
    declared_only: int


Counted = Callable[[Inference], Iterable[str]]
COUNTED: Mapping[str, Counted] = {
    "imports": lambda found: (need.distribution for need in found.requirements if need.modules),
    "imports and what they imply": lambda found: (
        need.distribution for need in found.requirements if need.modules or need.rule == "implied"
    ),
}
BARE = "imports, declarations taken away"


def score(predicted: Iterable[str], entry: Mapping[str, Any]) -> Score:
    """Hold `predicted` against one entry of the truth."""
    names = sorted(set(predicted) - IGNORED)
    required = [alternates for alternates in entry["required"] if not IGNORED.intersection(alternates)]
    accepted = {name for alternates in required for name in alternates}
    spare = {name for alternates in entry["optional"] for name in alternates}
    return Score(
        right=tuple(name for name in names if name in accepted),
        wrong=tuple(name for name in names if name not in accepted | spare),
        missed=tuple(alternates[0] for alternates in required if not set(alternates).intersection(names)),
        entries=len(required),
    )


def total(scores: Iterable[Score]) -> Score:
    """All repositories as one."""
    found = list(scores)
    return Score(
        tuple(name for one in found for name in one.right),
        tuple(name for one in found for name in one.wrong),
        tuple(name for one in found for name in one.missed),
        sum(one.entries for one in found),
    )


def measure(name: str, tree: Tree, entry: Mapping[str, Any]) -> Measured:
    """Infer the requirements of one repository, `REPEATS` times, and hold them against its entry."""
    seconds, cpu_seconds = [], []
    for _ in range(REPEATS):
        began, cpu_began = time.perf_counter(), time.process_time()
        found = infer(tree)
        seconds.append(time.perf_counter() - began)
        cpu_seconds.append(time.process_time() - cpu_began)
    bare = infer(Tree({path: content for path, content in tree.files.items() if not path.endswith(_DECLARING)}))
    scores = {label: score(counted(found), entry) for label, counted in COUNTED.items()}
    return Measured(
        name=name,
        lines=sum(tree.files[path].count(b"\n") for path in tree.python_files()),
        seconds=statistics.median(seconds),
        cpu_seconds=statistics.median(cpu_seconds),
        scores={**scores, BARE: score(COUNTED["imports"](bare), entry)},
        declared_only=sum(not need.modules and need.rule == "declared" for need in found.requirements),
    )


def report(measured: list[Measured], absent: list[str]) -> bool:
    """Print the tables; whether every target is met."""
    print("| repository | lines | ms | precision | recall | F1 | wrong | missed |\n" + "| --- " * 8 + "|")
    for one in measured:
        print(f"| {one.name} | {one.lines} | {one.cpu_seconds * 1000:.0f} | {one.scores['imports'].row()} |")
    print(
        f"\n| all {len(measured)}: what is counted | precision | recall | F1 | wrong | missed |\n" + "| --- " * 6 + "|"
    )
    totals = {label: total(one.scores[label] for one in measured) for label in (*COUNTED, BARE)}
    for label, all_of_it in totals.items():
        print(f"| {label} | {all_of_it.row()} |")
    lines = sum(one.lines for one in measured)
    wall, pace = (
        sum(seconds) / max(1, lines) * 100_000
        for seconds in ([one.seconds for one in measured], [one.cpu_seconds for one in measured])
    )
    head = totals["imports"]
    print(f"\nentries {head.entries}, right {len(head.right)}, wrong (each installable) {len(head.wrong)}")
    print(f"declared and not imported, which the repositories ask for: {sum(one.declared_only for one in measured)}")
    print(f"{lines} lines; for 100,000: {pace:.2f} s of one core, {wall:.2f} s on the clock (medians of {REPEATS})")
    if absent:
        print(f"not there, so not measured: {', '.join(absent)}")
    good = head.precision >= PRECISION and head.recall >= RECALL and len(head.wrong) <= WRONG and pace < SECONDS
    print("targets met" if good else "a target is missed", end="")
    print(f" (precision >= {PRECISION}, recall >= {RECALL}, wrong <= {WRONG}, under {SECONDS} s)")
    return good


def main() -> int:
    """Exit status 0 when every target is met, else 1; 2 when nothing can be measured."""
    parser = argparse.ArgumentParser(description="Measure requirement inference against a truth.")
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--repos", type=Path, action="append", required=True, help="may be given more than once")
    chosen = parser.parse_args()
    truth: dict[str, Any] = json.loads(chosen.truth.read_text("utf-8"))
    infer(Tree({"warm.py": b"import numpy\n"}))
    measured, absent = [], []
    for name, entry in truth.items():
        tree = find_tree(entry["source"], chosen.repos)
        if tree is None:
            absent.append(name)
        else:
            measured.append(measure(name, tree, entry))
    if not measured:
        print(f"None of the {len(truth)} repositories lies in {', '.join(map(str, chosen.repos))}", file=sys.stderr)
        return 2
    return 0 if report(measured, absent) else 1


if __name__ == "__main__":
    sys.exit(main())
