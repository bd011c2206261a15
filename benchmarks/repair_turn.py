"""A turn of the repair: from a model's reply to the next prompt, beside the program's own time."""

from __future__ import annotations

import importlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.endpoint import Answered, Body, Endpoint, Pace, Served
from benchmarks.frame import Bench, Measurement
from benchmarks.results import Section, Series, Table, Target
from benchmarks.stats import Spread, seconds_text
from benchmarks.turn_trees import CHAIN, real_size, right, small, wrong
from benchmarks.volumes import own_volume
from p2c.model.opening import open_model
from p2c.model.settings import ModelSettings
from p2c.repair.library import look_up_in
from p2c.repair.loop import repair_repository
from p2c.repair.sandboxed import verify_in
from p2c.repair.settings import RepairSettings
from p2c.run.history import History
from p2c.run.journal import Event, Journal
from p2c.types import Ending
from sandbox.controller import Sandbox
from sandbox.settings import Settings
from sandbox.tree import Tree

ROUNDS = 4
ABOVE_SECONDS = 0.2
SMOKE = "python main.py"
THINKS_SECONDS = 1.5
THINKING = Pace(latency=THINKS_SECONDS, prompt=1e9, reply=1e9)
AT_ONCE = Pace(latency=0.0, prompt=1e9, reply=1e9)


@dataclass(frozen=True)
class Repaired:
    """What is repaired, and how fast the endpoint answers."""

    make: Callable[[int], Tree]
    pace: Pace = THINKING


REPOSITORIES: Mapping[str, Repaired] = {
    "small": Repaired(small),
    "of real size": Repaired(real_size),
    "small, no time between turns": Repaired(small, AT_ONCE),
}
WHOLE = "from reply to prompt"
TAKEN_BACK, KEPT = "an edit that is taken back", "an edit that is kept"

METHOD = f"""A repository with a chain of six failures is repaired as `p2c repair` does it: real loop, sandbox, journal
and git history, and a stub of an endpoint on loopback that answers after {THINKS_SECONDS} s, sooner than models do:
meanwhile the containers for the next turn are made. What it costs when they are not is in the last tables, where it
answers at once; they have no limit. The limit is held against the median. To each failure it sends two replies: one
edit that can be applied and leaves the failure, which is taken back, and one that mends it, which is kept and uncovers
the next failure. A turn is the time at the endpoint from the last byte of a reply to the first of the next request. The
*program's own time* is that of the turn's smoke run, as the supervisor in its container took it; *above it* is the rest
of each turn. The small repository has eight files, the one of real size thirty-two files and five thousand lines; both
use NumPy, and their environment is there. Each round repairs a repository that was not seen before; a first one, which
fills every cache, is not measured. The parts make up the whole turn. A part is a function of the loop, or a step of the
ladder as it was waited for: the smoke run is begun early and goes on beside other steps, so the program's own time is
spread over them. *The rest* is what no part was timed for: the wire, and what lies between."""

PARTS = (
    ("parse and apply", "p2c.repair.agent", "parse"),
    ("parse and apply", "p2c.repair.agent", "apply"),
    ("guards", "p2c.repair.trial", "objections"),
    ("ratchet", "p2c.repair.trial", "judge"),
    ("lines and diff", "p2c.repair.attempts", "Record.finish"),
    ("commit", "p2c.run.history", "History.commit"),
    ("fixers", "p2c.repair.loop", "_Loop._fixed"),
    ("look-up of library functions", "p2c.repair.library", "Library.about"),
    ("prompt", "p2c.repair.agent", "DebuggingAgent.open"),
    ("prompt", "p2c.repair.agent", "Conversation.taken_back"),
)
"""What is timed, by name; a name that is gone fails the measurement."""
_CLIENT, _BETWEEN, _REST = "reply read and kept", "verify: between its steps", "the rest"


def measure(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    tables, targets = [], []
    with ExitStack() as stack:
        volume = stack.enter_context(own_volume(bench.client))
        sandbox = stack.enter_context(Sandbox.open(Settings(smoke=SMOKE), volume=volume))
        for first, (name, one) in enumerate(REPOSITORIES.items(), 1):
            turns: list[Turn] = []
            for number in range(bench.times(ROUNDS) + 1):
                bench.say(f"{name}: repair {number + 1}")
                found = _repair(sandbox, one, 1000 * first + number)
                turns += found if number else []
            for kind in (TAKEN_BACK, KEPT):
                of_kind = [turn for turn in turns if turn.kind == kind]
                tables.append(_table(f"{name}: {kind}", of_kind))
                targets += [_target(f"{name}: {kind}", of_kind)] if one.pace is THINKING else []
    return Section(
        name=MEASUREMENT.name, title=MEASUREMENT.title, method=METHOD, command="",
        tables=tuple(tables), targets=tuple(targets),
    )  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """One turn: its whole time, the program's own, and the parts that make up the whole, in seconds."""

    kind: str
    whole: float
    own: float
    parts: Mapping[str, float]

    @property
    def above(self) -> float:
        """What p2c adds to the program."""
        return self.whole - self.own


@dataclass
class Clock:
    """What was done (name, from, to) on the monotonic clock; and the journal's events with their times."""

    spans: list[tuple[str, float, float, float]] = field(default_factory=list)
    """With the seconds that are its own: those of timed functions that it calls are theirs."""
    events: list[tuple[float, Event]] = field(default_factory=list)
    own: list[tuple[float, float]] = field(default_factory=list)
    """When a verdict came, and its smoke run's own seconds."""
    _within: list[float] = field(default_factory=lambda: [0.0])
    """Seconds of what the functions that are being timed have called, the innermost last."""

    def hear(self, event: Event) -> None:
        """A listener of the journal."""
        self.events.append((time.monotonic(), event))

    @contextmanager
    def timing(self) -> Iterator[None]:
        """Within it, every call of one of `PARTS` is timed."""
        with ExitStack() as stack:
            for name, module, path in PARTS:
                *owners, attribute = path.split(".")
                owner: Any = importlib.import_module(module)
                for one in owners:
                    owner = getattr(owner, one)
                plain = getattr(owner, attribute)
                setattr(owner, attribute, self._timed(name, plain))
                stack.callback(setattr, owner, attribute, plain)
            yield

    def _timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **more: Any) -> Any:
            began = time.monotonic()
            self._within.append(0.0)
            try:
                return work(*given, **more)
            finally:
                ended, called = time.monotonic(), self._within.pop()
                self._within[-1] += ended - began
                self.spans.append((name, began, ended, ended - began - called))

        return timed


