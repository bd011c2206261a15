"""An evaluation as Markdown (`evaluation.md`). What a model or a repository wrote stands in code spans: it is data."""

from __future__ import annotations

from collections.abc import Iterator

from p2c.evaluate import words
from p2c.evaluate.result import Evaluation, Seen
from p2c.evaluate.score import MergedCritique, Score
from p2c.evaluate.tally import GradedNode, RubricScore
from p2c.report.formats.markdown import code

_LONGEST = 2_000


def as_markdown(evaluation: Evaluation) -> str:
    """The whole evaluation."""
    return "\n".join(_lines(evaluation)) + "\n"


def _lines(evaluation: Evaluation) -> Iterator[str]:
    yield f"# Evaluation of {code(evaluation.repository.name)}"
    yield ""
    yield f"- paper: {code(evaluation.paper)}"
    yield f"- evaluation: {evaluation.mode}"
    if evaluation.score:
        yield f"- {words.score_line(evaluation.score)}"
    if evaluation.rubric:
        yield f"- {words.rubric_line(evaluation.rubric)}"
    temperature = "" if evaluation.temperature is None else f", temperature {evaluation.temperature:g}"
    yield f"- model: {code(evaluation.model)}{temperature}{', recorded replies' if evaluation.recorded else ''}"
    yield f"- repository: {words.seen_line(evaluation.repository)}"
    if evaluation.reference:
        yield f"- reference: {code(evaluation.reference.name)}, {words.seen_line(evaluation.reference)}"
    yield f"- context: {words.context_line(evaluation)}"
    yield f"- answers: {words.usage_line(evaluation.total_usage)}"
    if evaluation.paid_now != evaluation.total_usage:
        yield f"- paid now: {words.usage_line(evaluation.paid_now)}"
    yield from (f"- note: {code(note, 600)}" for note in evaluation.notes)
    yield ""
    if evaluation.score:
        yield from _score(evaluation.score)
    if evaluation.rubric:
        yield from _rubric(evaluation.rubric)
    yield from _left_out("Left out of the repository", evaluation.repository)
    if evaluation.reference:
        yield from _left_out("Left out of the reference", evaluation.reference)


def _score(score: Score) -> Iterator[str]:
    yield "## Correctness"
    yield ""
    yield f"{words.score_line(score)}."
    yield ""
    yield from (f"- {detail}" for detail in words.score_details(score))
    yield ""
    yield "| sample | state | score | calls | critiques | problem |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for one in score.samples:
        given, problem = "" if one.score is None else one.score, _cell(one.problem) if one.problem else ""
        yield f"| {one.number} | {one.state} | {given} | {one.asked} | {len(one.critiques)} | {problem} |"
    yield ""
    for critique in score.critiques:
        yield from _critique(critique, score.valid)


def _critique(critique: MergedCritique, valid: int) -> Iterator[str]:
    yield f"### {critique.severity.value}: {_place(critique)}"
    yield ""
    given = ", ".join(f"{severity.value} {count}x" for severity, count in critique.severities.items())
    yield f"Raised by {len(critique.samples)} of {valid} valid samples ({given})."
    yield ""
    for component in critique.components:
        yield f"- component: {code(component)}"
    for reference in critique.reference:
        yield f"- in the reference: {code(reference)}"
    for text in critique.critiques:
        yield f"- {code(text, _LONGEST)}"
    yield ""


def _place(critique: MergedCritique) -> str:
    if critique.file is None:
        return "in no file"
    function = f", {code(critique.function)}" if critique.function else ""
    return f"{code(critique.file)}{function}{'' if critique.file_exists else ' (no such file in the repository)'}"


def _rubric(rubric: RubricScore) -> Iterator[str]:
    yield "## Rubric"
    yield ""
    yield f"{words.rubric_line(rubric)}."
    yield ""
    yield from (f"- {detail}" for detail in words.rubric_details(rubric))
    yield ""
    yield from _node(rubric.root, 0)
    yield ""


def _node(node: GradedNode, depth: int) -> Iterator[str]:
    indent = "  " * depth
    sign = words.percent(node)
    if node.grade is not None:
        sign = (
            node.grade.state.replace("_", " ")
            if node.grade.score is None
            else ("met" if node.grade.score else "not met")
        )
    share = f"weight {node.weight:g}, {node.share * 100:.2f} % of all"
    yield f"{indent}- **{sign}** {code(node.requirements, 600)} ({share})"
    if node.grade is not None:
        if node.grade.reason and node.grade.state in ("graded", "invalid"):
            yield f"{indent}  - {code(node.grade.reason, _LONGEST)}"
        for evidence in node.grade.evidence:
            yield f"{indent}  - {code(evidence.place)}: {code(evidence.text)}"
        if node.grade.unfounded:
            yield f"{indent}  - {node.grade.unfounded} quoted where no such line stands"
    for child in node.sub_tasks:
        yield from _node(child, depth + 1)


def _left_out(title: str, seen: Seen) -> Iterator[str]:
    if not seen.left_out:
        return
    yield f"## {title}"
    yield ""
    yield from (f"- {code(one.path)} ({one.bytes:,} bytes): {one.reason}" for one in seen.left_out)
    more = seen.cut + seen.no_room + seen.by_rule - len(seen.left_out)
    if more:
        yield f"- and {more} more"
    yield ""


def _cell(text: str) -> str:
    return code(text, 300).replace("|", "\\|")
