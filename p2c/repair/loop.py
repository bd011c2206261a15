"""The repair loop: verify, edit, verify again; keep what gets further, take back what does not.

    verdict = verify(repository)
    while the failure is the code's own and the budget lasts:
        edit     = a deterministic fixer's, else the debugging agent's
        edit     must apply and pass the guards
        verdict' = verify(edited)
        keep it when it reached further; else tell the agent what happened
    reduce the accepted edits; replay the result in a fresh environment

The loop is deterministic given verdicts and replies, and both are kept on disk: an interrupted repair that is
started again goes the same way in moments and on from where it was.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from p2c.errors import BudgetExceeded
from p2c.model.types import Model
from p2c.repair.agent import DebuggingAgent
from p2c.repair.attempts import Record
from p2c.repair.cache import CachedVerify, Verify
from p2c.repair.failing import evidence, headline, never_code, signature
from p2c.repair.finish import finish
from p2c.repair.fixers import FIXERS, Case
from p2c.repair.guards import Repair, objections
from p2c.repair.progress import Judgement, Seen, judge
from p2c.repair.result import RepairResult
from p2c.repair.settings import RepairSettings
from p2c.run.journal import Journal
from p2c.shorten import shorten
from p2c.types import Ending, Plan
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Rung, Verdict
from sandbox.words import counted

_MENDABLE = frozenset({"data", "network", "gpu", "input", "arguments", "display"})
"""What a program can be made to do without, where a plan promises that it runs offline on a CPU."""

_SUBJECT = 72
"""Characters of a commit's first line."""


class History(Protocol):
    """The git history of the repository that comes out."""

    def commit(self, tree: Tree, message: str) -> str:
        """Make `tree` the next commit; returns its id."""
        ...


class _End(Exception):
    def __init__(self, ending: Ending, reason: str) -> None:
        super().__init__(reason)
        self.ending = ending
        self.reason = reason


def repair_repository(
    tree: Tree,
    *,
    verify: Verify,
    model: Model | None,
    settings: RepairSettings,
    journal: Journal,
    quick: Verify | None = None,
    history: History | None = None,
    plan: Plan | None = None,
    analyses: Mapping[str, str] | None = None,
    verdicts: Path | None = None,
    key: str = "",
) -> RepairResult:
    """Repair `tree` until it runs, its failure is not its own, nothing helps, or the budget ends.

    Args:
        verify: the verdict on a tree, tried up to a rung.
        quick: a quicker verdict, by which nothing is accepted and nothing ends; None: there is none.
        model: asked when no fixer knows the failure; with None only the fixers work.
        history: gets a commit for each accepted edit; the baseline's commit is the caller's.
        plan, analyses: what was planned, and the note on each file, by path; where the code was generated.
        verdicts: a folder in which verdicts are kept, so that an interrupted repair repeats no run.
        key: what verdicts depend on besides the tree (smoke command, limits, image), as text.

    Raises:
        ModelError: the endpoint failed for good. What was accepted is in the history.
    """
    checked = CachedVerify(verify, journal, verdicts, key, quick)
    agent = DebuggingAgent(model, settings, journal, plan, analyses) if model else None
    loop = _Loop(tree, checked, settings=settings, journal=journal, history=history, plan=plan, agent=agent)
    return loop.run()


