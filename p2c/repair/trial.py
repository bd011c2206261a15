"""Trying an edit: the guards, the sandbox, the ratchet. Several are tried at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from p2c.repair.attempts import Record
from p2c.repair.cache import CachedVerify
from p2c.repair.failing import signature
from p2c.repair.guards import Repair, objections
from p2c.repair.progress import Judgement, Seen, judge
from p2c.repair.settings import RepairSettings
from p2c.types import Plan
from sandbox.tree import Tree
from sandbox.verdict import Failure, Outcome, Rung, Verdict

T = TypeVar("T")


@dataclass(frozen=True)
class Trial:
    """An edited tree, and what came of it.

    Attributes:
        seen: None where it was not run.
        lost: why the sandbox could not say anything of it; then the judgement is none.
    """

    tree: Tree
    judgement: Judgement
    seen: Seen | None = None
    lost: str = ""

    @property
    def rung(self) -> int | None:
        """The rung that it reached, where it was run."""
        return int(self.seen.verdict.rung) if self.seen else None


class Trials:
    """Tries edits of the best state so far.

    Attributes:
        best: the furthest state.
        mended: the signatures of the failures that were mended on the way; none may come back.
        failures: these failures, in order.
    """

    def __init__(
        self, best: Seen, verify: CachedVerify, record: Record, settings: RepairSettings, plan: Plan | None
    ) -> None:
        self.best = best
        self.mended: set[str] = set()
        self.failures: tuple[Failure, ...] = ()
        self._verify = verify
        self._record = record
        self._settings = settings
        self._plan = plan
        self._tried = {best.tree.digest(): "the repository as it was"}

    def keep(self, seen: Seen) -> None:
        """`seen` got further: its failure is the one to mend from now on."""
        self.mended.add(signature(self.best.verdict))
        if self.best.verdict.failure:
            self.failures = (*self.failures, self.best.verdict.failure)
        self._tried[seen.tree.digest()] = "it was kept, and is where the failure of then was mended"
        self.best = seen

    def try_all(self, edits: Sequence[tuple[Tree, str]], *, guarded: bool) -> list[Trial]:
        """What comes of each edited tree, in their order; each is run once, and all at the same time.

        Args:
            edits: trees, each with what people call it.
            guarded: whether what hides the failure is refused.
        """
        first: dict[str, str] = {}
        refused: list[Trial | None] = []
        for tree, label in edits:
            twin = first.setdefault(tree.digest(), label)
            why = f"the very edit of {twin}, which was asked for at the same time" if twin != label else ""
            refused.append(Trial(tree, Judgement(False, why)) if why else self._refused(tree, guarded=guarded))
        runs = [edit for edit, trial in zip(edits, refused, strict=True) if trial is None]
        made = iter(side_by_side([partial(self._run, *edit) for edit in runs]))
        tried = [trial or next(made) for trial in refused]
        for trial in tried:
            # What got further and is not kept all the same may be good enough for another failure.
            if trial.seen is not None and not trial.judgement.further:
                self._tried.setdefault(trial.tree.digest(), trial.judgement.reason)
        return tried

    def is_honest(self, tree: Tree) -> bool:
        """Whether a part of the repair is as honest as the guards ask of all of it."""
        return not objections(Repair(self._record.anchor, tree, None, self._plan, self._smoke(), self.failures))

    def _refused(self, tree: Tree, *, guarded: bool) -> Trial | None:
        """Why this tree is not even run, if it is not."""
        tried = self._tried.get(tree.digest())
        if tried is not None:
            return Trial(tree, Judgement(False, f"this very state was tried before: {tried}"))
        against = self._objections(tree) if guarded else ()
        if against:
            return Trial(tree, Judgement(False, "it hides the failure instead of mending it: " + "; ".join(against)))
        return None

    def _run(self, tree: Tree, label: str, *, decides: bool = False) -> Trial:
        """What `tree` comes to; a quick run that fails as none did before is made again before it is believed."""
        # Whether a run goes through the repository is measured in the replay only.
        until = Rung.replays if self.best.verdict.did_nothing else Rung.runs

        label_now = f"{label}, once more" if decides else label
        verdict = self._verify(tree, until, label_now, decides=decides, wanted=partial(self._is_further, tree))
        seen = Seen(tree, verdict)
        if verdict.outcome is Outcome.infrastructure:
            return Trial(tree, Judgement(False, verdict.summary), seen, lost=verdict.summary)
        judgement = judge(self.best, seen, self.mended)
        is_new = signature(verdict) not in {signature(self.best.verdict), *self.mended}
        if judgement.further or not is_new or not self._verify.doubtful(tree, until):
            return Trial(tree, judgement, seen)
        return self._run(tree, label, decides=True)

    def _is_further(self, tree: Tree, verdict: Verdict) -> bool:
        """Whether `tree` will be kept, so that its findings are read; the ratchet needs none of a run that failed."""
        return judge(self.best, Seen(tree, verdict), self.mended).further

    def _objections(self, tree: Tree) -> tuple[str, ...]:
        """What the guards say of the step, and of the repair as a whole."""
        before, base = self.best.tree, self._record.base
        bases = [before] if before is base else [before, base]
        failure, smoke = self.best.verdict.failure, self._smoke()
        found = [objections(Repair(one, tree, failure, self._plan, smoke, self.failures)) for one in bases]
        return tuple(dict.fromkeys(str(o) for group in found for o in group))

    def _smoke(self) -> str | None:
        entry = self.best.verdict.entry
        return self._settings.smoke or (entry.command if entry else None)


def side_by_side(works: Sequence[Callable[[], T]]) -> list[T]:
    """What each of `works` returns, all begun at once; raises what the first of them that failed has raised.

    An interrupt waits for none of them: their threads end with the process, their runs with the sandbox.
    """
    if len(works) <= 1:
        return [work() for work in works]
    futures: list[Future[T]] = [Future() for _ in works]
    for work, future in zip(works, futures, strict=True):
        threading.Thread(target=_settle, args=(work, future), daemon=True).start()
    return [future.result() for future in futures]


def _settle(work: Callable[[], T], future: Future[T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - handed to the thread that waits, raised there
        future.set_exception(error)
