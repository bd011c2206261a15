"""The values that flow from paper to report. Frozen and typed; they import nothing but each other."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Value(BaseModel):
    """A frozen value; unknown fields are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ---------------------------------------------------------------- the paper


class Section(Value):
    """One section of a paper, in reading order."""

    title: str
    level: int = Field(ge=1, le=6)
    text: str
    """Markdown: paragraphs, lists, tables as pipe tables, equations between `$$`, captions in place."""
    kind: Literal["body", "appendix", "references", "acknowledgements"] = "body"


class Figure(Value):
    """A figure; its image lies beside the paper's text in the run folder."""

    label: str
    """For example `Figure 2`."""
    caption: str
    page: int | None = None
    image: str | None = None
    """File name below `paper/figures/`."""


class Paper(Value):
    """A paper, as read."""

    title: str
    abstract: str
    sections: tuple[Section, ...]
    figures: tuple[Figure, ...] = ()
    source: Literal["pdf", "latex", "json", "markdown"]
    digest: str
    """SHA-256 (hex) of the input's bytes."""
    notes: tuple[str, ...] = ()
    """What was left out or could not be read."""


# ---------------------------------------------------------------- the plan


class SmokeContract(Value):
    """What must run: offline, on CPU, on tiny synthetic data, in about a minute."""

    command: str
    """A shell line, run in the root of the repository; it must end with exit status 0."""
    metrics_file: str
    """Relative path of the JSON file that the command writes."""
    expected_seconds: float = 60.0


class PlannedFile(Value):
    """One file that the coder writes."""

    path: str
    description: str
    depends_on: tuple[str, ...] = ()
    """Paths of planned files that must be written before."""


class Claim(Value):
    """A claim, equation, algorithm, data set or table of the paper, and the code that is to implement it."""

    claim: str
    """In a few words."""
    place: str
    """Where the paper has it, for example `Section 3.2`, `Algorithm 1`, `eq. (4)`."""
    file: str
    """Path of a planned file."""
    name: str
    """A function, a class, `Class.method` or a constant of that file."""


class Architecture(Value):
    """The design: what there is and how it works together."""

    overview: str
    files: tuple[str, ...]
    class_diagram: str
    """Mermaid `classDiagram`."""
    sequence_diagram: str
    """Mermaid `sequenceDiagram`."""


class Logic(Value):
    """The files in the order in which they are written, and what they need."""

    files: tuple[PlannedFile, ...]
    packages: tuple[str, ...]
    """PEP 508 requirements."""
    smoke: SmokeContract
    full_command: str = ""
    """A shell line that starts the paper's full experiments; empty where the smoke run is all there is."""
    claims: tuple[Claim, ...] = ()
    """What of the paper is implemented where."""


class Plan(Value):
    """Everything that planning decided."""

    overview: str
    architecture: Architecture
    logic: Logic
    config_yaml: str


class FileAnalysis(Value):
    """What one file must do, in Markdown."""

    path: str
    text: str


# ---------------------------------------------------------------- lines, edits, endings


class LineCount(Value):
    """Lines modified between two trees. Within a hunk a replaced line counts once: max(removed, added)."""

    python: int = 0
    other: int = 0
    """Requirements, configuration, shell, everything that is not Python."""

    @property
    def total(self) -> int:
        """All lines modified."""
        return self.python + self.other


class MadeSmaller(Value):
    """A setting that a repair made smaller: the program as it came does more than the one that was seen to run."""

    file: str
    name: str
    before: float
    after: float


class LinesModified(Value):
    """The figure that this project exists to make honest (README, "Lines modified")."""

    baseline_lines: int
    """Non-blank lines of the baseline's text files, without data."""
    net: LineCount
    """Baseline to the first state that runs."""
    gross: LineCount
    """Summed over all accepted edits."""
    reduced: LineCount
    """Baseline to the state after reduction: the smallest set of hunks that still runs."""
    rewritten: LineCount = LineCount()
    """Of files that never were code and were written again (README, "Lines modified"); in none of the others."""
    baseline_python: int = 0
    """Of the baseline's lines, those that are Python."""
    by_hand: LineCount = LineCount()
    """Summed over the edits that a person made to the repository in the run folder; in none of the others."""

    @property
    def share(self) -> float:
        """Reduced lines as a share of the baseline's, 0 to 1; more where more was written than there was."""
        return self.reduced.total / self.baseline_lines if self.baseline_lines else 0.0

    @property
    def python_share(self) -> float:
        """Reduced Python lines as a share of the baseline's, 0 to 1: documents and data in it alter nothing."""
        return self.reduced.python / self.baseline_python if self.baseline_python else 0.0


class Ending(StrEnum):
    """How a repair ended."""

    verified = "verified"
    blocked = "blocked"
    stalled = "stalled"
    """Two attempts and a fresh conversation for one failure did not get further."""
    budget = "budget"
    infrastructure = "infrastructure"


class Attempt(Value):
    """One attempt at one failure."""

    number: int
    signature: str
    failure: str
    """One line: the failure it was made for."""
    origin: str
    """`fixer:NAME` or `model`."""
    candidate: int = 1
    """Its number among the edits that were asked for at the same time."""
    candidates: int = 1
    """How many these were."""
    accepted: bool
    gave_up: bool = False
    """The model made no edit: it said that no change of the code can help."""
    reason: str
    """Why it was accepted or refused."""
    rung_before: int
    rung_after: int | None = None
    lines: LineCount = LineCount()
    diff: str = ""
    seconds: float = 0.0


# ---------------------------------------------------------------- tokens and money


class Usage(Value):
    """Tokens of one or more model calls, as the endpoint counted them."""

    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Of the prompt tokens, those served by the endpoint's prefix cache."""
    reply_tokens: int = 0
    cost_usd: float | None = 0.0
    """None when the price of the model is not known."""

    def __add__(self, other: Usage) -> Usage:
        unknown = self.cost_usd is None or other.cost_usd is None
        return Usage(
            calls=self.calls + other.calls,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            reply_tokens=self.reply_tokens + other.reply_tokens,
            cost_usd=None if unknown else (self.cost_usd or 0.0) + (other.cost_usd or 0.0),
        )
