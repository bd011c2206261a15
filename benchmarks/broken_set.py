"""The public set of broken repositories: small research programs, each with a known fault and its least fix.

    python -m benchmarks.broken_set --to DIR              # write each as a plain folder, and DIR/manifest.toml
    p2c bench DIR/manifest.toml -o OUT --model NAME       # how far a model of yours mends them

A case is one of the working programs of `broken/bases/` with `broken/cases/NAME/fault.patch`; what was done to it
stands in `case.toml`. The known fix is `fix.patch`, or that patch taken back where there is none.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from p2c.repair.lines import lines_modified
from p2c.repair.written_again import written_again
from p2c.types import LineCount
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Verdict

HOME = Path(__file__).parent / "broken"
CASES = HOME / "cases"
REPLIES = HOME / "replies"
"""Recorded replies, a folder a case; a case that needs none has none."""
TIMEOUT = 60.0
"""Seconds for one run of a case; the longest takes a tenth of that."""
REQUIREMENTS = "requirements.txt"

CLASSES = {
    "imports": "a module or a name that does not exist, or lies elsewhere",
    "layout": "relative imports, circles, a file that hides the standard library",
    "requirements": "a distribution that is missing, in conflict, or invented",
    "library_api": "functions and parameters that a library has removed or never had",
    "signatures": "calls and definitions in different files that do not agree",
    "names": "attributes and names that are mistyped, or used before they are set",
    "shapes": "axes, transposes and types of arrays",
    "configuration": "keys, values and paths of a configuration",
    "files": "folders, working directories, files under another name",
    "syntax": "text that is no code: fences, prose, cut off, a slip",
    "reading": "encodings, delimiters, headers, JSON lines",
    "silent": "a failure without a traceback",
    "state": "autograd, aliases, iterators: right lines in a wrong order of events",
    "chain": "two to five failures, each behind the one before",
    "withheld": "no edit can help: data, a key, the network or a GPU is missing",
}
"""The classes of failure, and what is in them."""


class FirstVerdict(BaseModel):
    """What the sandbox says of a case before anything is mended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: str
    rung: str
    kind: str = ""
    """Of the failure, or what is missing."""
    exception: str = ""


class Case(BaseModel):
    """One broken repository.

    Attributes:
        fault: what was done to the base, for a person.
        smoke: the command that must run; empty: none is given.
        ending: how a repair of it ought to end.
        first: the verdict on it as it is.
        minimum: the lines of the known fix, by the rule of `p2c lines`, without those of files that never were code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: str
    kind: str = Field(alias="class")
    base: str
    fault: str
    smoke: str = ""
    first: FirstVerdict
    minimum: int
    ending: Literal["verified", "blocked", "stalled"] = "verified"

    @property
    def rewritten(self) -> tuple[str, ...]:
        """Files that never were code and that the known fix writes again; their lines are counted apart."""
        return written_again(self.broken(), self.fixed())

    @property
    def folder(self) -> Path:
        """Where its patches are."""
        return CASES / self.name

    def broken(self) -> Tree:
        """The repository as a repair finds it."""
        return patched(_base(self.base), self.folder / "fault.patch")

    def fixed(self) -> Tree:
        """The repository with the known fix."""
        fix = self.folder / "fix.patch"
        return patched(self.broken(), fix) if fix.is_file() else _base(self.base)

    @property
    def needs_torch(self) -> bool:
        """Whether it needs PyTorch, of which not every index has a build for CPUs."""
        base = _base(self.base)
        return REQUIREMENTS in base.files and "torch" in base.text(REQUIREMENTS).split()

    def known_fix(self) -> LineCount:
        """The lines of the known fix, without those of files that are written again."""
        broken, fixed = self.broken(), self.fixed()
        again = {path: fixed.files[path] for path in written_again(broken, fixed)}
        return lines_modified(broken.changed(again), fixed)


def first_verdict(verdict: Verdict) -> FirstVerdict:
    """What a case says of a verdict."""
    failure = verdict.failure
    is_blocked = verdict.outcome is Outcome.blocked and verdict.missing
    return FirstVerdict(
        outcome=verdict.outcome.value,
        rung=verdict.rung.name,
        kind=verdict.missing[0].kind if is_blocked else failure.kind if failure else "",
        exception=(failure.exception or "") if failure else "",
    )


@cache
def cases() -> tuple[Case, ...]:
    """All cases, in the order of the classes, then by name. Raises ValidationError."""
    found = [read_case(file) for file in sorted(CASES.glob("*/case.toml"))]
    order = list(CLASSES)
    return tuple(sorted(found, key=lambda case: (order.index(case.kind), case.name)))


def read_case(file: Path) -> Case:
    """The case that a `case.toml` describes. Raises ValidationError."""
    said = tomllib.loads(file.read_text("utf-8"))
    return Case.model_validate({"name": file.parent.name, **said})


@cache
def _base(name: str) -> Tree:
    return Tree.read(HOME / "bases" / name)


def patched(tree: Tree, patch: Path) -> Tree:
    """`tree` with a patch of git's form applied, byte for byte. Raises CalledProcessError where it does not fit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tree.write(folder)
        alone = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
        command = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", str(patch)]
        subprocess.run(command, cwd=folder, env=alone, check=True)
        return Tree.read(folder)


