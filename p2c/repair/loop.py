"""The repair loop: verify, edit, verify again; keep what gets further, take back what does not.

    verdict = verify(repository)
    while the failure is the code's own and the budget lasts:
        edit     = a deterministic fixer's, else the debugging agent's
        edit     must apply and pass the guards; of several made at once, the one that gets furthest
        verdict' = verify(edited)
        keep it when it reached further; else tell the agent what happened
    reduce the accepted edits; replay the result in a fresh environment

The loop is deterministic given verdicts and replies, and both are kept on disk: an interrupted repair that is
started again goes the same way in moments and on from where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from p2c.model.types import Model
from p2c.repair.agent import DebuggingAgent
from p2c.repair.attempts import Begun, Record
from p2c.repair.cache import CachedVerify, Quick, Verify
from p2c.repair.endings import Budget, End, end_by, helpless, lacking, stalled, without_model
from p2c.repair.failing import headline, may_be_chance, signature
from p2c.repair.finish import Finish
from p2c.repair.fixers import FIXERS, Case
from p2c.repair.library import Library, LookUp
from p2c.repair.progress import Seen
from p2c.repair.result import RepairResult
from p2c.repair.settings import RepairSettings
from p2c.repair.trial import Trial, Trials
from p2c.repair.turn import take_turn
from p2c.run.journal import Journal
from p2c.shorten import shorten
from p2c.types import Ending, Plan
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Rung, Verdict
from sandbox.words import counted, sentence

_SUBJECT = 72
"""Characters of a commit's first line."""


class History(Protocol):
    """The git history of the repository that comes out."""

    def commit(self, tree: Tree, message: str) -> str:
        """Make `tree` the next commit; returns its id."""
        ...