class _Loop:
    def __init__(
        self,
        tree: Tree,
        verify: CachedVerify,
        *,
        settings: RepairSettings,
        journal: Journal,
        history: History | None,
        plan: Plan | None,
        agent: DebuggingAgent | None,
    ) -> None:
        self.verify = verify
        self.settings = settings
        self.journal = journal
        self.history = history
        self.plan = plan
        self.agent = agent
        self.record = Record(tree, journal)
        self.first = verify(tree, Rung.replays, "the repository as it came")
        self.best = Seen(tree, self.first)
        self.deadline = time.monotonic() + settings.max_minutes * 60 if settings.max_minutes else None
        self.mended: set[str] = set()
        self.tried: dict[str, str] = {tree.digest(): "the repository as it was"}
        self.fixed: set[tuple[str, str]] = set()

    def run(self) -> RepairResult:
        while True:
            try:
                self._end_where_over()
                if not self._fixed():
                    self._asked()
            except _End as end:
                ending, reason = end.ending, end.reason
                if not self._is_otherwise():
                    break
        result = finish(
            self.record,
            self.best,
            first=self.first,
            ending=ending,
            reason=reason,
            verify=self.verify,
            settings=self.settings,
            journal=self.journal,
            honest=self._honest,
        )
        if self.history and result.tree.digest() != self.best.tree.digest():
            before, after = result.hunks
            self.history.commit(
                result.tree, f"Take back what was not needed\n\n{before - after} of {counted(before, 'hunk')}."
            )
        self.journal.emit("ended", ending=result.ending.value, summary=result.reason)
        return result

    def _end_where_over(self) -> None:
        if self.best.verdict.verified and self.best.verdict.rung < Rung.replays:
            self._replay()
        verdict = self.best.verdict
        if verdict.verified:
            raise _End(Ending.verified, verdict.summary)
        if verdict.failure is not None and verdict.failure.step == "replay":
            raise _End(Ending.stalled, f"it ran, but not again when it was replayed: {verdict.summary}")
        if verdict.outcome is Outcome.infrastructure:
            raise _End(Ending.infrastructure, verdict.summary)
        if verdict.outcome is Outcome.vacuous and not self._contract():
            raise _End(Ending.stalled, f"{verdict.summary} Say what must run with --smoke.")
        if verdict.outcome is Outcome.blocked and not (self.plan and {m.kind for m in verdict.missing} <= _MENDABLE):
            raise _End(Ending.blocked, verdict.summary)

    def _replay(self) -> None:
        """A tree that runs, replayed in a fresh environment; that also measures what the run went through."""
        verdict = self.verify(self.best.tree, Rung.replays, "replay in a fresh environment")
        if verdict.outcome is Outcome.infrastructure:
            why = verdict.summary
            verdict = self.verify(self.best.tree, Rung.runs, "run without a replay", decides=True)
            if verdict.verified:
                self.best = Seen(self.best.tree, verdict)
                raise _End(Ending.verified, f"{verdict.summary} The replay could not be made: {why}")
            if verdict.outcome is Outcome.infrastructure:
                raise _End(Ending.infrastructure, verdict.summary)
        self.best = Seen(self.best.tree, verdict)

    def _is_otherwise(self) -> bool:
        """Whether a plain run ends otherwise than the quick one by which the repair would end; then it goes on."""
        if not self.verify.doubtful(self.best.tree, Rung.runs):
            return False
        before = self.best.verdict
        verdict = self.verify(self.best.tree, Rung.runs, "the last failure, once more", decides=True)
        if verdict.outcome is Outcome.infrastructure:
            return False
        self.best = Seen(self.best.tree, verdict)
        return verdict.verified or signature(verdict) != signature(before)

    def _contract(self) -> bool:
        return self.plan is not None or self.settings.smoke is not None

    def _fixed(self) -> bool:
        """Try the fixers on the present failure, each once; whether one got further."""
        case = Case(self.best.tree, self.best.verdict)
        failing = signature(case.verdict)
        for fixer in FIXERS:
            name = fixer.__name__
            fix = None if (name, failing) in self.fixed else fixer(case)
            self.fixed.add((name, failing))
            if fix is None:
                continue
            self.record.start(case.verdict, f"fixer:{name}")
            judgement, _ = self._try(case.tree.changed(fix.changes), fix.rewrites, fix.message, guarded=False)
            if judgement.further:
                return True
        return False

    def _asked(self) -> None:
        """Ask the agent about the present failure until it is mended; raises `_End` where it is not."""
        if self.agent is None:
            raise _End(Ending.stalled, f"no fixer knows this failure and no model was asked: {self._failure()}")
        gave_up: list[str] = []
        for _ in range(self.settings.conversations):
            talk = self.agent.open(self.best.tree, self.best.verdict, self.record.ledger)
            for _ in range(self.settings.attempts_in_conversation):
                self._end_where_spent()
                self.record.start(self.best.verdict, "model")
                try:
                    proposal = talk.propose(self.record.asked)
                except BudgetExceeded as error:
                    self.record.abandon()
                    raise _End(Ending.budget, str(error)) from error
                if proposal.unrepairable:
                    self.record.refuse(f"the agent says that no change of the code can help: {proposal.reason}")
                    gave_up.append(proposal.reason)
                    break
                if proposal.tree is None:
                    self.record.refuse(f"no edit that can be applied: {proposal.reason}")
                    talk.not_applied(proposal)
                    continue
                judgement, seen = self._try(proposal.tree, self._rewritten(proposal.tree), "", guarded=True)
                if judgement.further:
                    return
                left = f"\n\nNot in it, as it could not be applied: {proposal.reason}" if proposal.refused else ""
                shown = evidence(seen.verdict, 3_000) if seen else ""
                talk.taken_back(f"What happened: {judgement.reason}{left}", shown)
        if len(gave_up) >= self.settings.conversations:
            raise _End(Ending.stalled, f"the debugging agent finds that no change of the code can help: {gave_up[-1]}")
        raise _End(Ending.stalled, f"no attempt got further than: {self._failure()}")

    def _failure(self) -> str:
        return headline(self.best.verdict)

    def _end_where_spent(self) -> None:
        if self.record.asked >= self.settings.max_attempts:
            raise _End(Ending.budget, f"--max-attempts {self.settings.max_attempts} is used up at: {self._failure()}")
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise _End(Ending.budget, f"--max-minutes {self.settings.max_minutes:g} are over at: {self._failure()}")

    def _rewritten(self, edited: Tree) -> tuple[str, ...]:
        never = never_code(self.best.tree, self.best.verdict)
        return tuple(p for p in never if edited.files.get(p) != self.best.tree.files[p])

    def _try(
        self, tree: Tree, rewrites: tuple[str, ...], message: str, *, guarded: bool
    ) -> tuple[Judgement, Seen | None]:
        """Judge an edited tree, and keep it where it got further."""
        digest = tree.digest()
        against = self._objections(tree) if guarded else ()
        if digest in self.tried:
            judgement, seen = Judgement(False, f"this very state was tried before: {self.tried[digest]}"), None
        elif against:
            judgement, seen = (
                Judgement(False, "it hides the failure instead of mending it: " + "; ".join(against)),
                None,
            )
        else:
            # Whether a run goes through the repository is measured in the replay only.
            until = Rung.replays if self.best.verdict.outcome is Outcome.vacuous else Rung.runs
            judgement, seen = self._judged(tree, until)
            self.tried[digest] = judgement.reason
        rung = int(seen.verdict.rung) if seen else None
        attempt = self.record.finish(self.best.tree, tree, judgement, rung, rewrites)
        if judgement.further and seen is not None:
            failing = self.best.verdict
            self.mended.add(signature(failing))
            self.best = seen
            if self.history:
                self.history.commit(tree, _commit_message(failing, attempt.origin, message, judgement.reason))
        return judgement, seen

    def _judged(self, tree: Tree, until: Rung, *, decides: bool = False) -> tuple[Judgement, Seen]:
        """What `tree` comes to; a quick run that fails as none did before is made again, before it takes back an edit.

        Raises:
            _End: the sandbox itself failed.
        """
        label = f"attempt {self.record.number}"
        verdict = self.verify(tree, until, f"{label}, once more" if decides else label, decides=decides)
        if verdict.outcome is Outcome.infrastructure:
            self.record.abandon()
            raise _End(Ending.infrastructure, verdict.summary)
        seen = Seen(tree, verdict)
        judgement = judge(self.best, seen, self.mended)
        if judgement.further or not self._is_new(verdict) or not self.verify.doubtful(tree, until):
            return judgement, seen
        return self._judged(tree, until, decides=True)

    def _is_new(self, verdict: Verdict) -> bool:
        """Whether it fails as the repository did not before."""
        return signature(verdict) not in {signature(self.best.verdict), *self.mended}

    def _objections(self, tree: Tree) -> tuple[str, ...]:
        """What the guards say of the step, and of the repair as a whole."""
        bases = [self.best.tree] if self.best.tree is self.record.base else [self.best.tree, self.record.base]
        failure = self.best.verdict.failure
        smoke = self._smoke()
        found = [objections(Repair(base, tree, failure, self.plan, smoke)) for base in bases]
        return tuple(dict.fromkeys(str(o) for group in found for o in group))

    def _honest(self, tree: Tree) -> bool:
        """Whether a part of the repair is as honest as the guards ask of all of it."""
        return not objections(Repair(self.record.anchor, tree, None, self.plan, self._smoke()))

    def _smoke(self) -> str | None:
        entry = self.best.verdict.entry
        return self.settings.smoke or (entry.command if entry else None)


def _commit_message(failing: Verdict, origin: str, message: str, reason: str) -> str:
    by = f"by the fixer {origin.removeprefix('fixer:')}" if origin.startswith("fixer:") else "by the debugging agent"
    subject = shorten(f"Mend {headline(failing)}", _SUBJECT)
    detail = f"{message}.\n" if message else ""
    return f"{subject}\n\nEdited {by}. {detail}Afterwards {reason}."
