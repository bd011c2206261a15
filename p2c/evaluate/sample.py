"""One sample of the correctness score: asked, validated, counted whatever came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from p2c.errors import AnswerError, ModelRefused, P2cError
from p2c.evaluate.answers import Correctness, ReferencedCritique, Severity
from p2c.evaluate.prompt import conversation
from p2c.model.types import Message, Model
from p2c.prompts import render
from p2c.types import Value


class SampleCritique(Value):
    """One fault as one sample sees it."""

    component: str
    severity: Severity
    file: str | None
    """As the model wrote it."""
    file_exists: bool | None
    """Whether the repository has such a file; None where none was named."""
    function: str | None = None
    reference_file: str | None = None
    reference_function: str | None = None
    critique: str


class Sample(Value):
    """One of n answers to the same question."""

    number: int
    """From 1."""
    state: Literal["valid", "invalid", "not_made"]
    """`invalid`: no usable answer came, although it was asked for twice, or the model refused."""
    score: int | None = None
    """1 to 5, of a valid sample."""
    asked: int = 0
    """Calls made for it; 2: its first answer could not be used, and the second one counts."""
    problem: str = ""
    """Why it is not valid."""
    critiques: tuple[SampleCritique, ...] = ()


def step_of(number: int) -> str:
    """The name of a sample in the journal and in recordings."""
    return f"score/{number}"


def score_messages(shared: Sequence[str], reference: str) -> tuple[Message, ...]:
    """The question, the same for every sample.

    Args:
        shared: the parts that every call begins with.
        reference: the part with the authors' repository; empty where there is none.
    """
    return conversation(*shared, reference, render("evaluate/score", has_reference=bool(reference)))


def take_sample(
    model: Model, number: int, messages: Sequence[Message], answer: type[Correctness], paths: frozenset[str]
) -> Sample:
    """Ask for one sample.

    Args:
        answer: `Correctness`, or `ReferencedCorrectness`.
        paths: every file of the repository.

    Raises:
        BudgetExceeded: it may not be asked for.
        ModelError: the endpoint failed; what was answered so far is kept.
    """
    try:
        said = model.ask_for(step_of(number), messages, answer)
    except (AnswerError, ModelRefused) as error:
        return Sample(number=number, state="invalid", problem=_why(error, number))
    critiques = []
    for one in said.critiques:
        file = _named(one.file)
        reference = one if isinstance(one, ReferencedCritique) else None
        critiques.append(
            SampleCritique(
                component=one.component,
                severity=one.severity,
                file=file,
                file_exists=None if file is None else file in paths,
                function=_named(one.function),
                reference_file=_named(reference.reference_file) if reference else None,
                reference_function=_named(reference.reference_function) if reference else None,
                critique=one.critique,
            )
        )
    return Sample(number=number, state="valid", score=said.score, critiques=tuple(critiques))


def _why(error: P2cError, number: int) -> str:
    """The message without the step's name, which the sample's number says."""
    return str(error).removeprefix(f"{step_of(number)}: ")


def _named(name: str | None) -> str | None:
    """A file or function as it is called; None for the words with which models say that there is none."""
    bare = (name or "").strip().strip("`").removeprefix("./")
    return None if bare.lower() in ("", "null", "none", "n/a", "-") else bare
