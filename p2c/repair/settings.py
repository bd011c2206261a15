"""What a user may set of a repair."""

from __future__ import annotations

from dataclasses import dataclass

from p2c.repair.formats import EditFormat

MOST_CANDIDATES = 12
"""As many edits as can be asked for at once: so many runners the sandbox keeps warm."""


@dataclass(frozen=True)
class RepairSettings:
    """The budget of a repair, and what must run. Fixers cost nothing and count against no limit of attempts."""

    max_attempts: int = 12
    """Edits by the model, in all."""
    attempts_in_conversation: int = 2
    """For one failure; after that a model repeats itself (field notes: fresh starts help)."""
    conversations: int = 2
    """For one failure: the first, and fresh ones that know what was tried."""
    candidates: int = 1
    """Edits that are asked for and tried at the same time; each one is an attempt."""
    max_minutes: float | None = None
    """Of this process, for fixers, attempts and reduction. What is under way then comes to its end by its own limits,
    and what was reached is replayed."""
    reduce: bool = True
    """Whether what is not needed is taken back at the end."""
    max_reduction_runs: int = 40
    """Runs that the reduction may use."""
    max_prompt_chars: int = 60_000
    """Of one prompt of the debugging agent, its rules included."""
    context_tokens: int | None = None
    """The model's context window, where it is known; a prompt and its reply are made to fit into it."""
    edit_format: EditFormat = "auto"
    """The form in which the debugging agent gives its edits."""
    smoke: str | None = None
    """The command that must run, where the user or the plan says one. With it a run that does nothing is mended."""
