"""Verdicts by tree: nothing is run twice, in this process or after it was interrupted.

There are two kinds: plain ones, which decide, and quick ones, whose runs may have found modules imported already. Where
both are known of one tree and differ, only the plain one counts, the difference is said, and none is quick any more
where a quick run passed: it would take every edit for one that helps.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from p2c.run.atomic import write_atomically
from p2c.run.folder import SCRATCH
from p2c.run.journal import Journal
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Rung, Verdict

Verify = Callable[[Tree, Rung], Verdict]
Wanted = Callable[[Verdict], bool]
"""Whether the static findings on a tree that failed are wanted, of the verdict without them."""
Quick = Callable[[Tree, Rung, Wanted | None], Verdict]
SHOWN = 12
"""Characters of a tree's digest that tell its events in the journal from those of trees verified at the same time."""


class CachedVerify:
    """Runs `verify` unless its verdict is known; verdicts are kept below `folder`, where one is given.

    Safe for several threads, as long as no two ask about one tree at the same time.

    Args:
        key: everything besides the tree that a verdict depends on (smoke command, limits, image), as text.
        quick: quicker than `verify`, for verdicts below the replay that decide nothing; None: `verify` gives these too.
    """

    def __init__(
        self, verify: Verify, journal: Journal, folder: Path | None = None, key: str = "", quick: Quick | None = None
    ) -> None:
        self._verify = verify
        self._quick = quick
        self._journal = journal
        self._folder = folder
        self._salt = hashlib.sha256(key.encode()).hexdigest()[:8]
        self._known: dict[tuple[str, Rung, bool], Verdict] = {}
        self._told: set[str] = set()
        self._lock = threading.Lock()
        self.runs = 0
        """How often the sandbox was asked in this process."""

    def __call__(
        self, tree: Tree, until: Rung, label: str, *, decides: bool = False, wanted: Wanted | None = None
    ) -> Verdict:
        """The verdict on `tree`, tried up to rung `until`; `label` is shown to people.

        Args:
            decides: whether something is accepted or ended by it, so that it must be a plain one; up to the replay it
                always is.
            wanted: whether the findings of one that failed are; None: they are. A plain one always has them.
        """
        digest = tree.digest()
        quick = self._quick if not decides and until < Rung.replays else None
        known = self._lookup(digest, until, quick=True) if quick else None
        if known is not None and _lacks_findings(known) and (wanted is None or wanted(known)):
            known = None
        known = known or self._lookup(digest, until, quick=False)
        if known is None:
            known = self._run(quick or self._verify, tree, until, label, *([wanted] if quick else []))
            if known.outcome is Outcome.infrastructure:
                return known
            self._keep(digest, until, known, quick=quick is not None)
        return known if quick else self._compared(digest, until, known)

    def again(self, tree: Tree, until: Rung, label: str) -> Verdict:
        """A plain verdict on `tree` from another run, whatever is known of it; made once, and kept apart."""
        digest = f"{tree.digest()[:16]}-again"
        known = self._known.get((digest, until, False)) or self._read(digest, until, tree.digest())
        if known is None:
            known = self._run(self._verify, tree, until, label)
            if known.outcome is not Outcome.infrastructure:
                self._keep(digest, until, known, quick=False)
        return known

    @property
    def seconds(self) -> float:
        """What the verdicts of this repair took, those included that were known from an earlier process."""
        return sum(verdict.seconds for verdict in tuple(self._known.values()))

    def is_known(self, tree: Tree, until: Rung) -> bool:
        """Whether asking about `tree` takes no run, where nothing is decided by it."""
        digest = tree.digest()
        kinds = (True, False) if self._quick else (False,)
        return any(self._lookup(digest, until, quick=quick) is not None for quick in kinds)

    def doubtful(self, tree: Tree, until: Rung) -> bool:
        """Whether only a quick run says that `tree` does not run, in an environment: a plain one may differ."""
        digest = tree.digest()
        if self._quick is None or self._lookup(digest, until, quick=False) is not None:
            return False
        quick = self._lookup(digest, until, quick=True)
        return quick is not None and not quick.verified and _may_be_warm(quick)

    def _compared(self, digest: str, until: Rung, plain: Verdict) -> Verdict:
        """`plain`, with a note where a quick verdict on the same tree was another one."""
        quick = self._lookup(digest, min(until, Rung.runs), quick=True) if self._quick else None
        if quick is None or not _differ(quick, plain):
            return plain
        if quick.verified:
            self._quick = None
        note = (
            f"with modules imported beforehand it ended otherwise ({quick.outcome}: {quick.summary}) than without "
            f"({plain.outcome}); only the latter counts"
        )
        if note in plain.notes:
            return plain
        if digest not in self._told:
            self._told.add(digest)
            self._journal.emit("note", message=note)
        noted = plain.model_copy(update={"notes": (*plain.notes, note)})
        self._keep(digest, until, noted, quick=False)
        return noted

    def _run(
        self, verify: Callable[..., Verdict], tree: Tree, until: Rung, label: str, *more: Wanted | None
    ) -> Verdict:
        of = tree.digest()[:SHOWN]
        self._journal.emit("verify_started", label=label, tree=of)
        with self._lock:
            self.runs += 1
        verdict = verify(tree, until, *more)
        self._journal.emit(
            "verify_finished",
            label=label,
            tree=of,
            rung=int(verdict.rung),
            outcome=verdict.outcome.value,
            summary=verdict.summary,
            seconds=verdict.seconds,
        )
        return verdict

    def _lookup(self, digest: str, until: Rung, *, quick: bool) -> Verdict | None:
        """A verdict that was tried as far; one tried further also serves where it ended before `until`."""
        for rung in (r for r in Rung if r >= until):
            verdict = self._known.get((digest, rung, quick)) or self._read(digest, rung, digest, quick=quick)
            if verdict is not None and (rung == until or verdict.rung < until or verdict.verified):
                self._known[digest, rung, quick] = verdict
                return verdict
        return None

    def _path(self, digest: str, until: Rung, *, quick: bool) -> Path | None:
        kind = "quick" if quick else "plain"
        return self._folder / f"{digest[:24]}-{until.name}-{kind}-{self._salt}.json" if self._folder else None

    def _read(self, name: str, until: Rung, digest: str, *, quick: bool = False) -> Verdict | None:
        path = self._path(name, until, quick=quick)
        if path is None or not path.is_file():
            return None
        try:
            verdict = Verdict.model_validate_json(path.read_bytes())
        except ValidationError:
            return None
        return verdict if verdict.tree in ("", digest) else None

    def _keep(self, digest: str, until: Rung, verdict: Verdict, *, quick: bool) -> None:
        self._known[digest, until, quick] = verdict
        path = self._path(digest, until, quick=quick)
        if path is not None:
            write_atomically(path, verdict.model_dump_json(indent=1).encode(), path.parents[1] / SCRATCH)


def _lacks_findings(verdict: Verdict) -> bool:
    """Whether nobody wanted its findings when it was made."""
    is_skipped = any((step.name, step.state) == ("static", "skipped") for step in verdict.steps)
    return is_skipped and not verdict.verified and verdict.rung >= Rung.installs


def _may_be_warm(verdict: Verdict) -> bool:
    """Whether it came to runs in an environment, whose modules may have been imported beforehand."""
    return verdict.environment is not None and verdict.rung >= Rung.installs


def _differ(quick: Verdict, plain: Verdict) -> bool:
    """Whether two verdicts on one tree differ in what both looked at: what only a replay finds is no difference."""
    if not _may_be_warm(quick) or plain.did_nothing:
        return False
    if plain.failure is not None and plain.failure.kind == "flaky":
        return False
    return quick.outcome is not plain.outcome
