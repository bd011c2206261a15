"""What is known of a tree while it is being verified, and how a step says that it ends there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from sandbox.calloff import CallOff
from sandbox.checks import Parsed
from sandbox.job import Job, Runner, RunResult
from sandbox.ladder.ahead import Ahead, Early, Recallable
from sandbox.ladder.patience import Patient
from sandbox.ladder.retried import Retried
from sandbox.requirements import Inference
from sandbox.session import Sandbox
from sandbox.settings import Settings
from sandbox.smoke.command import VARIABLES, Program, programs, scripts
from sandbox.smoke.endless import Endless, find_endless
from sandbox.smoke.exercised import Measured
from sandbox.smoke.figures import find_figure
from sandbox.smoke.imports import Imported
from sandbox.smoke.modules import Modules, installed_path
from sandbox.smoke.outcome import Judged
from sandbox.smoke.script import Script
from sandbox.system import System, WithDisplay
from sandbox.tree import Tree
from sandbox.turns import Worked
from sandbox.verdict import (
    Ended,
    EntryPoint,
    Environment,
    Failure,
    Finding,
    Missing,
    Outcome,
    Rung,
    SmokeRun,
)

Key = TypeVar("Key")
Result = TypeVar("Result")
PLACES = 64
"""So many repositories are remembered, the last used ones."""


@dataclass
class Begun:
    """The work of later steps, which may be done early; None: there is none."""

    imports: Early[Imported] | None = None
    known: Imported | None = None
    """What importing came to the last time, where it would come to the same now; nothing is begun then."""
    start: Early[RunResult] | None = None
    smoke: Early[RunResult] | None = None
    guess: Early[RunResult] | None = None
    """A smoke run that was begun before it was known to be this tree's."""
    said: list[str] = field(default_factory=list)
    """Notes on it, which are the verdict's when it turns out to be this tree's."""
    replay: Early[RunResult] | None = None
    typed: tuple[str, Early[tuple[Finding, ...]]] | None = None
    """mypy, begun before it was known to be this tree's, and the folder that it begins from."""
    checks: list[Early[tuple[Finding, ...]]] = field(default_factory=list)