def write_set(folder: Path, chosen: Sequence[Case], replies: Path | None = None) -> Path:
    """Write each case as a plain folder below `folder`, and the manifest of them all for `p2c bench`.

    Args:
        replies: a folder of recorded replies, one folder a case; a case without replies is then run without a model.

    Returns:
        The manifest.
    """
    for case in chosen:
        case.broken().write(folder / case.name)
    manifest = folder / "manifest.toml"
    manifest.write_text(_manifest(chosen, replies), "utf-8")
    return manifest


def _manifest(chosen: Sequence[Case], replies: Path | None) -> str:
    lines = ['title = "Broken repositories"', "", "[defaults]", f"timeout = {TIMEOUT:g}"]
    for case in chosen:
        lines += ["", "[[entries]]", f"repository = {_quoted(case.name)}", f"class = {_quoted(case.kind)}"]
        lines += [f"smoke = {_quoted(case.smoke)}"] if case.smoke else []
        lines += [f"minimum = {case.minimum}"] if case.ending == "verified" else [f"expect = {_quoted(case.ending)}"]
        lines += [f"expect-first-rung = {_quoted(case.first.rung)}"]
        if replies is not None:
            is_there = (replies / case.name).is_dir()
            lines += [f"recorded = {_quoted(str(replies / case.name))}" if is_there else "no-model = true"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a TOML basic string is written as one of JSON


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module. Exit status 0, or 2 where the folder is not empty."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.broken_set", description="Write the broken repositories as plain folders."
    )
    parser.add_argument("--to", type=Path, required=True, help="an empty folder, or one that is not there")
    parser.add_argument("--class", dest="kinds", action="append", choices=tuple(CLASSES), help="only this class")
    parser.add_argument("--fixed", action="store_true", help="with the known fixes applied")
    parser.add_argument("--recorded", action="store_true", help="the manifest names the recorded replies, and no model")
    chosen = parser.parse_args(arguments)
    if chosen.to.exists() and any(chosen.to.iterdir()):
        parser.error(f"{chosen.to} is not empty; name another folder")
    found = [case for case in cases() if not chosen.kinds or case.kind in chosen.kinds]
    if chosen.fixed:
        for case in found:
            case.fixed().write(chosen.to / case.name)
        print(f"{len(found)} repositories with their fixes in {chosen.to}")
        return 0
    manifest = write_set(chosen.to, found, REPLIES if chosen.recorded else None)
    print(f"{len(found)} broken repositories in {chosen.to}; now: p2c bench {manifest}", end="")
    print("" if chosen.recorded else " --model NAME")
    return 0


if __name__ == "__main__":
    sys.exit(main())
