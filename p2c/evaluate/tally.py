"""Grades carried up a rubric by weight: a range, because what was not graded may be 0 or 1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from p2c.evaluate.grade import LeafGrade
from p2c.evaluate.rubric import Category, Node, shares
from p2c.types import Value


class GradedNode(Value):
    """A node of the rubric with its score, from 0 to 1."""

    id: str
    requirements: str
    weight: float
    share: float
    """What it contributes to the score of the root, 0 to 1."""
    category: Category | None
    finegrained: str | None
    score_from: float
    """With every leaf that was not graded as 0."""
    score_to: float
    """With every such leaf as 1."""
    grade: LeafGrade | None
    """Of a leaf."""
    sub_tasks: tuple[GradedNode, ...]


class CategoryScore(Value):
    """How the leaves of one category were graded."""

    met: int
    graded: int
    """0 or 1; the others have no grade."""
    leaves: int


class RubricScore(Value):
    """What a repository reaches of a rubric."""

    variant: Literal["full", "code-dev"]
    score: float | None
    """0 to 1; None where leaves that count were not graded, so that only the range is known."""
    score_from: float
    score_to: float
    leaves: int
    """Of the rubric as it was graded."""
    pruned: int
    """Leaves that the code-dev variant leaves out."""
    states: dict[str, int]
    """State of a leaf's grade -> how many."""
    met: int
    """Leaves graded 1."""
    by_category: dict[str, CategoryScore]
    """Only of categories that the rubric has."""
    root: GradedNode


def score_rubric(
    root: Node, grades: Mapping[str, LeafGrade], *, variant: Literal["full", "code-dev"], pruned: int
) -> RubricScore:
    """The score of `root`.

    Args:
        grades: leaf id -> its grade, for every leaf.
        pruned: leaves that were left out of the rubric before.
    """
    graded = _graded(root, 1.0, grades)
    found = [(leaf, grades[leaf.id]) for leaf in root.leaves()]
    known = shares(root)
    is_whole = all(grade.score is not None or known[leaf.id] == 0 for leaf, grade in found)
    categories = {category: [g for leaf, g in found if leaf.category is category] for category in Category}
    return RubricScore(
        variant=variant,
        score=graded.score_from if is_whole else None,
        score_from=graded.score_from,
        score_to=graded.score_to,
        leaves=len(found),
        pruned=pruned,
        states=dict(Counter(grade.state for _, grade in found)),
        met=sum(grade.score == 1 for _, grade in found),
        by_category={category.value: _category(got) for category, got in categories.items() if got},
        root=graded,
    )


def _category(grades: Sequence[LeafGrade]) -> CategoryScore:
    scores = [grade.score for grade in grades if grade.score is not None]
    return CategoryScore(met=sum(scores), graded=len(scores), leaves=len(grades))


def _graded(node: Node, share: float, grades: Mapping[str, LeafGrade]) -> GradedNode:
    total = sum(child.weight for child in node.sub_tasks)
    weights = [child.weight / total if total else 0.0 for child in node.sub_tasks]
    below = tuple(_graded(child, share * weight, grades) for child, weight in zip(node.sub_tasks, weights, strict=True))
    grade = grades[node.id] if node.is_leaf else None
    low = high = float(grade.score) if grade and grade.score is not None else 0.0
    if grade and grade.score is None:
        high = 1.0
    if below:
        low = min(1.0, sum(weight * child.score_from for weight, child in zip(weights, below, strict=True)))
        high = min(1.0, sum(weight * child.score_to for weight, child in zip(weights, below, strict=True)))
    return GradedNode(
        id=node.id,
        requirements=node.requirements,
        weight=node.weight,
        share=share,
        category=node.category,
        finegrained=node.finegrained,
        score_from=low,
        score_to=high,
        grade=grade,
        sub_tasks=below,
    )
