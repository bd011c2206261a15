"""What `evaluation.json` holds; docs/evaluation.md explains it, docs/evaluation.schema.json is its JSON schema."""

from __future__ import annotations

from typing import Literal

from p2c.evaluate.fit import Shown
from p2c.evaluate.gather import LeftOut
from p2c.evaluate.score import Score
from p2c.evaluate.tally import RubricScore
from p2c.types import Usage, Value

MOST_LEFT_OUT = 500


class Seen(Value):
    """What the evaluator saw of a repository."""

    name: str
    tree: str
    """Digest of the whole repository."""
    files: int
    """That were shown, whole or in part."""
    characters: int
    cut: int
    """Of the files that were shown: those of which only the start was, for want of room."""
    no_room: int
    """Files that were not shown at all for want of room."""
    by_rule: int
    """Files that were not shown whatever the room: data, binaries, lock files."""
    ignored: int
    """Files that git ignores; they are not listed."""
    left_out: tuple[LeftOut, ...]
    """What was cut or not shown; at most 500 of them."""


class Context(Value):
    """The room there was."""

    tokens: int
    """The model's context window."""
    source: str
    """Where that number is from."""
    prompt_tokens: int
    """Of one prompt, an estimate."""
    paper_trimmed: bool
    """Whether the paper was shown in part; the prompt says so at each place."""


class Evaluation(Value):
    """One evaluation of one repository against one paper."""

    schema_version: Literal["1"] = "1"
    mode: Literal["reference-free", "reference-based"]
    paper: str
    """Its title."""
    paper_digest: str
    """SHA-256 (hex) of the paper's bytes."""
    model: str
    temperature: float | None
    """As it was asked for; an endpoint may not take one."""
    recorded: bool
    """Whether the answers were recorded ones."""
    context: Context
    repository: Seen
    reference: Seen | None = None
    """The authors' repository."""
    score: Score | None = None
    """None where no samples were wanted."""
    rubric: RubricScore | None = None
    """None without a rubric."""
    usage: dict[str, Usage]
    """Tokens and cost of the answers that count here, whenever they were paid for: `score`, `rubric`."""
    paid_now: Usage
    """What this process paid, for calls that failed as well."""
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def total_usage(self) -> Usage:
        """Tokens and cost of all answers that count here."""
        return sum(self.usage.values(), start=Usage())

    @property
    def is_whole(self) -> bool:
        """Whether all that was wanted was made, and something came of it."""
        score, rubric = self.score, self.rubric
        has_score = score is None or (score.valid > 0 and not score.not_made)
        has_grades = rubric is None or not (rubric.states.get("not_made") or set(rubric.states) == {"invalid"})
        return has_score and has_grades


def seen(shown: Shown) -> Seen:
    """What is said of a repository that was shown."""
    return Seen(
        name=shown.name,
        tree=shown.digest,
        files=len(shown.files),
        characters=shown.characters,
        cut=shown.cut,
        no_room=len(shown.no_room) - shown.cut,
        by_rule=len(shown.by_rule),
        ignored=shown.ignored,
        left_out=shown.left_out[:MOST_LEFT_OUT],
    )
