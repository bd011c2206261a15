"""The debugging agent: what it is shown, what it answers, and one chance to correct what could not be applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from p2c.errors import ContextTooLong
from p2c.model.types import Message, Model
from p2c.prompts import render
from p2c.repair.apply import Applied, apply
from p2c.repair.context import Situation, compose, room, tokens, told
from p2c.repair.dialogue import Asked, Window, asked_for, fitted, show
from p2c.repair.edits import Answer, Malformed, parse
from p2c.repair.excerpt import Shown, fence_for
from p2c.repair.formats import Formats
from p2c.repair.library import Library
from p2c.repair.settings import RepairSettings
from p2c.run.journal import Journal
from p2c.types import Plan
from sandbox.tree import Tree
from sandbox.verdict import Verdict

_NO_BLOCK = "the answer holds no SEARCH/REPLACE block"
_KEPT_REPLY = 20_000
"""Characters of a reply that the conversation goes on with."""


@dataclass(frozen=True)
class Proposal:
    """What came of asking once.

    Attributes:
        tree: the edited tree, or None where no edit could be had.
        reason: why there is none, or what of it was left out.
        refused: the edits that could not be applied, each with its reason.
        unrepairable: the agent says that the code cannot help it.
    """

    tree: Tree | None
    reason: str = ""
    refused: tuple[str, ...] = ()
    unrepairable: bool = False


@dataclass(frozen=True)
class DebuggingAgent:
    """Opens conversations about failures."""

    model: Model
    settings: RepairSettings
    journal: Journal
    plan: Plan | None = None
    analyses: Mapping[str, str] | None = None
    library: Library | None = None

    @cached_property
    def formats(self) -> Formats:
        """The form in which edits are asked for, by what came so far."""
        return Formats(self.settings.edit_format, self.journal)

    @cached_property
    def window(self) -> Window:
        """How much a conversation may hold, by the settings and by what the endpoint has refused."""
        return Window(room(self.settings), self.journal)

    @cached_property
    def seen(self) -> list[Shown]:
        """The files in the last prompt, in their order."""
        return []

    def open(self, tree: Tree, verdict: Verdict, ledger: Sequence[str]) -> Conversation:
        """A fresh conversation about the failure of `tree`; `ledger` says what was tried before."""
        smoke = self.plan.logic.smoke if self.plan else None
        command = self.settings.smoke or (smoke.command if smoke else "") or (verdict.entry and verdict.entry.command)
        situation = Situation(
            tree=tree,
            verdict=verdict,
            command=command or "",
            metrics_file=(smoke.metrics_file if smoke else "") or "",
            overview=self.plan.overview if self.plan else "",
            notes=self.analyses,
            ledger=tuple(ledger),
            answers=self.library.about(tree, verdict) if self.library else (),
        )
        opening = Opening(situation, self.window, self.formats, self.journal, self.seen)
        return Conversation(self.model, self.journal, opening)


@dataclass(frozen=True)
class Opening:
    """How conversations about a failure begin.

    Attributes:
        window: what a conversation may hold.
        seen: the files in the last prompt; those of this one take their place.
        more: what stands behind the prompt.
    """

    situation: Situation
    window: Window
    formats: Formats
    journal: Journal
    seen: list[Shown]
    more: str = ""
    _made: dict[tuple[bool, int], list[Message]] = field(default_factory=dict, compare=False)
    """The rules and the prompt, made once for all conversations that begin with them."""

    def messages(self, *, whole: bool) -> list[Message]:
        """The rules and the prompt; `whole` where short files are to be given whole, if any is shown."""
        key = (whole, self.window.characters)
        if key not in self._made:
            self._made[key] = self._make(whole=whole)
        *rules, prompt = self._made[key]
        return [*rules, prompt.model_copy(update={"content": prompt.content + self.more})]

    def _make(self, *, whole: bool) -> list[Message]:
        system = render("debug_system", whole=whole)
        situation = replace(self.situation, whole=whole, before=tuple(self.seen))
        prompt = compose(situation, self.window.characters - len(system))
        self.seen[:] = prompt.files
        system = system if not whole or prompt.short else render("debug_system", whole=False)
        self.journal.emit("note", message=told(prompt, len(system)))
        return [Message(role="system", content=system), Message(role="user", content=prompt.text)]


class Conversation:
    """One conversation about one failure, always about the same tree."""

    def __init__(self, model: Model, journal: Journal, opening: Opening) -> None:
        self._model = model
        self._journal = journal
        self._opening = opening
        self._tree = opening.situation.tree
        self._begin()

    def _begin(self) -> None:
        self._whole = self._opening.formats.whole()
        self._messages = self._opening.messages(whole=self._whole)
        self._has_shown = False

    def beside(self, candidates: int) -> tuple[Conversation, ...]:
        """This conversation and as many more as make `candidates`, each of which is asked for an edit of its own.

        They differ in the end of the prompt only: an endpoint's cache serves the rest, and no reply is taken for
        another one's when an interrupted repair goes on.
        """
        said = [render("debug_candidate", number=number, of=candidates) for number in range(2, candidates + 1)]
        openings = [replace(self._opening, more=more) for more in said]
        return (self, *(Conversation(self._model, self._journal, opening) for opening in openings))

    def propose(self, number: int) -> Proposal:
        """Ask for an edit; what cannot be applied is asked for again, once.

        Raises:
            BudgetExceeded, ModelError: as `Model.ask`.
        """
        answer = self._ask(f"debug/{number}")
        if answer.unrepairable is not None:
            return Proposal(None, answer.unrepairable, unrepairable=True)
        applied = apply(self._tree, answer)
        refused = self._heard(answer, applied)
        if refused:
            self._told(refused=refused, kept=_kept(applied))
            answer = self._ask(f"debug/{number}/again")
            applied = _together(self._tree, applied, answer)
            refused = self._heard(answer, applied, again=True)
        if applied.tree.digest() == self._tree.digest():
            return Proposal(None, "; ".join(refused) or _nothing(applied), refused)
        return Proposal(applied.tree, "; ".join(refused), refused)

    def not_applied(self, proposal: Proposal) -> None:
        """Tell the agent why there is no edit; its cause may be right where only the form was not.

        Where another form is asked for from now on, it is asked afresh: a model copies the form that it sees.
        """
        if self._opening.formats.whole() != self._whole:
            self._begin()
        elif proposal.refused:
            self._told(refused=proposal.refused, over=True)
        else:
            self.taken_back(f"Nothing of it could be applied: {proposal.reason}")

    def taken_back(self, outcome: str, evidence: str = "") -> None:
        """Tell the agent what became of its edit, which was not kept."""
        self._told(outcome=outcome, evidence=evidence)

    def _told(
        self,
        *,
        refused: Sequence[str] = (),
        kept: Sequence[str] = (),
        over: bool = False,
        outcome: str = "",
        evidence: str = "",
    ) -> None:
        said = render(
            "debug_retry",
            refused=refused,
            kept=kept,
            over=over,
            outcome=outcome,
            evidence=evidence,
            fence=fence_for(evidence),
            whole=self._whole,
        )
        self._say(said)

    def _heard(self, answer: Answer, applied: Applied, *, again: bool = False) -> tuple[str, ...]:
        """What of the answer was refused, and why; the choice of a form hears whether that was for its form.

        Who is asked to correct the form of an edit and says that no edit can help does not manage the form.
        """
        gave_up = answer.unrepairable is not None
        nothing = answer.empty and (again or not gave_up)
        fine = applied.fine or applied.written or applied.orders
        malformed = not fine and any(refusal.form for refusal in applied.refusals)
        self._opening.formats.heard(malformed=nothing or malformed)
        if nothing and gave_up:
            return (f"the corrected edit was asked for, and the answer was `UNREPAIRABLE: {answer.unrepairable}`",)
        if nothing:
            return ("the answer holds no file that is given whole",) if self._whole else (_NO_BLOCK,)
        return tuple(f"{_named(r.what, r.path)}: {r.reason}" for r in applied.refusals)

    def _ask(self, step: str) -> Answer:
        """The model's answer; where it asks for files first, which it may once, that to what it is shown then."""
        answer, text = self._answer(step)
        wanted = _wanted(answer, text)
        above = {file.path for file in self._opening.seen if file.whole}
        if not self._has_shown and any(one.path not in above for one in wanted):
            self._has_shown = True
            shown = show(self._tree, wanted, self._opening.window.characters - self._size())
            self._journal.emit("note", message=f"{step}: it asks for {', '.join(one.path for one in wanted)} first")
            self._say(shown)
            answer, text = self._answer(f"{step}/shown")
            wanted = _wanted(answer, text)
        if not wanted:
            return answer
        why = "files are shown once" if self._has_shown else f"{', '.join(one.path for one in wanted)} stands above"
        return Answer(malformed=(Malformed(0, None, f"{why}; give the edit"),))

    def _answer(self, step: str) -> tuple[Answer, str]:
        text = self._reply(step)
        self._messages.append(Message(role="assistant", content=text[:_KEPT_REPLY] or "(nothing)"))
        return parse(text, self._tree.files), text

    def _reply(self, step: str) -> str:
        """The model's reply, to less where the endpoint says that it was too much."""
        window = self._opening.window
        while True:
            self._messages = list(fitted(self._messages, window.characters))
            size = self._size()
            said = f"{step}: a prompt of {size:,} characters (about {tokens(size):,} tokens)"
            self._journal.emit("note", message=said)
            try:
                return self._model.ask(step, tuple(self._messages)).text
            except ContextTooLong as error:
                if not window.shrink(size, str(error)):
                    raise
                self._messages[:2] = self._opening.messages(whole=self._whole)

    def _size(self) -> int:
        return sum(len(message.content) for message in self._messages)

    def _say(self, text: str) -> None:
        self._messages.append(Message(role="user", content=text))


def _wanted(answer: Answer, text: str) -> tuple[Asked, ...]:
    """The files that are asked for in place of an edit."""
    return asked_for(text) if answer.empty and answer.unrepairable is None else ()


def _together(tree: Tree, first: Applied, answer: Answer) -> Applied:
    """`answer` and what was fine in the one before, applied to `tree`; what is given again replaces the former."""
    start = tree.changed({path: first.tree.files[path] for path in first.written if path in first.tree.files})
    kept = tuple(replace(block, kept=True) for block in first.fine)
    orders = (*first.orders, *answer.orders)
    return apply(start, replace(answer, blocks=(*kept, *answer.blocks), orders=orders), lenient=True)


def _kept(applied: Applied) -> list[str]:
    blocks = [_named(block.name, block.path) for block in applied.fine]
    orders = [_named(order.name, order.path) for order in applied.orders]
    return [*orders, *blocks, *(_named("the file", path) for path in applied.written)]


def _named(what: str, path: str | None) -> str:
    return f"{what} (`{path}`)" if path else what


def _nothing(applied: Applied) -> str:
    if applied.already:
        return "the edit was there already, so it changes nothing"
    return "the edit changes nothing"
