"""An evaluation's figures as words, the same on the terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from p2c.evaluate.result import Evaluation, Seen
from p2c.evaluate.score import Score
from p2c.evaluate.tally import GradedNode, RubricScore
from p2c.types import Usage
from sandbox.words import counted

STATES = {
    "graded": "graded",
    "invalid": "without a valid grade",
    "not_made": "not graded before the budget ended",
    "no_run": "that only a run can show, without a record of one (--verdict gives it, --code-dev leaves them out)",
    "weightless": "of weight 0, not graded",
}


def score_line(score: Score) -> str:
    """`correctness 3.57 of 5, standard deviation 0.53 (7 of 8 samples valid)`."""
    valid = f"{score.valid} of {counted(score.asked_for, 'sample')} valid"
    if score.mean is None:
        return f"no score ({valid})"
    spread = "" if score.standard_deviation is None else f", standard deviation {score.standard_deviation:.2f}"
    return f"correctness {score.mean:.2f} of 5{spread} ({valid})"


def score_details(score: Score) -> Iterator[str]:
    """What a reader of the score should know besides."""
    if score.valid:
        given = ", ".join(f"{value} ({count}x)" for value, count in score.counts.items() if count)
        yield f"scores given: {given}"
    if score.invalid and score.mean_from is not None and score.mean_to is not None:
        yield (
            f"{counted(score.invalid, 'sample')} invalid: had they been 1 or 5, the mean would lie between "
            f"{score.mean_from:.2f} and {score.mean_to:.2f}"
        )
    if score.not_made:
        yield f"{counted(score.not_made, 'sample')} not made: the budget ended before"
    second = sum(sample.asked > 1 and sample.state == "valid" for sample in score.samples)
    if second:
        yield f"{counted(second, 'sample')} valid at the second try"


def rubric_line(rubric: RubricScore) -> str:
    """`rubric 41.2 %`, or a range where leaves were not graded."""
    low, high = f"{rubric.score_from * 100:.1f}", f"{rubric.score_to * 100:.1f}"
    reached = f"{low} %" if rubric.score is not None else f"between {low} % and {high} %"
    variant = ", Code Development only" if rubric.variant == "code-dev" else ""
    return f"rubric {reached} ({rubric.met} of {_leaves(rubric.leaves)} met{variant})"


def rubric_details(rubric: RubricScore) -> Iterator[str]:
    """What a reader of the rubric's score should know besides."""
    for category, found in rubric.by_category.items():
        not_graded = found.leaves - found.graded
        rest = f", {not_graded} without a grade" if not_graded else ""
        yield f"{category}: {found.met} of {found.leaves} met{rest}"
    for state, words in STATES.items():
        number = rubric.states.get(state, 0)
        if number and state != "graded":
            yield f"{_leaves(number)} {words}"
    if rubric.score is None:
        yield "the range is the score with every leaf that was not graded as 0, and as 1"
    if rubric.pruned:
        yield f"{_leaves(rubric.pruned)} pruned: not Code Development"


def _leaves(number: int) -> str:
    return "1 leaf" if number == 1 else f"{number} leaves"


def seen_line(seen: Seen) -> str:
    """How much of a repository was shown."""
    missing = [
        f"{seen.cut} of them in part" if seen.cut else "",
        f"{counted(seen.no_room, 'file')} left out for want of room" if seen.no_room else "",
        f"{counted(seen.by_rule, 'file')} left out by rule" if seen.by_rule else "",
        f"{counted(seen.ignored, 'file')} ignored by git" if seen.ignored else "",
    ]
    said = "; ".join(filter(None, missing))
    return f"{counted(seen.files, 'file')}, {seen.characters:,} characters shown" + (f"; {said}" if said else "")


def context_line(evaluation: Evaluation) -> str:
    """The window, and what had to be cut for it."""
    context = evaluation.context
    trimmed = "; the paper is shown in part" if context.paper_trimmed else ""
    return f"{context.tokens:,} tokens ({context.source}), about {context.prompt_tokens:,} a prompt{trimmed}"


def usage_line(usage: Usage) -> str:
    """`8 calls, 40,123 + 8,050 tokens (61 % cached), $0.0312`."""
    cached = f" ({100 * usage.cached_tokens // usage.prompt_tokens} % cached)" if usage.prompt_tokens else ""
    cost = "cost unknown" if usage.cost_usd is None else f"${usage.cost_usd:.4f}"
    return f"{counted(usage.calls, 'call')}, {usage.prompt_tokens:,} + {usage.reply_tokens:,} tokens{cached}, {cost}"


def leaves(node: GradedNode) -> Iterator[GradedNode]:
    """Every leaf below a node, in order."""
    if node.grade is not None:
        yield node
    for child in node.sub_tasks:
        yield from leaves(child)


def percent(node: GradedNode) -> str:
    """`50 %`, or `25 to 75 %`."""
    low, high = round(node.score_from * 100), round(node.score_to * 100)
    return f"{low} %" if low == high else f"{low} to {high} %"
