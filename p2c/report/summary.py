"""The report of a run as a value: what was made, what was seen, what had to change, what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from p2c.report.comparison import Comparison, comparisons
from p2c.types import Attempt, Ending, LinesModified, Usage, Value
from sandbox.tree import Tree
from sandbox.verdict import Verdict


class Report(Value):
    """What `report.json` holds."""

    schema_version: Literal["1"] = "1"
    title: str
    """The paper's title, or the repository's name."""
    repository: str
    """Folder of the repository, relative to the run folder."""
    model: str | None
    """None when no model was asked."""
    recorded: bool = False
    """Whether the model's replies were recorded ones."""
    ending: Ending
    ending_reason: str
    verdict: Verdict
    first_verdict: Verdict
    """Of the code as it was generated, before any edit."""
    files: int
    python_lines: int
    """Non-blank lines of the Python files of the result."""
    attempts: tuple[Attempt, ...] = ()
    lines_modified: LinesModified
    usage: dict[str, Usage] = Field(default_factory=dict)
    """By step, e.g. `planning/logic`, `coding/model.py`, `debug/1`."""
    comparison: tuple[Comparison, ...] = ()
    seconds: float
    sandbox_seconds: float

    @property
    def total_usage(self) -> Usage:
        """Tokens and cost of the whole run."""
        return sum(self.usage.values(), start=Usage())

    def usage_by_stage(self) -> dict[str, Usage]:
        """Usage summed over the first part of the step's name, in order of appearance."""
        stages: dict[str, Usage] = {}
        for step, usage in self.usage.items():
            stage = step.partition("/")[0]
            stages[stage] = stages.get(stage, Usage()) + usage
        return stages


def summarise(
    *,
    title: str,
    tree: Tree,
    verdict: Verdict,
    first_verdict: Verdict,
    ending: Ending,
    ending_reason: str,
    attempts: tuple[Attempt, ...],
    lines_modified: LinesModified,
    usage: Mapping[str, Usage],
    model: str | None,
    recorded: bool,
    seconds: float,
    sandbox_seconds: float,
    repository: str = "repository",
) -> Report:
    """The report of a run that ended; `seconds` are wall time, of the whole run and inside the sandbox."""
    python_lines = sum(1 for path in tree.python_files() for line in tree.text(path).splitlines() if line.strip())
    return Report(
        title=title,
        repository=repository,
        model=model,
        recorded=recorded,
        ending=ending,
        ending_reason=ending_reason,
        verdict=verdict,
        first_verdict=first_verdict,
        files=len(tree.files),
        python_lines=python_lines,
        attempts=attempts,
        lines_modified=lines_modified,
        usage=dict(usage),
        comparison=comparisons(verdict.smoke.metrics) if verdict.smoke else (),
        seconds=seconds,
        sandbox_seconds=sandbox_seconds,
    )
