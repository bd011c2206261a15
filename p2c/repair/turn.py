"""One turn of the loop: one edit is asked for, or several at once; the one that gets furthest is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from p2c.errors import BudgetExceeded, ModelError, P2cError, RecordingExhausted
from p2c.model.parallel import in_order
from p2c.repair.agent import Conversation, Proposal
from p2c.repair.attempts import Begun, Record
from p2c.repair.endings import End, out_of_money
from p2c.repair.failing import evidence, not_installed
from p2c.repair.lines import lines_modified
from p2c.repair.progress import Judgement, Seen
from p2c.repair.rank import Runner, advantage, furthest
from p2c.repair.trial import Trial, Trials
from p2c.run.journal import Journal
from p2c.types import Ending
from sandbox.tree import Tree

ALONE_SECONDS = 5.0
"""The first of several calls with one beginning goes ahead for so long at most, until its answer begins: the endpoint
then has the prompt in its cache."""


@dataclass(frozen=True)
class Candidate:
    """A conversation, the attempt that is made in it, and what it answered."""

    begun: Begun
    talk: Conversation
    came: Proposal | P2cError


@dataclass(frozen=True)
class Entry:
    """A candidate that came to an edit, and what came of that."""

    candidate: Candidate
    proposal: Proposal
    trial: Trial


@dataclass(frozen=True)
class Turn:
    """What one turn came to.

    Attributes:
        kept: the attempt that got furthest, if one got further at all.
        open: the conversations that go on: those that did not say that nothing can help.
        gave_up: what the others said.
    """

    kept: Entry | None
    open: tuple[Conversation, ...]
    gave_up: tuple[str, ...]


def take_turn(talks: Sequence[Conversation], trials: Trials, record: Record, journal: Journal) -> Turn:
    """Ask for an edit in every one of `talks`, try them, and tell each what became of its own.

    What is kept is for the caller to record, and to take over; all others are in the record then.

    Raises:
        End: the budget did not allow a single call, or the sandbox failed in every trial.
        ModelError, RecordingExhausted: not one call was answered.
    """
    failing = trials.best.verdict
    begun = [record.start(failing, "model", k, len(talks)) for k in range(1, len(talks) + 1)]
    candidates = [Candidate(*one) for one in zip(begun, talks, _ask(talks, begun, journal), strict=True)]
    _end_where_none_came(candidates, record)
    edits = [(one, came) for one in candidates if (came := _edit_of(one, record)) is not None]
    tried = trials.try_all([(_tree(came), one.begun.label) for one, came in edits], guarded=True)
    entries = [Entry(one, came, trial) for (one, came), trial in zip(edits, tried, strict=True)]
    kept = _settle(entries, trials, record)
    gave_up = {one.begun.call: why for one in candidates if (why := _given_up(one.came)) is not None}
    still = tuple(one.talk for one in candidates if one.begun.call not in gave_up)
    return Turn(kept, still, tuple(gave_up.values()))


def _ask(talks: Sequence[Conversation], begun: Sequence[Begun], journal: Journal) -> list[Proposal | P2cError]:
    """What each conversation answers; an error where its call was not made or not answered."""
    if len(talks) == 1:
        return [_asked(talks[0], begun[0])]
    pairs = {str(number): pair for number, pair in enumerate(zip(talks, begun, strict=True))}
    came = in_order(
        dict.fromkeys(pairs, ()),
        lambda number: _asked(*pairs[number]),
        workers=len(talks),
        alone=ALONE_SECONDS,
        say=lambda line: journal.emit("interrupted", message=line),
    )
    return [came[number] for number in pairs]


def _asked(talk: Conversation, begun: Begun) -> Proposal | P2cError:
    try:
        return talk.propose(begun.call)
    except (BudgetExceeded, ModelError, RecordingExhausted) as error:
        return error


def _end_where_none_came(candidates: Sequence[Candidate], record: Record) -> None:
    """Those whose call failed do not count; raises where all of them did."""
    errors = [one.came for one in candidates if isinstance(one.came, P2cError)]
    for one in reversed(candidates):
        if isinstance(one.came, P2cError):
            record.abandon(one.begun, f"it was not made: {one.came}")
    if len(errors) == len(candidates):
        if isinstance(errors[0], BudgetExceeded):
            raise out_of_money(errors[0]) from errors[0]
        raise errors[0]


def _edit_of(candidate: Candidate, record: Record) -> Proposal | None:
    """The proposal, where it holds an edit; the others are recorded, and their conversations told."""
    came = candidate.came
    if isinstance(came, P2cError):
        return None
    if came.unrepairable:
        said = f"the agent says that no change of the code can help: {came.reason}"
        record.refuse(candidate.begun, said, gave_up=True)
    elif came.tree is None:
        record.refuse(candidate.begun, f"no edit that can be applied: {came.reason}")
        candidate.talk.not_applied(came)
    else:
        return came
    return None


def _settle(entries: Sequence[Entry], trials: Trials, record: Record) -> Entry | None:
    """The entry that is kept, if any; the others are recorded, and told where the failure stays.

    Raises:
        End: the sandbox failed in every trial.
    """
    lost = [entry for entry in entries if entry.trial.lost]
    for entry in reversed(lost):
        record.abandon(entry.candidate.begun, f"it was not tried: {entry.trial.lost}")
    if lost and len(lost) == len(entries):
        raise End(Ending.infrastructure, lost[0].trial.lost)
    runners = {entry.candidate.begun.call: _runner(entry, trials.best) for entry in entries}
    best = furthest(ahead) if (ahead := [runner for runner in runners.values() if runner]) else None
    kept = next((entry for entry in entries if best and entry.candidate.begun.call == best.number), None)
    for entry in entries:
        if entry is kept or entry.trial.lost:
            continue
        runner = runners[entry.candidate.begun.call]
        judgement = entry.trial.judgement
        if best and kept and runner:
            why = f"but {kept.candidate.begun.label}, made at the same time, is kept: {advantage(best, runner)}"
            judgement = Judgement(False, f"{judgement.reason}; {why}")
        record.finish(entry.candidate.begun, (trials.best.tree, entry.trial.tree), judgement, entry.trial.rung)
        if kept is None:
            _tell(entry)
    return kept


def _runner(entry: Entry, best: Seen) -> Runner | None:
    """The entry among those that got further, if it did."""
    trial = entry.trial
    if not trial.judgement.further or trial.seen is None:
        return None
    return Runner(entry.candidate.begun.call, trial.seen, lines_modified(best.tree, trial.tree).total)


def _tell(entry: Entry) -> None:
    """Tell the agent what became of its edit, which got no further."""
    proposal, trial = entry.proposal, entry.trial
    left = f"\n\nNot in it, as it could not be applied: {proposal.reason}" if proposal.refused else ""
    seen = trial.seen.verdict if trial.seen else None
    shown = "\n".join([evidence(seen, 3_000), *not_installed(seen)]) if seen else ""
    entry.candidate.talk.taken_back(f"What happened: {trial.judgement.reason}{left}", shown)


def _given_up(came: Proposal | P2cError) -> str | None:
    """Why the agent says that nothing can help, if it does."""
    return came.reason if isinstance(came, Proposal) and came.unrepairable else None


def _tree(proposal: Proposal) -> Tree:
    if proposal.tree is None:
        raise AssertionError("only what holds an edit is tried")
    return proposal.tree
