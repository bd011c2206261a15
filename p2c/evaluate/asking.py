"""Every question of an evaluation put to the model: one first, for its prefix cache, then the others side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from p2c.errors import BudgetExceeded
from p2c.evaluate.answers import Correctness, ReferencedCorrectness
from p2c.evaluate.grade import LeafGrade, Places, grade_leaf, leaf_messages
from p2c.evaluate.grade import step_of as leaf_step
from p2c.evaluate.material import Material
from p2c.evaluate.prompt import repository_part
from p2c.evaluate.rubric import Category, Node
from p2c.evaluate.sample import Sample, score_messages, take_sample
from p2c.evaluate.sample import step_of as sample_step
from p2c.evaluate.spending import Spending
from p2c.model.parallel import in_order
from p2c.model.settings import ModelSettings
from p2c.model.types import Model
from p2c.run.journal import Journal

LeafPath = tuple[Node, ...]
"""From the root of a rubric to a leaf."""


@dataclass(frozen=True)
class Asker:
    """Who is asked, and where the calls are told.

    Attributes:
        spending: a listener of the journal.
    """

    model: Model
    settings: ModelSettings
    journal: Journal
    spending: Spending


@dataclass(frozen=True)
class Asked:
    """What came of the questions.

    Attributes:
        grades: leaf id -> its grade.
        notes: for people.
    """

    samples: tuple[Sample, ...]
    grades: dict[str, LeafGrade]
    notes: tuple[str, ...]


class Asking:
    """The questions of one evaluation.

    Once the budget refuses a call, only what an earlier process was answered is asked for: that costs nothing.
    """

    def __init__(self, asker: Asker, material: Material, leaves: Sequence[LeafPath], samples: int) -> None:
        self._asker = asker
        self._material = material
        self._numbers = {sample_step(number): number for number in range(1, samples + 1)}
        self._leaves = {leaf_step(path[-1]): path for path in leaves}
        theirs = repository_part(material.reference, "REFERENCE") if material.reference else ""
        self._question = score_messages(material.shared, theirs)
        self._answer: type[Correctness] = ReferencedCorrectness if theirs else Correctness
        shown = material.shown
        self._paths = frozenset([*(file.path for file in shown.files), *(one.path for one in shown.left_out)])
        self._code, self._run = Places(shown, None), Places(shown, material.record)
        events = asker.journal.events()
        self._answered = frozenset(str(one.get("step")) for one in events if one["event"] == "call_finished")
        self._refused: list[str] = []

    def all(self) -> Asked:
        """Ask everything.

        Raises:
            BudgetExceeded: not even the first call may be made.
            ModelError: the endpoint failed; what was answered so far is kept.
        """
        steps = dict.fromkeys((*self._numbers, *self._leaves), ())
        workers = max(1, self._asker.settings.concurrency)
        made = in_order(steps, self._one, workers=workers, say=self._say)
        refused = self._refused[:1]
        if refused and all(one.state == "not_made" for one in made.values()):
            raise BudgetExceeded(refused[0])
        return Asked(
            tuple(one for one in made.values() if isinstance(one, Sample)),
            {self._leaves[step][-1].id: one for step, one in made.items() if isinstance(one, LeafGrade)},
            tuple(f"the budget ended: {why}" for why in refused),
        )

    def _one(self, step: str) -> Sample | LeafGrade:
        if self._refused and step not in self._answered:
            return self._unmade(step)
        made: Sample | LeafGrade
        try:
            made = self._sample(step) if step in self._numbers else self._grade(step)
        except BudgetExceeded as error:
            self._refused.append(str(error).removeprefix(f"{step}: "))
            return self._unmade(step)
        return made.model_copy(update={"asked": self._asker.spending.asked(step)})

    def _sample(self, step: str) -> Sample:
        return take_sample(self._asker.model, self._numbers[step], self._question, self._answer, self._paths)

    def _grade(self, step: str) -> LeafGrade:
        path = self._leaves[step]
        places = self._code if path[-1].category is Category.code else self._run
        messages = leaf_messages(self._material.shared, path, self._material.record)
        return grade_leaf(self._asker.model, path[-1], messages, places)

    def _unmade(self, step: str) -> Sample | LeafGrade:
        why = "the budget ended before"
        if step in self._numbers:
            return Sample(number=self._numbers[step], state="not_made", problem=why)
        return LeafGrade(state="not_made", reason=why)

    def _say(self, line: str) -> None:
        self._asker.journal.emit("note", message=line)