def repair_repository(
    tree: Tree,
    *,
    verify: Verify,
    model: Model | None,
    settings: RepairSettings,
    journal: Journal,
    quick: Quick | None = None,
    history: History | None = None,
    plan: Plan | None = None,
    analyses: Mapping[str, str] | None = None,
    look_up: LookUp | None = None,
    verdicts: Path | None = None,
    key: str = "",
    keep: Callable[[RepairResult], object] | None = None,
) -> RepairResult:
    """Repair `tree` until it runs, its failure is not its own, nothing helps, or the budget ends.

    Args:
        verify: the verdict on a tree, tried up to a rung.
        quick: a quicker verdict, by which nothing is accepted and nothing ends; None: there is none.
        model: asked when no fixer knows the failure; with None only the fixers work.
        history: gets a commit for each accepted edit; the baseline's commit is the caller's.
        plan, analyses: what was planned, and the note on each file, by path; where the code was generated.
        look_up: asks the environment about the library functions that a failure leads to; None: nobody can be asked.
        verdicts: a folder in which verdicts, and what was looked up, are kept: an interrupted repair repeats no run.
        key: what verdicts depend on besides the tree (smoke command, limits, image), as text.
        keep: given the result of a repair that runs before it is reduced: that may take long, and be ended.

    Raises:
        ModelError: the endpoint failed for good. What was accepted is in the history.
    """
    checked = CachedVerify(verify, journal, verdicts, key, quick)
    library = Library(look_up, journal, verdicts)
    agent = DebuggingAgent(model, settings, journal, plan, analyses, library) if model else None
    loop = _Loop(tree, checked, settings=settings, journal=journal, history=history, plan=plan, agent=agent)
    return loop.run(keep or (lambda _: None))


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
        self.budget = Budget(settings)
        self.record = Record(tree, journal)
        self.first = verify(tree, Rung.replays, "the repository as it came")
        self.trials = Trials(Seen(tree, self.first), verify, self.record, settings, plan)
        self.fixed: set[tuple[str, str]] = set()

    @property
    def best(self) -> Seen:
        return self.trials.best

    def run(self, keep: Callable[[RepairResult], object]) -> RepairResult:
        end = self._until_over()
        result = Finish(
            record=self.record,
            whole=self.best,
            first=self.first,
            end=end,
            verify=self.verify,
            settings=self.settings,
            journal=self.journal,
            honest=self.trials.is_honest,
            mended=self.trials.failures,
            is_over=lambda: self.budget.is_over,
            keep=keep,
        ).result()
        if end.missing:
            result = replace(result, verdict=lacking(result.verdict, end.missing))
        if self.history and result.tree.digest() != self.best.tree.digest():
            gone, before = result.reduction.before - result.reduction.after, result.reduction.before
            self.history.commit(result.tree, f"Take back what was not needed\n\n{gone} of {counted(before, 'hunk')}.")
        self.journal.emit("ended", ending=result.ending.value, summary=result.reason)
        return result

    def _until_over(self) -> End:
        while True:
            try:
                self._end_where_over()
                if not self._fixed():
                    self._asked()
            except End as end:
                if not self._is_otherwise():
                    return end

    def _end_where_over(self) -> None:
        if self.best.verdict.verified and self.best.verdict.rung < Rung.replays:
            self._replay()
        end = end_by(self.best.verdict, self.settings, self.plan)
        if end is None:
            return
        # A file that lies elsewhere in the repository, a GPU taken for granted: those are mended all the same.
        if end.ending is Ending.blocked and self._fixed():
            self._end_where_over()
            return
        raise end

    def _replay(self) -> None:
        """A tree that runs, replayed in a fresh environment; that also measures what the run went through."""
        tree = self.best.tree
        verdict = self.verify(tree, Rung.replays, "replay in a fresh environment")
        if verdict.outcome is Outcome.infrastructure:
            why = verdict.summary
            verdict = self.verify(tree, Rung.runs, "run without a replay", decides=True)
            if verdict.verified:
                self.trials.best = Seen(tree, verdict)
                raise End(Ending.verified, f"{verdict.summary} The replay could not be made: {why}")
            if verdict.outcome is Outcome.infrastructure:
                raise End(Ending.infrastructure, verdict.summary)
        self.trials.best = Seen(tree, verdict)

    def _is_otherwise(self) -> bool:
        """Whether a plain run ends otherwise than the quick one by which the repair would end; then it goes on."""
        if not self.verify.doubtful(self.best.tree, Rung.runs):
            return False
        before = self.best.verdict
        verdict = self.verify(self.best.tree, Rung.runs, "the last failure, once more", decides=True)
        if verdict.outcome is Outcome.infrastructure:
            return False
        self.trials.best = Seen(self.best.tree, verdict)
        return verdict.verified or signature(verdict) != signature(before)

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
            self.budget.check_time(headline(case.verdict))
            begun = self.record.start(case.verdict, f"fixer:{name}")
            (trial,) = self.trials.try_all([(case.tree.changed(fix.changes), begun.label)], guarded=False)
            if trial.lost:
                self.record.abandon(begun)
                raise End(Ending.infrastructure, trial.lost)
            self._judged(begun, trial, fix.message)
            if trial.judgement.further:
                return True
        return False

    def _asked(self) -> None:
        """Ask the agent about the present failure until it is mended; raises End where it is not."""
        failure = headline(self.best.verdict)
        if self.agent is None:
            raise without_model(failure)
        before, gave_up, claims = self.record.asked, 0, list[str]()
        for _ in range(self.settings.conversations):
            talk = self.agent.open(self.best.tree, self.best.verdict, self.record.ledger)
            talks = talk.beside(self.settings.candidates)
            for _ in range(self.settings.attempts_in_conversation):
                count = self.budget.attempts(self.record.asked, failure)
                turn = take_turn(talks[:count], self.trials, self.record, self.journal)
                if turn.kept:
                    self._judged(turn.kept.candidate.begun, turn.kept.trial, "")
                    return
                talks = turn.open
                if not talks:
                    gave_up += 1
                    claims += turn.gave_up
                    break
        if gave_up >= self.settings.conversations:
            raise helpless(claims, self.best.tree, self.best.verdict)
        raise stalled(failure, self.record.asked - before, self.settings)

    def _judged(self, begun: Begun, trial: Trial, message: str) -> None:
        """Record an attempt, and keep its tree where it got further."""
        judgement = trial.judgement
        attempt = self.record.finish(begun, (self.best.tree, trial.tree), judgement, trial.rung)
        if not judgement.further or trial.seen is None:
            return
        failing = self.best.verdict
        if may_be_chance(failing):
            self.record.chances[self.best.tree.digest()] = headline(failing)
        self.trials.keep(trial.seen)
        if self.history:
            self.history.commit(trial.tree, _commit_message(failing, attempt.origin, message, judgement.reason))


def _commit_message(failing: Verdict, origin: str, message: str, reason: str) -> str:
    by = f"by the fixer {origin.removeprefix('fixer:')}" if origin.startswith("fixer:") else "by the debugging agent"
    subject = shorten(f"Mend {headline(failing)}", _SUBJECT)
    detail = f"{sentence(message)}\n" if message else ""
    return sentence(f"{subject}\n\nEdited {by}. {detail}Afterwards {reason}")