@dataclass
class State:
    """Everything that the steps find out; each step adds to it."""

    tree: Tree
    settings: Settings
    sandbox: Sandbox
    ahead: Ahead
    until: Rung = Rung.replays
    place: str | None = None
    """Tells this repository from others, the next time too."""
    keep: Callable[[Mapping[str, bytes]], None] | None = None
    """Is given what the last run of the ladder wrote; None: it is thrown away."""
    tell: Callable[[str], None] = lambda _step: None
    """Is told the name of a step when it, or the wait for it, begins."""
    rung: Rung = Rung.none
    outcome: Outcome = Outcome.passed
    failure: Failure | None = None
    missing: tuple[Missing, ...] = ()
    notes: list[str] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    parsed: Parsed | None = None
    inference: Inference = field(default_factory=lambda: Inference(()))
    environment: Environment | None = None
    withheld: frozenset[str] = frozenset()
    system: System = field(default_factory=System)
    image: str | None = None
    """Tag of the image with the system packages; None: the sandbox image has all."""
    entry: EntryPoint | None = None
    smoke: SmokeRun | None = None
    smoke_was_warm: bool = False
    """Whether the smoke run found modules imported beforehand."""
    measured: Measured | None = None
    guessed: Job | None = None
    """What `begun.guess` runs, without its tree."""
    begun: Begun = field(default_factory=Begun)
    elsewhere: float = 0.0
    """Seconds that the present step's work took beyond those for which it was waited for."""

    @cached_property
    def modules(self) -> Modules:
        """The tree's modules; only asked for when every file parses."""
        return Modules.of(self.tree)

    @property
    def command(self) -> str:
        """The smoke command; empty when there is none."""
        return self.entry.command if self.entry else ""

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        """The files that the smoke command runs."""
        return programs(self.command, self.tree, self.modules)

    @cached_property
    def scripts(self) -> tuple[Script, ...]:
        """The files that the smoke command runs, and what they import."""
        return scripts(self.command, self.tree, self.modules)

    @cached_property
    def endless(self) -> Endless | None:
        """Why the program is believed never to end."""
        return find_endless(self.scripts) or find_figure(self.scripts, self.inference.uses)

    def job(self, *argv: str, collect: tuple[str, ...] = ()) -> Job:
        """A job over the tree, in its environment, under the user's limits."""
        folders = [f"/workspace/{folder}".rstrip("/") for folder in installed_path(self.tree)]
        env = {**VARIABLES, **({"PYTHONPATH": ":".join(folders)} if folders else {})}
        key = self.environment.key if self.environment else None
        return Job(argv, self.tree, key, self.settings.limits, env=env, collect=collect, image=self.image)

    def runner(self, call_off: CallOff) -> Runner:
        """The runner for the repository's code: on a busy host it gives a run a second chance."""
        return Patient(self._shown(call_off), self._note, lambda: self.ahead.call_off(but=call_off))

    def tools_runner(self, call_off: CallOff) -> Runner:
        """The runner for tools of ours, which only read the code; a container that was lost is replaced."""
        return Recallable(Retried(self.sandbox.runner), call_off)

    def _shown(self, call_off: CallOff) -> Runner:
        """The runner, with a display where the code may open windows and a display can be had."""
        runner = self.tools_runner(call_off)
        has_display = self.image is not None and self.system.display
        return WithDisplay(runner) if has_display else runner

    def _note(self, said: str) -> None:
        """A note that is worth telling at once: what happens now takes long."""
        self.notes.append(said)
        if self.sandbox.tell is not None:
            self.sandbox.tell(said)

    def run(self, job: Job, call_off: CallOff | None = None) -> RunResult:
        """Run a job. Raises InfrastructureError; CalledOff."""
        return self.runner(call_off or CallOff()).run(job)

    def watch(self, job: Job, call_off: CallOff | None = None) -> RunResult:
        """Run a program that never ends until its time is up. Raises InfrastructureError; CalledOff."""
        return self._shown(call_off or CallOff()).run(job)

    def read(self, early: Early[Result]) -> Result:
        """The result of work that may have been done early, and its time on the present step's account."""
        clock = Worked()
        value = early.result()
        self.elsewhere += early.seconds - clock.seconds
        return value

    def foresee(self, step: str, early: Early[Result]) -> Result:
        """The result of the later `step`, which the present one needs; its time stays on that step's account."""
        self.tell(step)
        clock = Worked()
        value = early.result()
        self.elsewhere -= clock.seconds
        return value

    def stop(self, judged: Judged) -> None:
        """End the ladder here, with this outcome."""
        self.outcome, self.failure = judged.outcome, judged.failure
        self.missing = _without_doubles((*judged.missing, *self.missing), self.inference)


def _without_doubles(missing: tuple[Missing, ...], inference: Inference) -> tuple[Missing, ...]:
    """Each missing thing once, with all that was said of it; a package by the name of its distribution."""
    requirements = (*inference.requirements, *inference.little_known)
    named = {module.partition(".")[0]: one.distribution for one in requirements for module in one.modules}
    found: dict[tuple[str, str], Missing] = {}
    for one in missing:
        what = named.get(one.what, one.what) if one.kind == "package" else one.what
        known = found.get((one.kind, what))
        said = "\n".join(dict.fromkeys((known.evidence, one.evidence))) if known else one.evidence
        found[one.kind, what] = one.model_copy(update={"what": what, "evidence": said})
    return tuple(found.values())


def keep_last(kept: dict[Key, Result], key: Key, value: Result) -> None:
    """Keep `value`, and what was kept last besides."""
    kept.pop(key, None)
    kept[key] = value
    for oldest in list(kept)[:-PLACES]:
        kept.pop(oldest, None)


def ended_well(result: RunResult) -> bool:
    """Whether the run's own process ended with exit status 0."""
    return result.ended is Ended.exited and result.exit_status == 0


def has_traceback(result: RunResult) -> bool:
    """Whether it printed one, however it ended."""
    return "Traceback (most recent call last)" in result.stderr.text()
