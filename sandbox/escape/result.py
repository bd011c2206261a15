"""What the suite saw, as values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sandbox.escape.control import Control


class State(StrEnum):
    """What came of a case or a control."""

    held = "held"
    unenforceable = "not enforceable here"
    """The engine or the kernel cannot do what it takes; an independent probe said so."""
    failed = "FAILED"


@dataclass(frozen=True)
class CaseResult:
    """What came of one case.

    Attributes:
        sentence: what must hold.
        why: what was seen, unless it held.
    """

    name: str
    control: Control
    sentence: str
    state: State
    seconds: float = 0.0
    why: str = ""


@dataclass(frozen=True)
class ControlResult:
    """What came of one control: of all its cases that were tried."""

    control: Control
    cases: tuple[CaseResult, ...]

    @property
    def state(self) -> State:
        """FAILED when any case failed; not enforceable when none held; else held."""
        states = {case.state for case in self.cases}
        if State.failed in states:
            return State.failed
        return State.held if State.held in states else State.unenforceable

    @property
    def seconds(self) -> float:
        """The time that its cases took, added up; some ran side by side."""
        return sum(case.seconds for case in self.cases)

    def count(self, state: State) -> int:
        """How many of its cases came to `state`."""
        return sum(1 for case in self.cases if case.state is state)


@dataclass(frozen=True)
class CheckReport:
    """The whole suite's result.

    Attributes:
        engine: version of the engine.
        runtime: the runtime that was tried.
        kernel: of the engine's host.
        seconds: wall time.
    """

    engine: str
    runtime: str
    kernel: str
    controls: tuple[ControlResult, ...]
    seconds: float

    @property
    def cases(self) -> tuple[CaseResult, ...]:
        """Every case."""
        return tuple(case for control in self.controls for case in control.cases)

    def count(self, state: State) -> int:
        """How many cases came to `state`."""
        return sum(control.count(state) for control in self.controls)

    @property
    def failed(self) -> bool:
        """Whether any control failed."""
        return self.count(State.failed) > 0

    def as_json(self) -> dict[str, Any]:
        """For programs: plain values."""
        controls = [
            {
                **asdict(found.control),
                "state": found.state.value,
                "seconds": round(found.seconds, 3),
                "cases": [
                    {
                        "name": case.name,
                        "sentence": case.sentence,
                        "state": case.state.value,
                        "seconds": round(case.seconds, 3),
                        "why": case.why,
                    }
                    for case in found.cases
                ],
            }
            for found in self.controls
        ]
        return {
            "engine": self.engine,
            "runtime": self.runtime,
            "kernel": self.kernel,
            "seconds": round(self.seconds, 3),
            "counts": {state.value: self.count(state) for state in State},
            "controls": controls,
        }
