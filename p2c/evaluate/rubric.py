"""A rubric: a tree of weighted requirements, in PaperBench's JSON (arXiv 2504.01848, section 3; its `TaskNode`).

A node has `id`, `requirements`, `weight` and `sub_tasks`; a node without sub-tasks is a leaf and has a `task_category`
(`Code Development`, `Code Execution`, `Result Match`, which PaperBench's files call `Result Analysis` as well) and
perhaps a `finegrained_task_category`. A node that is no leaf has no category. Other fields are passed over.
Two of the 23 rubrics that PaperBench publishes use an id twice; so may others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from p2c.errors import RubricError
from p2c.model.text import clean
from p2c.types import Value

MOST_DEPTH = 60
HEAVIEST = 1e9
"""So that sums of weights are numbers; PaperBench's go up to 20."""
_MOST_SAID = 10


class Category(StrEnum):
    """What a leaf asks of a submission."""

    code = "Code Development"
    """That the code holds a correct implementation."""
    execution = "Code Execution"
    """That running it does it."""
    result = "Result Match"
    """That what the run gave agrees with the paper."""


_CATEGORIES = {category.value: category for category in Category} | {"Result Analysis": Category.result}


class Node(Value):
    """One requirement, or a group of them."""

    id: str
    """Unique: the second node of an id in the file is called `ID#2`."""
    requirements: str
    weight: float
    """At least 0, relative to its siblings."""
    category: Category | None = None
    """Of a leaf."""
    finegrained: str | None = None
    sub_tasks: tuple[Node, ...] = ()

    @property
    def is_leaf(self) -> bool:
        """Whether it is graded itself."""
        return not self.sub_tasks

    def leaves(self) -> Iterator[Node]:
        """Every leaf below, or the node itself, in order."""
        if self.is_leaf:
            yield self
        for node in self.sub_tasks:
            yield from node.leaves()


