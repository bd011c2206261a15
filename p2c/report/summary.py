"""The report of a run as a value: what was made, what was seen, what had to change, what it cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from p2c.repair.lines import baseline_lines
from p2c.report.comparison import Comparison, comparisons
from p2c.report.costs import StageCost, by_stage
from p2c.report.repairs import Reduced, Repairs, repairs
from p2c.types import Attempt, Ending, LinesModified, MadeSmaller, Usage, Value
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
    """Of the result, counted as `lines_modified.baseline_python` is of the code as it came."""
    attempts: tuple[Attempt, ...] = ()
    lines_modified: LinesModified
    made_smaller: tuple[MadeSmaller, ...] = ()
    """Settings that the repair made smaller: fewer samples, epochs or runs, a smaller model."""
    share: float = 0.0
    """Of `lines_modified`: reduced over the baseline's lines, 0 to 1."""
    python_share: float = 0.0
    """The same of Python lines alone."""
    repair: Repairs = Repairs()
    usage: dict[str, Usage] = Field(default_factory=dict)
    """By step, e.g. `planning/logic`, `coding/model.py`, `debug/1`."""
    costs: tuple[StageCost, ...] = ()
    """Its sums by stage, the last one of all."""
    refused: dict[str, int] = Field(default_factory=dict)
    """Answers by step that could not be used and were asked for again."""
    comparison: tuple[Comparison, ...] = ()
    outputs: tuple[str, ...] = ()
    """Files that the smoke run wrote and that are kept below `outputs/` of the run folder."""
    seconds: float
    sandbox_seconds: float
    model_seconds: float = 0.0
    """That an endpoint took for its calls; those side by side are added up, recorded replies took none."""
    paper_notes: tuple[str, ...] = ()
    """What the model did not get of the paper, and which of its figures it was shown."""
    edit_notes: tuple[str, ...] = ()
    """Changes of the form in which the debugging agent gives its edits."""


def schema() -> str:
    """The JSON schema of `report.json`, as it is committed in docs/report.schema.json."""
    return json.dumps(Report.model_json_schema(mode="serialization"), indent=2)


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
    model_seconds: float = 0.0,
    reduction: Reduced | None = None,
    repository: str = "repository",
    refused: Mapping[str, int] | None = None,
    paper_notes: tuple[str, ...] = (),
    edit_notes: tuple[str, ...] = (),
    outputs: tuple[str, ...] = (),
    made_smaller: tuple[MadeSmaller, ...] = (),
) -> Report:
    """The report of a run that ended; `seconds` are wall time, of the whole run and inside the sandbox."""
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
        python_lines=baseline_lines(tree).python,
        attempts=attempts,
        lines_modified=lines_modified,
        share=round(lines_modified.share, 6),
        python_share=round(lines_modified.python_share, 6),
        repair=repairs(attempts, first_verdict.rung, verdict.rung, reduction or Reduced()),
        usage=dict(usage),
        costs=by_stage(usage),
        refused=dict(refused or {}),
        comparison=comparisons(verdict.smoke.metrics) if verdict.smoke else (),
        seconds=seconds,
        sandbox_seconds=sandbox_seconds,
        model_seconds=model_seconds,
        paper_notes=paper_notes,
        edit_notes=edit_notes,
        outputs=outputs,
        made_smaller=made_smaller,
    )
