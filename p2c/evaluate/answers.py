"""What an evaluator answers: a correctness score with critiques, and the grade of one requirement."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class Severity(StrEnum):
    """How much a fault matters for the correctness of the implementation."""

    high = "high"
    """A core concept of the paper is missing or wrong."""
    medium = "medium"
    """Training, data or another core function is affected; the method as such stands."""
    low = "low"
    """A specific feature deviates; it can be worked around."""


class _Answer(BaseModel):
    """A model's answer. What it says besides the fields is no reason to lose a sample."""

    model_config = ConfigDict(frozen=True, extra="ignore")


Words = Annotated[str, Field(min_length=1)]


def _plain_word(value: object) -> object:
    """`High ` is `high`; an answer that means one thing alone is not worth another call."""
    return value.strip().lower() if isinstance(value, str) else value


def _digit(value: object) -> object:
    """`"1"` is 1."""
    bare = value.strip() if isinstance(value, str) else value
    return int(str(bare)) if bare in ("0", "1") else value


def _list(value: object) -> object:
    """Models write null for an empty list."""
    return () if value is None else value


def _no_truth(value: object) -> object:
    """A score of `true` is none, though Python counts it as 1."""
    if isinstance(value, bool):
        raise ValueError("must be an integer from 1 to 5")  # noqa: TRY004 - pydantic makes a validation error of it
    return value


class Critique(_Answer):
    """One fault of the repository against the paper."""

    component: Words
    """Which required component of the paper it concerns."""
    severity: Annotated[Severity, BeforeValidator(_plain_word)]
    file: str | None = None
    """Path in the repository; None where no file implements the component."""
    function: str | None = None
    critique: Words


class ReferencedCritique(Critique):
    """One fault of the repository against the paper and the authors' repository."""

    reference_file: str | None = None
    reference_function: str | None = None


class Correctness(_Answer):
    """One sample: what is wrong, then how correct the whole is, 1 (very poor) to 5 (excellent)."""

    critiques: tuple[Critique, ...]
    score: Annotated[int, BeforeValidator(_no_truth), Field(ge=1, le=5)]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Correctness:
        """A score is worth something only with the critiques that it follows from."""
        if self.score < 5 and not self.critiques:
            raise ValueError(f"a score of {self.score} needs the critiques that it follows from")
        if self.score == 5 and any(one.severity is Severity.high for one in self.critiques):
            raise ValueError("a score of 5 and a critique of severity high contradict each other")
        return self


class ReferencedCorrectness(Correctness):
    """One sample of an evaluation with the authors' repository."""

    critiques: tuple[ReferencedCritique, ...]


class Quote(_Answer):
    """A line of the repository, or of the run's record, as it stands there."""

    file: str
    line: str


class Grade(_Answer):
    """Whether one requirement is met: the reason, the lines that show it, then 0 or 1."""

    reason: Words
    evidence: Annotated[tuple[Quote, ...], BeforeValidator(_list)]
    score: Annotated[Literal[0, 1], BeforeValidator(_digit)]


def grade_with_evidence(is_found: Callable[[Quote], bool]) -> type[Grade]:
    """`Grade`, of which a 1 is valid only with a quote that `is_found`."""

    class CheckedGrade(Grade):
        """Whether one requirement is met: the reason, the lines that show it, then 0 or 1."""

        @model_validator(mode="after")
        def _is_shown(self) -> CheckedGrade:
            if self.score == 1 and not any(is_found(quote) for quote in self.evidence):
                raise ValueError(
                    "a score of 1 needs evidence: the path of a file that was shown and one whole line of it, copied "
                    "exactly; none of the lines given stands in the file given"
                )
            return self

    return CheckedGrade