def _repair(sandbox: Sandbox, repaired: Repaired, salt: int) -> list[Turn]:
    """The turns of one repair. Raises RuntimeError where it did not go as it must."""
    tree = repaired.make(salt)
    replies = [reply for n, link in enumerate(CHAIN, 1) for reply in (wrong(link, salt, n), right(link))]
    left = list(enumerate(replies))

    def answer(_: Body) -> Answered:
        number, text = left.pop(0)
        return Answered(TAKEN_BACK if number % 2 == 0 else KEPT, text)

    clock = Clock()
    with tempfile.TemporaryDirectory(prefix="p2c-bench-") as name, Endpoint(answer, repaired.pace) as endpoint:
        folder = Path(name)
        journal = Journal(folder / "journal.jsonl", (clock.hear,))
        history = History.create(folder / "repository")
        history.commit(tree, "The repository as it came")
        asked = ModelSettings(base_url=endpoint.url, model="stub")
        plain, quick = verify_in(sandbox, Settings(smoke=SMOKE), "bench", name, journal)

        def counted(tree: Tree, until: Any, wanted: Any) -> Any:
            verdict = quick(tree, until, wanted)
            clock.own.append((time.monotonic(), verdict.smoke.seconds if verdict.smoke else 0.0))
            return verdict

        with open_model(asked, journal, folder / "exchanges.jsonl") as model, clock.timing():
            result = repair_repository(
                tree, verify=plain, quick=counted, model=model, journal=journal, history=history,
                look_up=look_up_in(sandbox, Settings(smoke=SMOKE), name),
                settings=RepairSettings(max_attempts=len(replies), smoke=SMOKE, reduce=False),
                verdicts=folder / "verdicts",
            )  # fmt: skip
        served = endpoint.served
    if result.ending is not Ending.verified or left:
        raise RuntimeError(f"the repair ended as {result.ending} with {len(left)} replies left: {result.reason}")
    return [_turn(clock, one, other) for one, other in pairwise(served)]


def _turn(clock: Clock, one: Served, other: Served) -> Turn:
    began, ended = one.ended, other.began

    def within(at: float) -> bool:
        return began <= at <= ended

    own = sum(seconds for at, seconds in clock.own if within(at))
    parts: dict[str, float] = {}
    for name, start, end, seconds in clock.spans:
        if within(start) and within(end):
            parts[name] = parts.get(name, 0.0) + seconds
    parts |= _steps([(at, event) for at, event in clock.events if within(at)])
    answered = [at for at, event in clock.events if event["event"] == "call_finished" and at >= began]
    parts[_CLIENT] = answered[0] - began
    rest = ended - began - sum(parts.values())
    return Turn(one.label, ended - began, own, {**parts, _REST: rest})


def _steps(events: list[tuple[float, Event]]) -> dict[str, float]:
    """Each step of the ladder as it was waited for."""
    found: dict[str, float] = {}
    whole, since = 0.0, 0.0
    for at, event in events:
        kind, name = event["event"], f"verify: {event.get('name')}"
        if kind == "verify_started":
            whole -= at
        elif kind == "verify_finished":
            whole += at
        elif kind == "verify_step_started":
            since = at
        elif kind == "verify_step":
            found[name] = found.get(name, 0.0) + at - since
    between = whole - sum(found.values())
    return {**found, _BETWEEN: between}


def _table(title: str, turns: list[Turn]) -> Table:
    names = dict.fromkeys(name for turn in turns for name in turn.parts)
    whole = [
        Series(name=WHOLE, unit="s", values=tuple(turn.whole for turn in turns)),
        Series(name="the program's own time", unit="s", values=tuple(turn.own for turn in turns)),
        Series(name="above it", unit="s", values=tuple(turn.above for turn in turns)),
    ]
    parts = [Series(name=n, unit="s", values=tuple(turn.parts.get(n, 0.0) for turn in turns)) for n in names]
    ordered = sorted(parts, key=lambda one: -Spread.of(one.values).median)
    return Table(title=title, series=(*whole, *ordered), base=WHOLE)


def _target(what: str, turns: list[Turn]) -> Target:
    above = Spread.of([turn.above for turn in turns])
    own = Spread.of([turn.own for turn in turns])
    held = sum(turn.above <= ABOVE_SECONDS for turn in turns)
    return Target(
        what=f"a turn above the program's own time, {what}",
        unit="s",
        sense="at most",
        limit=ABOVE_SECONDS,
        value=above.median,
        beside=f"{held} of {len(turns)} turns within it; the program itself took {seconds_text(own.median)}",
    )


MEASUREMENT = Measurement("turn", "A turn of the repair", measure)
