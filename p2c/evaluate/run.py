"""An evaluation from end to end: what is asked, who is asked, the answers summed up."""

from __future__ import annotations

import time
from collections.abc import Mapping

from p2c.errors import UsageError
from p2c.evaluate.asking import Asker, Asking, LeafPath
from p2c.evaluate.grade import LeafGrade, without_asking
from p2c.evaluate.material import Material, Task, material_of
from p2c.evaluate.result import Context, Evaluation, seen
from p2c.evaluate.rubric import Node, code_development, shares
from p2c.evaluate.score import summarise
from p2c.evaluate.tally import RubricScore, score_rubric
from p2c.evaluate.window import window_of
from p2c.model.prices import Prices
from p2c.model.types import Model
from p2c.types import Usage
from sandbox.words import counted

TEMPERATURE = 1.0
"""As PaperCoder's evaluation asks for it: samples of one question must be able to differ."""


def evaluate(task: Task, asker: Asker) -> Evaluation:
    """The evaluation of a repository.

    Raises:
        UsageError, InputError: nothing was asked for, or an input cannot be used.
        BudgetExceeded: not even the first call may be made.
        ModelError: the endpoint failed; the same call goes on from what was answered.
    """
    if not task.samples and task.rubric is None:
        raise UsageError("there is nothing to evaluate: no samples of the score and no rubric; leave out --samples 0")
    if not task.samples and task.reference is not None:
        raise UsageError("--reference is for the score, and --samples 0 asks for none; leave out one of the two")
    began, paid_before = time.monotonic(), _paid(asker.model)
    rubric = task.rubric
    if rubric is not None and task.code_dev:
        rubric = code_development(rubric)
    material = material_of(task, window_of(asker.settings))
    known, leaves = _leaves(rubric, material)
    _announce(task, asker, len(leaves), material.context)
    asked = Asking(asker, material, leaves, task.samples).all()
    return Evaluation(
        mode="reference-based" if material.reference else "reference-free",
        paper=task.paper.title,
        paper_digest=task.paper.digest,
        model=asker.settings.model or "recorded replies",
        temperature=asker.settings.temperature,
        recorded=asker.settings.recorded is not None,
        context=material.context,
        repository=seen(material.shown),
        reference=seen(material.reference) if material.reference else None,
        score=summarise(asked.samples) if asked.samples else None,
        rubric=_rubric_score(task, rubric, {**known, **asked.grades}),
        usage=asker.spending.by_part(),
        paid_now=_difference(_paid(asker.model), paid_before),
        seconds=round(time.monotonic() - began, 1),
        notes=(*material.notes, *asked.notes),
    )


def _leaves(rubric: Node | None, material: Material) -> tuple[dict[str, LeafGrade], tuple[LeafPath, ...]]:
    """The grades that need no asking, and the leaves that do."""
    if rubric is None:
        return {}, ()
    known: dict[str, LeafGrade] = {}
    asked: list[LeafPath] = []
    share = shares(rubric)
    for path in _paths(rubric, ()):
        leaf = path[-1]
        grade = without_asking(leaf, share[leaf.id], material.record)
        if grade is None:
            asked.append(path)
        else:
            known[leaf.id] = grade
    return known, tuple(asked)


def _paths(node: Node, above: LeafPath) -> list[LeafPath]:
    path = (*above, node)
    return [path] if node.is_leaf else [found for child in node.sub_tasks for found in _paths(child, path)]


def _rubric_score(task: Task, rubric: Node | None, grades: Mapping[str, LeafGrade]) -> RubricScore | None:
    if rubric is None or task.rubric is None:
        return None
    pruned = sum(1 for _ in task.rubric.leaves()) - sum(1 for _ in rubric.leaves())
    return score_rubric(rubric, grades, variant="code-dev" if task.code_dev else "full", pruned=pruned)


def _announce(task: Task, asker: Asker, leaves: int, context: Context) -> None:
    """What will be asked, before it costs anything."""
    number, wanted = task.samples + leaves, []
    wanted += [counted(task.samples, "sample")] if task.samples else []
    wanted += ["1 leaf" if leaves == 1 else f"{leaves:,} leaves"] if leaves else []
    tokens = number * context.prompt_tokens
    price = None if asker.settings.recorded else Prices(asker.settings).cost(tokens, 0, 0)
    cost = "" if price is None else f", ${price:.2f} without a prefix cache, the replies apart"
    trimmed = "; the paper is trimmed to fit" if context.paper_trimmed else ""
    message = f"{' and '.join(wanted) or 'nothing'} to ask for, about {context.prompt_tokens:,} prompt tokens each"
    asker.journal.emit("note", message=f"{message} ({tokens:,} in all{cost}){trimmed}")


def _paid(model: Model) -> Usage:
    return sum(model.usage().values(), start=Usage())


def _difference(after: Usage, before: Usage) -> Usage:
    unknown = after.cost_usd is None or before.cost_usd is None
    return Usage(
        calls=after.calls - before.calls,
        prompt_tokens=after.prompt_tokens - before.prompt_tokens,
        cached_tokens=after.cached_tokens - before.cached_tokens,
        reply_tokens=after.reply_tokens - before.reply_tokens,
        cost_usd=None if unknown else (after.cost_usd or 0.0) - (before.cost_usd or 0.0),
    )
