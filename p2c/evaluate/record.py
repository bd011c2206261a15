"""What was seen when the repository ran: a `verdict.json` of p2c, as evidence for what only a run can show."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from p2c.errors import UsageError
from p2c.evaluate.prompt import unmarked
from p2c.prompts import render
from p2c.report.plain import plain, plain_lines
from sandbox.verdict import Outcome, Rung, Verdict

FILE = "verdict.json"
"""How a grade names the record as evidence."""


@dataclass(frozen=True)
class Record:
    """The record of a run.

    Attributes:
        text: what the evaluator reads of it.
        never_started: why no requirement about running can be met; empty where the program at least started.
    """

    text: str
    never_started: str = ""

    def within(self, characters: int) -> Record:
        """The record in at most so many characters: of one that is longer the middle, what was printed, is left out."""
        if len(self.text) <= characters:
            return self
        half = characters // 2 - 40
        head, tail = self.text[:half].rpartition("\n")[0], self.text[-half:].partition("\n")[2]
        lines = self.text.count("\n") - head.count("\n") - tail.count("\n") - 1
        return replace(self, text=f"{head}\n... {lines} lines are left out here ...\n{tail}")

    def part(self) -> str:
        """The part of the prompt that shows it."""
        return render("evaluate/run", record=unmarked(self.text))


def read_record(path: Path, tree_digest: str) -> Record | None:
    """The record in a verdict file; None where it says nothing about the code.

    That is where the sandbox itself had failed, and where the program never began because it needs what a sandbox
    withholds (a GPU, the network, a data set).

    Args:
        tree_digest: `Tree.digest()` of the repository that is evaluated.

    Raises:
        UsageError: it cannot be read, is no verdict, or is about another state of the repository.
    """
    try:
        verdict = Verdict.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"the verdict {path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UsageError(
            f"{path} is no verdict of this version of p2c ({'.'.join(map(str, first['loc'])) or 'the file'}: "
            f"{first['msg']}); make one with: p2c verify REPO"
        ) from error
    if verdict.tree != tree_digest:
        raise UsageError(
            f"the verdict {path} is about another state of the repository, or about another one; "
            "run p2c verify REPO again and give that verdict"
        )
    has_begun = verdict.rung >= Rung.starts
    if verdict.outcome is Outcome.infrastructure or (verdict.outcome is Outcome.blocked and not has_begun):
        return None
    never = "" if has_begun else verdict.summary
    return Record(_text(verdict), never)


def find_line(lines: list[str], quote: str) -> int | None:
    """The first of `lines`, from 1, that is the first line of `quote` or holds it; white space may differ."""
    wanted = next((squeezed for line in quote.splitlines() if (squeezed := _squeezed(line))), "")
    if len(wanted) < 3:
        return None
    held = None
    for number, line in enumerate(lines, 1):
        said = _squeezed(line)
        if said == wanted:
            return number
        if held is None and len(wanted) >= 12 and wanted in said:
            held = number
    return held


def _squeezed(line: str) -> str:
    return " ".join(line.split())


def _text(verdict: Verdict) -> str:
    """The verdict's facts, a line each; what the program wrote itself is shown as such."""
    rows = [
        f"outcome: {verdict.outcome.value}",
        f"rung reached: {int(verdict.rung)} ({verdict.rung.name})",
        f"summary: {plain(verdict.summary, 600)}",
    ]
    if verdict.entry:
        rows.append(f"command: {plain(verdict.entry.command, 300)}")
    if verdict.failure:
        rows.append(f"failure: {plain(verdict.failure.message, 600)}")
    rows += [f"missing: {one.kind}: {plain(one.what, 300)}" for one in verdict.missing]
    if verdict.exercised:
        seen = verdict.exercised
        rows.append(f"exercised: {seen.functions_entered} of {seen.functions} functions")
    if verdict.smoke:
        run = verdict.smoke
        rows.append(f"ended: {run.ended.value}, exit status {run.exit_status}, after {run.seconds:.1f} s")
        rows += [f"written: {plain(name, 200)}" for name in run.files_written[:100]]
        metrics = json.dumps(run.metrics, ensure_ascii=False, indent=1) if run.metrics else "none"
        for title, text in (("metrics file", metrics), ("standard output", run.stdout), ("standard error", run.stderr)):
            rows += [f"{title}:", *(f"  {line}" for line in plain_lines(text, lines=200, width=300))]
    return "\n".join(rows)
