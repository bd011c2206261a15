"""One leaf of a rubric: graded 0 or 1 with a reason and the lines that show it, or said to be not graded and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from p2c.errors import AnswerError, ModelRefused
from p2c.evaluate.answers import Quote, grade_with_evidence
from p2c.evaluate.fit import Shown
from p2c.evaluate.prompt import conversation, unmarked
from p2c.evaluate.record import FILE, Record, find_line
from p2c.evaluate.rubric import Category, Node
from p2c.model.types import Message, Model
from p2c.prompts import render
from p2c.types import Value

_BEFORE = 5
"""Siblings before a leaf that its question repeats: PaperBench's leaves say "the above" of them."""


class Evidence(Value):
    """A line that was quoted and stands where the quote says."""

    file: str
    """Path in the repository, or `verdict.json`: the record of the run."""
    line: int
    """From 1; of a notebook, in the text of its cells; of the record, in the text that the evaluator read."""
    text: str

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"


class LeafGrade(Value):
    """What came of one leaf."""

    state: Literal["graded", "invalid", "not_made", "no_run", "weightless"]
    """`invalid`: no usable answer came; `not_made`: the budget ended before; `no_run`: it asks for a run, and there is
    no record of one; `weightless`: it contributes nothing, so nobody was asked."""
    score: Literal[0, 1] | None = None
    by: Literal["model", "rule"] | None = None
    reason: str = ""
    """Of the grade, or why there is none."""
    evidence: tuple[Evidence, ...] = ()
    unfounded: int = 0
    """Quotes that do not stand where they were said to."""
    asked: int = 0
    """Calls made for it."""


class Places:
    """The lines that a grade may quote: those that the evaluator was shown."""

    def __init__(self, shown: Shown, record: Record | None) -> None:
        self._lines = {file.path: unmarked(file.text).split("\n") for file in shown.files}
        if record is not None:
            self._lines[FILE] = record.text.split("\n")

    def find(self, quote: Quote) -> Evidence | None:
        """Where the quoted line stands; None when it does not."""
        path = quote.file.strip().strip("`").removeprefix("./")
        lines = self._lines.get(path)
        number = find_line(lines, quote.line) if lines else None
        if lines is None or number is None:
            return None
        return Evidence(file=path, line=number, text=lines[number - 1].strip()[:300])


def step_of(leaf: Node) -> str:
    """The name of a leaf in the journal and in recordings."""
    return f"rubric/{leaf.id}"


def without_asking(leaf: Node, share: float, record: Record | None) -> LeafGrade | None:
    """What is known of a leaf before anybody is asked; None when the model must be."""
    if share == 0:
        return LeafGrade(state="weightless", reason="it contributes nothing to the score")
    if leaf.category is Category.code:
        return None
    if record is None:
        why = "only a run can show it, and there is no record of one: give --verdict verdict.json, or --code-dev"
        return LeafGrade(state="no_run", reason=why)
    if record.never_started:
        return LeafGrade(state="graded", score=0, by="rule", reason=f"the program never ran: {record.never_started}")
    return None


def leaf_messages(shared: Sequence[str], path: Sequence[Node], record: Record | None) -> tuple[Message, ...]:
    """The question about one leaf.

    Args:
        shared: the parts that every call begins with.
        path: from the root to the leaf.
        record: shown to leaves that only a run can show.
    """
    leaf = path[-1]
    siblings = path[-2].sub_tasks if len(path) > 1 else (leaf,)
    before = siblings[: siblings.index(leaf)][-_BEFORE:]
    needs_run = leaf.category is not Category.code
    return conversation(
        *shared,
        record.part() if record and needs_run else "",
        render(
            "evaluate/leaf",
            groups=[unmarked(node.requirements) for node in path[:-1]],
            before=[unmarked(node.requirements) for node in before],
            requirement=unmarked(leaf.requirements),
            category=leaf.category.value if leaf.category else "",
            needs_run=needs_run,
        ),
    )


def grade_leaf(model: Model, leaf: Node, messages: Sequence[Message], places: Places) -> LeafGrade:
    """Ask for one grade.

    Raises:
        BudgetExceeded: it may not be asked for.
        ModelError: the endpoint failed; what was answered so far is kept.
    """
    answer = grade_with_evidence(lambda quote: places.find(quote) is not None)
    try:
        said = model.ask_for(step_of(leaf), messages, answer)
    except (AnswerError, ModelRefused) as error:
        return LeafGrade(state="invalid", reason=str(error).removeprefix(f"{step_of(leaf)}: "))
    found = [places.find(quote) for quote in said.evidence]
    evidence = tuple(dict.fromkeys(one for one in found if one is not None))
    return LeafGrade(
        state="graded", score=said.score, by="model", reason=said.reason, evidence=evidence, unfounded=found.count(None)
    )
