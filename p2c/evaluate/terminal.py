"""An evaluation on the terminal; what a model or a repository wrote is shown as data."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape

from p2c.evaluate import words
from p2c.evaluate.result import Evaluation
from p2c.evaluate.score import MergedCritique
from p2c.evaluate.tally import GradedNode
from p2c.report.plain import plain

MOST_CRITIQUES = 12
MOST_LEAVES = 12
_COLOURS = {"high": "red", "medium": "yellow", "low": "cyan"}


def show(evaluation: Evaluation, console: Console, folder: str) -> None:
    """The result, the gravest critiques, the weightiest requirements that are not met, and where the rest is."""
    console.print()
    console.print(f"[bold]{escape(plain(evaluation.repository.name))}[/], {evaluation.mode}", soft_wrap=True)
    score, rubric = evaluation.score, evaluation.rubric
    if score:
        console.print(f"[bold]{words.score_line(score)}[/]", soft_wrap=True)
        for detail in words.score_details(score):
            console.print(f"  {escape(detail)}", soft_wrap=True)
        for sample in score.samples:
            if sample.state == "invalid":
                console.print(f"  sample {sample.number} invalid: {escape(plain(sample.problem, 300))}", soft_wrap=True)
        for critique in score.critiques[:MOST_CRITIQUES]:
            console.print(_critique(critique, score.valid), soft_wrap=True)
        _rest(console, len(score.critiques) - MOST_CRITIQUES, "critiques")
    if rubric:
        console.print(f"[bold]{words.rubric_line(rubric)}[/]", soft_wrap=True)
        for detail in words.rubric_details(rubric):
            console.print(f"  {escape(detail)}", soft_wrap=True)
        lost = sorted(_lost(rubric.root), key=lambda leaf: -leaf.share)
        for leaf in lost[:MOST_LEAVES]:
            console.print(_leaf(leaf), soft_wrap=True)
        _rest(console, len(lost) - MOST_LEAVES, "requirements that are not met")
    for name, value in _rows(evaluation, folder):
        console.print(f"{name:<10}  {escape(value)}", soft_wrap=True)


def _critique(critique: MergedCritique, valid: int) -> str:
    place = "in no file" if critique.file is None else plain(critique.file, 120)
    if critique.function:
        place += f" {plain(critique.function, 80)}"
    if critique.file_exists is False:
        place += " (no such file)"
    colour = _COLOURS[critique.severity.value]
    text = escape(plain(critique.critiques[0], 300))
    raised = f"{len(critique.samples)} of {valid}"
    return f"  [{colour}]{critique.severity.value:<6}[/] {escape(place)}, raised by {raised}\n         {text}"


def _lost(node: GradedNode) -> Iterator[GradedNode]:
    """The leaves that were asked about and are not met; of the others their number says all."""
    asked = ("graded", "invalid")
    return (
        leaf
        for leaf in words.leaves(node)
        if leaf.share and leaf.grade and leaf.grade.score != 1 and leaf.grade.state in asked
    )


def _leaf(leaf: GradedNode) -> str:
    grade = leaf.grade
    state = "not met" if grade and grade.score == 0 else (grade.state if grade else "")
    reason = escape(plain(grade.reason, 300)) if grade else ""
    share = f"{leaf.share * 100:5.2f} %"
    return f"  {share}  {state}: {escape(plain(leaf.requirements, 200))}\n           {reason}"


def _rest(console: Console, more: int, what: str) -> None:
    if more > 0:
        console.print(f"  and {more} more {what}; evaluation.md has them all")


def _rows(evaluation: Evaluation, folder: str) -> Iterator[tuple[str, str]]:
    temperature = "" if evaluation.temperature is None else f", temperature {evaluation.temperature:g}"
    yield "model", plain(evaluation.model) + temperature + (", recorded replies" if evaluation.recorded else "")
    yield "repository", words.seen_line(evaluation.repository)
    if evaluation.reference:
        yield "reference", words.seen_line(evaluation.reference)
    yield "context", words.context_line(evaluation)
    yield "answers", words.usage_line(evaluation.total_usage)
    if evaluation.paid_now != evaluation.total_usage:
        yield "paid now", words.usage_line(evaluation.paid_now)
    for note in evaluation.notes:
        yield "note", plain(note, 600)
    yield "result", f"{folder}/evaluation.json, evaluation.md"
