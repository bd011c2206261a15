"""What a run's events add up to: what is under way, calls, tokens, cost. No output, no clock of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from p2c.run.journal import Event
from p2c.types import Usage
from sandbox.words import counted

REPEATED = 30.0
"""Seconds after which the same trouble is told again."""


@dataclass
class Tally:
    """The sum of the events so far.

    Attributes:
        usage: of the calls of this process; what a resumed run paid earlier is not in it.
        recorded: calls that were answered from a recording or from this run's own exchanges.
        under_way: what is being done -> when it began, seconds since the epoch.
        step_usage: usage by step, of the calls of this process.
    """

    usage: Usage = field(default_factory=Usage)
    recorded: int = 0
    under_way: dict[str, float] = field(default_factory=dict)
    step_usage: dict[str, Usage] = field(default_factory=dict)
    waiting: dict[str, float] = field(default_factory=dict)
    """Calls that wait for an answer -> when they were made."""
    received: dict[str, int] = field(default_factory=dict)
    """Calls whose answer has begun -> characters so far."""
    again: dict[str, int] = field(default_factory=dict)
    """Calls that failed and are made again -> how often."""
    was_told: bool = False
    """Whether the last event's reason was that of another one shortly before: a storm of refusals is one trouble."""
    _told: dict[str, float] = field(default_factory=dict)
    is_interrupted: bool = False
    """Whether the user has interrupted the run, which waits for what is under way."""
    ladders: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Tree of a verify under way -> its name, and the step of the ladder that it is in."""

    def add(self, event: Event) -> None:
        """Take one more event of the journal into account."""
        kind, time = str(event["event"]), _number(event.get("time"))
        step = str(event.get("step", ""))
        if kind == "step_started":
            self.under_way[step] = time
        elif kind in ("step_finished", "step_failed"):
            self.under_way.pop(step, None)
            if kind == "step_failed":
                self._tell(f"stopped: {reason(event)}", time)
        elif kind == "call_started":
            self.waiting[step] = time
        elif kind == "call_progress":
            self.received[step] = int(_number(event.get("characters")))
        elif kind == "call_retried":
            self.received.pop(step, None)
            self.again[step] = self.again.get(step, 0) + 1
            self._tell(reason(event), time)
        elif kind in ("call_finished", "call_failed"):
            for known in (self.waiting, self.received, self.again):
                known.pop(step, None)
            if kind == "call_finished" or event.get("usage"):
                self._count(step, event)
        elif kind.startswith("verify_"):
            self._verify(kind, event, time)
        elif kind in ("started", "interrupted"):
            self.is_interrupted = kind == "interrupted"

    def busy(self) -> dict[str, float]:
        """What is under way, the longest first -> when it began; a call counts unless its step does."""
        steps = self.under_way
        calls = {name: began for name, began in self.waiting.items() if name.removesuffix("/again") not in steps}
        return dict(sorted({**steps, **calls}.items(), key=lambda item: item[1]))

    def arrived(self, name: str) -> str:
        """`, 1,234 characters so far` for a call, or a step with a call, whose answer has begun; a verify's step.

        `, asked again 2 times` where it failed.
        """
        if step := next((step for known, step in self.ladders.values() if known == name), ""):
            return f", {step}"
        again = self.again.get(f"{name}/again") or self.again.get(name)
        characters = self.received.get(f"{name}/again") or self.received.get(name)
        failed = f", asked again {counted(again, 'time')}" if again else ""
        return failed + (f", {characters:,} characters so far" if characters else "")

    def which(self, event: Event) -> str:
        """`attempt 4: ` before what is told of one of several verifies that are under way, else nothing."""
        name, _ = self.ladders.get(str(event.get("tree", "")), ("", ""))
        return f"{name.removeprefix('verify ')}: " if name and len(self.ladders) > 1 else ""

    def totals(self) -> str:
        """`12 calls, 40,123 + 8,050 tokens (61 % cached), $0.0312`; no cost before a call was answered."""
        usage = self.usage
        cached = f" ({100 * usage.cached_tokens // usage.prompt_tokens} % cached)" if usage.cached_tokens else ""
        recorded = f" ({self.recorded} recorded)" if self.recorded else ""
        calls = f"{counted(usage.calls, 'call')}{recorded}"
        cost = ", cost unknown" if usage.cost_usd is None else f", ${usage.cost_usd:.4f}" if usage.calls else ""
        return f"{calls}, {usage.prompt_tokens:,} + {usage.reply_tokens:,} tokens{cached}{cost}"

    def _tell(self, what: str, time: float) -> None:
        """Note that this is said now, unless it was said just before."""
        self.was_told = time - self._told.get(what, -REPEATED) < REPEATED
        if not self.was_told:
            self._told[what] = time

    def _verify(self, kind: str, event: Event, time: float) -> None:
        name, tree = f"verify {event.get('label', '')}".strip(), str(event.get("tree", ""))
        if kind == "verify_started":
            self.under_way[name] = time
            self.ladders[tree] = (name, "")
        elif kind == "verify_finished":
            self.under_way.pop(name, None)
            self.ladders.pop(tree, None)
        elif kind == "verify_step_started":
            self.ladders[tree] = (self.ladders.get(tree, (name, ""))[0], str(event.get("name", "")))

    def _count(self, step: str, event: Event) -> None:
        usage = _usage(event.get("usage"))
        name = step.removesuffix("/again")
        self.usage += usage
        self.step_usage[name] = self.step_usage.get(name, Usage()) + usage
        self.recorded += bool(event.get("recorded"))


def reason(event: Event) -> str:
    """Why something failed, without its step's name."""
    return str(event.get("reason") or "no reason given").removeprefix(f"{event.get('step', '')}: ")


def duration(seconds: float) -> str:
    """`42 s`, `3 min 07 s`, `1 h 02 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _usage(value: object) -> Usage:
    if isinstance(value, Usage):
        return value
    return Usage.model_validate(value) if isinstance(value, Mapping) else Usage(calls=1)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