def read_rubric(path: Path) -> Node:
    """The rubric in a JSON file.

    Raises:
        RubricError: it cannot be read, or is no rubric; the message names the nodes and what is wrong with them.
    """
    try:
        data = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise RubricError(f"the rubric {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise RubricError(f"the rubric {path} is no JSON: {error}") from error
    return rubric_from(data, str(path))


def rubric_from(data: object, name: str = "the rubric") -> Node:
    """The rubric in parsed JSON. Raises RubricError, as `read_rubric`."""
    reading = _Reading()
    node = reading.node(data, "the root", 0)
    reading.check_weights(node)
    if reading.problems:
        more = len(reading.problems) - _MOST_SAID
        said = "; ".join(reading.problems[:_MOST_SAID]) + (f"; and {more} more" if more > 0 else "")
        raise RubricError(f"{name} cannot be used: {said}. Its form is PaperBench's: see docs/evaluation.md")
    return node


def code_development(root: Node) -> Node:
    """The rubric of PaperBench's Code-Dev variant: only leaves of Code Development, and what leads to them.

    Raises:
        RubricError: there is none, or none that counts.
    """
    kept = _only_code(root)
    if kept is None or not any(shares(kept).values()):
        what = "no leaf" if kept is None else "only leaves of weight 0"
        raise RubricError(f"the rubric has {what} of Code Development, so nothing is left of it with --code-dev")
    return kept


def shares(root: Node) -> dict[str, float]:
    """Leaf id -> what it contributes to the score of the root, 0 to 1; together 1.

    The score of a node is the mean of its children's, weighted; so a leaf's share is the product of the relative
    weights on the way to it.
    """
    found: dict[str, float] = {}
    _share(root, 1.0, found)
    return found


def _share(node: Node, share: float, found: dict[str, float]) -> None:
    if node.is_leaf:
        found[node.id] = share
        return
    total = sum(child.weight for child in node.sub_tasks)
    for child in node.sub_tasks:
        _share(child, share * child.weight / total if total else 0.0, found)


def _only_code(node: Node) -> Node | None:
    if node.is_leaf:
        return node if node.category is Category.code else None
    kept = tuple(child for child in map(_only_code, node.sub_tasks) if child is not None)
    return node.model_copy(update={"sub_tasks": kept}) if kept else None


class _Reading:
    """A tree on its way from JSON; everything wrong with it is collected."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._ids: set[str] = set()

    def node(self, data: object, where: str, depth: int) -> Node:
        """The node, with something harmless in place of what is wrong."""
        if not isinstance(data, Mapping):
            self._wrong(where, f"is {_kind(data)}, not an object")
            return Node(id="", requirements="", weight=1.0)
        identity = self._text(data, "id", where)
        if identity:
            where, identity = f"node {identity!r}", self._unique(identity)
        below = self._sub_tasks(data, where, depth)
        return Node(
            id=identity,
            requirements=self._text(data, "requirements", where),
            weight=self._weight(data, where),
            category=self._category(data, where, is_leaf=not below),
            finegrained=self._optional(data, "finegrained_task_category", where),
            sub_tasks=below,
        )

    def _unique(self, identity: str) -> str:
        """The id; of a node whose id stood already, with its number."""
        number, unique = 1, identity
        while unique in self._ids:
            number += 1
            unique = f"{identity}#{number}"
        self._ids.add(unique)
        return unique

    def check_weights(self, node: Node, *, matters: bool = True) -> None:
        """A group that counts must have a child that counts, or its score is 0 divided by 0."""
        if matters and node.sub_tasks and not any(child.weight for child in node.sub_tasks):
            self._wrong(f"node {node.id!r}", "has only sub-tasks of weight 0")
        for child in node.sub_tasks:
            self.check_weights(child, matters=matters and child.weight > 0)

    def _wrong(self, where: str, what: str) -> None:
        self.problems.append(f"{where} {what}")

    def _sub_tasks(self, data: Mapping[str, Any], where: str, depth: int) -> tuple[Node, ...]:
        given = data.get("sub_tasks") or []
        if not isinstance(given, list):
            self._wrong(where, f"has `sub_tasks` that are {_kind(given)}, not a list")
            return ()
        if given and depth >= MOST_DEPTH:
            self._wrong(where, f"lies {MOST_DEPTH} levels deep and has sub-tasks")
            return ()
        return tuple(self.node(child, f"sub-task {n} of {where}", depth + 1) for n, child in enumerate(given, 1))

    def _text(self, data: Mapping[str, Any], field: str, where: str) -> str:
        value = data.get(field)
        if isinstance(value, str) and clean(value).strip():
            return clean(value)
        self._wrong(where, f"has no `{field}`" if field not in data else f"has a `{field}` that is no text")
        return ""

    def _optional(self, data: Mapping[str, Any], field: str, where: str) -> str | None:
        value = data.get(field)
        if value is None or isinstance(value, str):
            return clean(value) if value else None
        self._wrong(where, f"has a `{field}` that is {_kind(value)}, not text")
        return None

    def _weight(self, data: Mapping[str, Any], where: str) -> float:
        value = data.get("weight")
        if value is None:
            self._wrong(where, "has no `weight`")
        elif isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong(where, f"has a `weight` that is {_kind(value)}, not a number")
        elif not 0 <= value <= HEAVIEST:
            self._wrong(
                where, f"has the `weight` {str(value)[:20]}, which must be 0 or more, and at most {HEAVIEST:,.0f}"
            )
        else:
            return float(value)
        return 1.0

    def _category(self, data: Mapping[str, Any], where: str, *, is_leaf: bool) -> Category | None:
        value = self._optional(data, "task_category", where)
        if is_leaf and value is None:
            self._wrong(where, "is a leaf without a `task_category`")
        elif not is_leaf and value is not None:
            self._wrong(where, "has sub-tasks and a `task_category`; only leaves have one")
        elif value is not None and value not in _CATEGORIES:
            self._wrong(where, f"has the `task_category` {value!r}; known are {', '.join(map(repr, _CATEGORIES))}")
        return _CATEGORIES.get(value) if value and is_leaf else None


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
