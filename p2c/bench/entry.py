"""One entry of a set: what is run, how, and what is expected of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from p2c.repair.settings import MOST_CANDIDATES

Kind = Literal["repository", "paper"]
ExpectedEnding = Literal["verified", "blocked", "stalled", "budget"]
RungName = Literal["none", "parses", "installs", "imports", "starts", "runs", "replays"]
Words = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]
Package = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")]
LONGEST_SECONDS = 366 * 24 * 3600
"""A year: clocks cannot be told to wait for any number of seconds."""

ONLY_FOR: dict[str, Kind] = {
    "no_model": "repository",
    "figures": "paper",
}
"""Options that one of the two commands has alone."""


def kebab(name: str) -> str:
    """A field's name as a manifest writes it."""
    return name.rstrip("_").replace("_", "-")


class Options(BaseModel):
    """What a manifest may say of an entry or, among the defaults, of all; None is what the command itself takes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=kebab, allow_inf_nan=False)

    class_: Words = ""
    tags: tuple[Words, ...] = Field(default=(), strict=False)
    expect: ExpectedEnding = "verified"
    expect_rung: RungName | None = None
    expect_first_rung: RungName | None = None
    smoke: Words | None = None
    allow: tuple[Package, ...] = Field(default=(), strict=False)
    timeout: float | None = Field(default=None, ge=1, le=LONGEST_SECONDS)
    runtime: Words | None = None
    model: Words | None = None
    no_model: bool = False
    max_attempts: int | None = Field(default=None, ge=0, le=1_000_000)
    max_cost: float | None = Field(default=None, ge=0)
    max_minutes: float | None = Field(default=None, gt=0, le=LONGEST_SECONDS / 60)
    end_after: float | None = Field(default=None, gt=0, le=LONGEST_SECONDS / 60)
    candidates: int | None = Field(default=None, ge=1, le=MOST_CANDIDATES)
    edit_format: Literal["blocks", "whole", "auto"] | None = None
    figures: bool = False


class Written(Options):
    """An entry as a manifest writes it."""

    name: Words | None = None
    repository: Words | None = None
    paper: Words | None = None
    repositories: tuple[Words, ...] | None = Field(default=None, min_length=1, strict=False)
    papers: tuple[Words, ...] | None = Field(default=None, min_length=1, strict=False)
    minimum: int | None = Field(default=None, ge=0)
    recorded: Words | None = None


class Entry(BaseModel):
    """One paper or repository to run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    path: Path
    """Of the paper or the repository, absolute."""
    place: str
    """The same as the manifest writes it."""
    options: Options
    minimum: int | None = None
    """Lines of the known smallest mend."""
    recorded: Path | None = None
    """Recorded replies, absolute."""

    @property
    def asks(self) -> bool:
        """Whether it may ask an endpoint, which may cost money."""
        return self.recorded is None and not self.options.no_model
