"""The common frame of every measurement: contestants take turns within each round, and a failure is a result too."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import docker

from benchmarks.child import Child, ContestantFailed
from benchmarks.images import Images
from benchmarks.results import Section, Series, Unit
from benchmarks.venvs import NoEnvironment, python_of


class InputMissing(Exception):
    """A measurement needs what only the user can name; the message says which option names it."""


CONTESTANTS = Path(__file__).parent / "contestants"
GIVE_UP = 3


@dataclass(frozen=True)
class Entrant:
    """A contestant: its name, its program, the environment it runs in (None: this project's), and its arguments."""

    name: str
    script: str
    requirements: str | None = None
    arguments: tuple[str, ...] = ()


P2C = Entrant("p2c", "drive_p2c.py")
PEERS = (
    Entrant("swe-rex", "drive_swe_rex.py", "swe-rex"),
    Entrant("docker exec", "drive_docker.py", None, ("exec",)),
    Entrant("mini-swe-agent", "drive_mini_swe_agent.py", "mini-swe-agent"),
    Entrant("llm-sandbox", "drive_llm_sandbox.py", "llm-sandbox"),
    Entrant("docker run", "drive_docker.py", None, ("run",)),
    Entrant("epicbox", "drive_epicbox.py", "epicbox"),
)


@dataclass(frozen=True)
class Bench:
    """What every measurement is given.

    Attributes:
        rounds: how often each contestant's turn comes; None: what the measurement needs for its medians.
        inputs: what the user named, for example the truth of requirement inference; may lack any key.
    """

    client: docker.DockerClient
    images: Images
    rounds: int | None = None
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def say(self, line: str) -> None:
        """A line of progress."""
        print(f"  {time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)

    def times(self, usual: int) -> int:
        """How many rounds: the user's word, else `usual`."""
        return self.rounds or usual

    def child(self, entrant: Entrant) -> Child:
        """Its process, not yet started to work.

        Raises:
            ContestantFailed: it cannot be installed.
        """
        try:
            python = python_of(entrant.requirements, self.say) if entrant.requirements else Path(sys.executable)
        except NoEnvironment as error:
            raise ContestantFailed(f"not installed: {error}") from error
        return Child([python, CONTESTANTS / entrant.script, *entrant.arguments])

    @contextmanager
    def started(self, entrant: Entrant, files: Mapping[str, str]) -> Iterator[Child]:
        """Its process with the tree `files` in place; what it leaves is removed.

        Raises:
            ContestantFailed: it cannot be installed or started.
        """
        with self.child(entrant) as child:
            try:
                child.ask("start", image=self.images.tag(entrant.name), files=dict(files))
                yield child
            finally:
                child.stop_quietly()
                self.images.remove_containers(entrant.name)

    @contextmanager
    def line_up(self, entrants: Sequence[Entrant], files: Mapping[str, str]) -> Iterator[Line]:
        """All of them started, and why some could not be."""
        line = Line()
        with ExitStack() as stack:
            for entrant in entrants:
                self.say(f"starting {entrant.name}")
                try:
                    line.children[entrant.name] = stack.enter_context(self.started(entrant, files))
                except ContestantFailed as error:
                    line.absent[entrant.name] = f"failed: {error}"
            yield line


def parts(cache: str) -> Child:
    """p2c's own parts, see `contestants/drive_sandbox.py`; its caches go to `cache`, the user's stay as they are."""
    return Child([sys.executable, CONTESTANTS / "drive_sandbox.py"], {"XDG_CACHE_HOME": cache})


@dataclass
class Line:
    """Contestants that are ready, and why others are not."""

    children: dict[str, Child] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)


Turn = Callable[[int], float]
"""One measurement in the round of that number; raises ContestantFailed."""


def interleave(
    turns: Mapping[str, Turn], rounds: int, unit: Unit, say: Callable[[str], None], give_up: int = GIVE_UP
) -> dict[str, Series]:
    """Every contestant's turn in every round, each round beginning with another one; their series by name.

    Args:
        give_up: one that failed so often and never gave a value is not asked again.
    """
    values: dict[str, list[float]] = {name: [] for name in turns}
    failures: dict[str, list[str]] = {name: [] for name in turns}
    names = list(turns)
    for number in range(rounds):
        if number % 5 == 0:
            say(f"round {number + 1} of {rounds}")
        at = number % max(1, len(names))
        for name in names[at:] + names[:at]:
            if not values[name] and len(failures[name]) >= give_up:
                continue
            try:
                values[name].append(turns[name](number))
            except ContestantFailed as error:
                failures[name].append(f"failed: {error}")
    return {
        name: Series(name=name, unit=unit, values=tuple(values[name]), failures=tuple(failures[name])) for name in names
    }


@dataclass(frozen=True)
class Measurement:
    """One measurement: its name on the command line and the function that makes its section."""

    name: str
    title: str
    run: Callable[[Bench], Section]
    needs: str = ""
    """Options that its command must have, with words in the place of the user's paths."""
