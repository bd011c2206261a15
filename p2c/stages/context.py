"""What the three stages share: the run folder, the model, the paper's text, and the parts of every prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from p2c.model.parallel import WORKERS
from p2c.model.types import Model
from p2c.prompts import render
from p2c.run.folder import NotKept, RunFolder
from p2c.types import Architecture, Logic, Plan

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """What planning, analysis and coding work with.

    Attributes:
        folder: where every result is written.
        model: who is asked.
        paper: the paper's text, as the model reads it (Markdown).
        smoke: the smoke command that the user asks for; None leaves it to the plan.
        workers: model calls under way at once.
    """

    folder: RunFolder
    model: Model
    paper: str
    smoke: str | None = None
    workers: int = WORKERS

    def paper_part(self) -> str:
        """The first part of every prompt. A paper that holds the marks around it cannot end them early."""
        return render("paper", paper=as_material(self.paper))

    def note(self, message: str) -> None:
        """Say something to the user that they should know."""
        self.folder.journal.emit("note", message=message)

    def interrupted(self, message: str) -> None:
        """Tell the user, who has interrupted the run, what is waited for."""
        self.folder.journal.emit("interrupted", message=message)

    def kept(self, work: Callable[[Context], T]) -> T | None:
        """What `work` gives where the run folder has all of it; None where something is to be made."""
        try:
            return work(replace(self, folder=self.folder.without_making()))
        except NotKept:
            return None


def as_material(text: str) -> str:
    """Text of the paper, to stand between the marks; marks in it are broken, so that it cannot end them early."""
    return text.replace("<<<PAPER", "<< PAPER").replace("PAPER>>>", "PAPER >>")


def plan_part(
    overview: str, architecture: Architecture | None = None, logic: Logic | None = None, config: str | None = None
) -> str:
    """The second part of every prompt: as much of the plan as there is; each step's text begins with the last one's."""
    return render("plan", overview=overview, architecture=architecture, logic=logic, config=config)


def whole_plan_part(plan: Plan, config: str) -> str:
    """`plan_part` for the stages after planning, with `config` in place of the plan's own text."""
    return plan_part(plan.overview, plan.architecture, plan.logic, config)
