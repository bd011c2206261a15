"""Where a controller is killed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Moment:
    """A point in a child's life.

    Attributes:
        after: what the child says last before it is killed.
        seconds: how long after that.
        builds: whether the child builds the sandbox image first.
    """

    after: str
    seconds: float = 0.0
    builds: bool = False

    def __str__(self) -> str:
        return f"{self.after} + {self.seconds:g} s"


BRIEF = (
    Moment("start install", 0.9),
    Moment("start smoke", 0.3),
    Moment("start replay", 0.8),
)
"""One for each kind of thing that stays behind: an installer, a runner, a replay's environment."""

MOMENTS = (
    Moment("begun"),
    Moment("begun", 0.3),
    Moment("opened"),
    Moment("opened", 0.2),
    Moment("start parse"),
    Moment("start requirements"),
    Moment("start install", 0.2),
    Moment("start install", 0.6),
    Moment("start install", 0.9),
    Moment("start install", 1.3),
    Moment("start install", 2.0),
    Moment("start install", 3.0),
    Moment("start import"),
    Moment("start import", 0.2),
    Moment("start smoke"),
    Moment("start smoke", 0.3),
    Moment("start replay", 0.2),
    Moment("start replay", 0.5),
    Moment("start replay", 0.8),
    Moment("start replay", 1.2),
    Moment("start replay", 2.5),
    Moment("verified"),
    Moment("verified", 0.1),
    Moment("building", 0.5, builds=True),
    Moment("building", 3.0, builds=True),
    Moment("building", 7.0, builds=True),
)
"""Every step of a verify: connecting, warming, parsing, the installer, the builder, importing, the smoke run, the
replay and its environment, the removal, and the build of the image."""
