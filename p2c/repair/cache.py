"""Verdicts by tree: nothing is run twice, in this process or after it was interrupted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from p2c.run.atomic import write_atomically
from p2c.run.journal import Journal
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Rung, Verdict

Verify = Callable[[Tree, Rung], Verdict]


class CachedVerify:
    """Runs `verify` unless its verdict is known; verdicts are kept below `folder`, where one is given.

    Args:
        key: everything besides the tree that a verdict depends on (smoke command, limits, image), as text.
    """

    def __init__(self, verify: Verify, journal: Journal, folder: Path | None = None, key: str = "") -> None:
        self._verify = verify
        self._journal = journal
        self._folder = folder
        self._salt = hashlib.sha256(key.encode()).hexdigest()[:8]
        self._known: dict[tuple[str, Rung], Verdict] = {}
        self.runs = 0
        """How often the sandbox was asked in this process."""

    def __call__(self, tree: Tree, until: Rung, label: str) -> Verdict:
        """The verdict on `tree`, tried up to rung `until`; `label` is shown to people."""
        digest = tree.digest()
        known = self._lookup(digest, until)
        if known is not None:
            return known
        self._journal.emit("verify_started", label=label)
        self.runs += 1
        verdict = self._verify(tree, until)
        self._journal.emit(
            "verify_finished",
            label=label,
            rung=int(verdict.rung),
            outcome=verdict.outcome.value,
            summary=verdict.summary,
            seconds=verdict.seconds,
        )
        if verdict.outcome is not Outcome.infrastructure:
            self._keep(digest, until, verdict)
        return verdict

    def _lookup(self, digest: str, until: Rung) -> Verdict | None:
        """A verdict that was tried as far; one tried further also serves where it ended before `until`."""
        for rung in (r for r in Rung if r >= until):
            verdict = self._known.get((digest, rung)) or self._read(digest, rung)
            if verdict is not None and (rung == until or verdict.rung < until or verdict.verified):
                self._known[digest, rung] = verdict
                return verdict
        return None

    def _path(self, digest: str, until: Rung) -> Path | None:
        return self._folder / f"{digest[:24]}-{until.name}-{self._salt}.json" if self._folder else None

    def _read(self, digest: str, until: Rung) -> Verdict | None:
        path = self._path(digest, until)
        if path is None or not path.is_file():
            return None
        try:
            verdict = Verdict.model_validate_json(path.read_bytes())
        except ValidationError:
            return None
        return verdict if verdict.tree in ("", digest) else None

    def _keep(self, digest: str, until: Rung, verdict: Verdict) -> None:
        self._known[digest, until] = verdict
        path = self._path(digest, until)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, verdict.model_dump_json(indent=1).encode(), path.parent)
