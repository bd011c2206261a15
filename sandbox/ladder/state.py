"""What is known of a tree while it is being verified, and how a step says that it ends there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

from sandbox.errors import RunnerLost
from sandbox.job import Job, Runner, RunResult
from sandbox.ladder.patience import Patient
from sandbox.requirements import Inference
from sandbox.session import Sandbox
from sandbox.settings import Settings
from sandbox.smoke.command import VARIABLES, Program, programs, scripts
from sandbox.smoke.endless import Endless, find_endless
from sandbox.smoke.exercised import Measured
from sandbox.smoke.modules import Modules, installed_path
from sandbox.smoke.outcome import Judged
from sandbox.smoke.script import Script
from sandbox.system import System, Windows, WithDisplay, read_windows
from sandbox.tree import Tree
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

ATTEMPTS = 3


@dataclass
class State:
    """Everything that the steps find out; each step adds to it."""

    tree: Tree
    settings: Settings
    sandbox: Sandbox
    pool: ThreadPoolExecutor
    rung: Rung = Rung.none
    outcome: Outcome = Outcome.passed
    failure: Failure | None = None
    missing: tuple[Missing, ...] = ()
    notes: list[str] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    inference: Inference = field(default_factory=lambda: Inference(()))
    environment: Environment | None = None
    withheld: frozenset[str] = frozenset()
    system: System = field(default_factory=System)
    image: str | None = None
    """Tag of the image with the system packages; None: the sandbox image has all."""
    windows: Windows = field(default_factory=Windows)
    """What the last run had open."""
    entry: EntryPoint | None = None
    smoke: SmokeRun | None = None
    measured: Measured | None = None
    pending: list[Future[tuple[Finding, ...]]] = field(default_factory=list)

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
        return find_endless(self.scripts)

    def job(self, *argv: str, collect: tuple[str, ...] = ()) -> Job:
        """A job over the tree, in its environment, under the user's limits."""
        folders = [f"/workspace/{folder}".rstrip("/") for folder in installed_path(self.tree)]
        env = {**VARIABLES, **({"PYTHONPATH": ":".join(folders)} if folders else {})}
        key = self.environment.key if self.environment else None
        return Job(argv, self.tree, key, self.settings.limits, env=env, collect=collect, image=self.image)

    @property
    def runner(self) -> Runner:
        """The runner for the repository's code: on a busy host it gives a run more time."""
        return Patient(self._shown, self.notes.append)

    @property
    def _shown(self) -> Runner:
        """The runner, with a display where the code may open windows and a display can be had."""
        has_display = self.image is not None and self.system.display
        return WithDisplay(self.sandbox.runner) if has_display else self.sandbox.runner

    def run(self, job: Job) -> RunResult:
        """Run a job; a runner that was lost is tried again. Raises InfrastructureError."""
        return self._seen(retried(lambda: self.runner.run(job)))

    def watch(self, job: Job) -> RunResult:
        """Run a program that never ends until its time is up. Raises InfrastructureError."""
        return self._seen(retried(lambda: self._shown.run(job)))

    def _seen(self, result: RunResult) -> RunResult:
        self.windows = read_windows(result)
        return result

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


def retried(call: Callable[[], RunResult]) -> RunResult:
    """`call()`, again when its container was lost. Raises InfrastructureError."""
    for _ in range(ATTEMPTS - 1):
        try:
            return call()
        except RunnerLost:
            continue
    return call()


def ended_well(result: RunResult) -> bool:
    """Whether the run's own process ended with exit status 0."""
    return result.ended is Ended.exited and result.exit_status == 0
