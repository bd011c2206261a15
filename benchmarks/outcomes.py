"""Outcomes against judgements made by reading: does p2c say of a real generated repository what is true of it?

    python -m benchmarks.outcomes --repos DIR [--repos DIR] [--cases outcomes.toml] [--without torchvision]

`--repos` holds the repositories, which are not part of this project: a folder of a case's name, or a git directory
of its repository as `OWNER+NAME`, `OWNER+NAME/repo`, `OWNER/NAME` or `NAME` that has the commit. One that is not there
is named and left out. `--without` says what cannot be had on this machine (a display, a torchvision that matches the
CPU build of torch); the cases that depend on it are then held to what is true without it. `--verdicts` keeps each
verdict and takes one that is kept instead of verifying again.

A case is right where the outcome is, and each of rung, missing, what, exception, file and line that it names. Printed
are the confusion of outcomes, both accuracies (the outcome alone, and everything), and every case that is not right.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.controller import Sandbox, verify
from sandbox.settings import Limits, Settings
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Verdict

TARGET = 0.95
CASES = Path(__file__).with_name("outcomes.toml")


class Expected(BaseModel):
    """What a verdict should say; None where any answer will do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Outcome
    rung: str | None = None
    missing: str | None = None
    what: str | None = None
    exception: str | None = None
    file: str | None = None
    line: int | None = None


class Case(Expected):
    """One judged repository; `outcomes.toml` says what the fields mean."""

    name: str
    repository: str
    commit: str
    folder: str
    held_out: bool
    depends: Literal["display", "torchvision"] | None = None
    otherwise: Expected | None = None
    reason: str

    def expected(self, without: Collection[str]) -> Expected:
        """The judgement that holds on a machine that is `without` something."""
        return self.otherwise if self.otherwise is not None and self.depends in without else self


def read_cases(file: Path) -> tuple[Case, ...]:
    """The cases of `file`. Raises ValidationError."""
    return tuple(Case.model_validate(case) for case in tomllib.loads(file.read_text("utf-8"))["case"])


def wrong(verdict: Verdict, expected: Expected) -> list[str]:
    """What of `expected` the verdict does not say, `field: said`, the outcome first; empty where it is right."""
    failure = verdict.failure
    said: dict[str, object] = {
        "outcome": verdict.outcome,
        "rung": verdict.rung.name,
        "exception": failure.exception if failure else None,
        "file": failure.file if failure else None,
        "line": failure.line if failure else None,
    }
    found = [f"{name}: {value}" for name, value in said.items() if getattr(expected, name) not in (None, value)]
    named = [(one.kind, one.what) for one in verdict.missing]
    is_named = any(expected.missing in (None, kind) and (expected.what or "") in what for kind, what in named)
    if expected.missing is not None and not is_named:
        found.append(f"missing: {', '.join(f'{kind} {what}' for kind, what in named[:3]) or 'nothing'}")
    return found


def find_tree(case: Case, folders: list[Path]) -> Tree | None:
    """The case's files, or None where no folder has them."""
    for folder in folders:
        if (folder / case.name).is_dir():
            return Tree.read(folder / case.name)
    plus, last = case.repository.replace("/", "+"), case.repository.rpartition("/")[2]
    places = [f / p / e for f in folders for p in (plus, f"{plus}/repo", case.repository, last) for e in (".git", "")]
    for git in places:
        command = ["git", f"--git-dir={git}", "archive", case.commit, case.folder]
        archived = subprocess.run(command, capture_output=True, check=False) if (git / "HEAD").is_file() else None
        if archived is not None and archived.returncode == 0:
            return _unpacked(archived.stdout, case.folder)
    return None


def _unpacked(archive: bytes, folder: str) -> Tree:
    with tempfile.TemporaryDirectory() as name, tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        opened.extractall(name, filter="data")
        place = Path(name, folder)
        return Tree.read(place if place.is_dir() else place.parent)


def table(pairs: list[tuple[Outcome, Outcome]]) -> str:
    """How often each judged outcome (rows) got each verdict (columns)."""
    counted = Counter(pairs)
    names = [one for one in Outcome if any(one in pair for pair in pairs)]
    lines = ["judged \\ verdict".ljust(18) + "".join(name.ljust(16) for name in names)]
    for row in names:
        lines.append(row.ljust(18) + "".join(str(counted[row, column] or "-").ljust(16) for column in names))
    return "\n".join(line.rstrip() for line in lines)


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 when the share of right outcomes reaches the target, else 1."""
    chosen = _parser().parse_args(arguments)
    cases = [case for case in read_cases(chosen.cases) if not chosen.only or case.name in chosen.only]
    settings = Settings(limits=Limits(wall_seconds=chosen.timeout))
    pairs: list[tuple[Outcome, Outcome]] = []
    lines: list[str] = []
    with Sandbox.open(settings) as sandbox:
        for case in cases:
            verdict = _verdict(case, chosen.repos, chosen.verdicts, settings, sandbox)
            if verdict is None:
                print(f"{case.name}: not in --repos, left out", flush=True)
                continue
            expected = case.expected(chosen.without)
            off = wrong(verdict, expected)
            pairs.append((expected.outcome, verdict.outcome))
            print(
                f"{'right' if not off else 'WRONG'}  {verdict.outcome:10} {verdict.seconds:6.1f} s  {case.name}",
                flush=True,
            )
            lines += [f"{case.name}: judged {expected.outcome} ({case.reason}); said {'; '.join(off)}"] if off else []
    if not pairs:
        print("no case could be run")
        return 1
    outcomes = sum(judged == said for judged, said in pairs)
    print(f"\n{table(pairs)}\n")
    print("\n".join(lines))
    print(f"outcome right: {outcomes} of {len(pairs)} ({outcomes / len(pairs):.1%}; target {TARGET:.0%})")
    print(f"everything right: {len(pairs) - len(lines)} of {len(pairs)} ({1 - len(lines) / len(pairs):.1%})")
    return 0 if outcomes / len(pairs) >= TARGET else 1


def _verdict(case: Case, repos: list[Path], kept: Path | None, settings: Settings, sandbox: Sandbox) -> Verdict | None:
    file = kept / f"{case.name}.json" if kept else None
    if file is not None and file.is_file():
        try:
            return Verdict.model_validate_json(file.read_bytes())
        except ValidationError:
            print(f"{file} is of another version; verifying again")
    tree = find_tree(case, repos)
    if tree is None:
        return None
    verdict = verify(tree, name=case.name, settings=settings, sandbox=sandbox)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(verdict.model_dump_json(indent=1), "utf-8")
    return verdict


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repos", type=Path, action="append", required=True, help="a folder that holds repositories")
    parser.add_argument("--cases", type=Path, default=CASES)
    parser.add_argument("--without", action="append", default=[], choices=("display", "torchvision"))
    parser.add_argument("--only", action="append", help="the name of a case")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for one run")
    parser.add_argument("--verdicts", type=Path, help="a folder in which verdicts are kept")
    return parser


if __name__ == "__main__":
    sys.exit(main())
