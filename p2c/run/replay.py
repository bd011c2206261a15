"""A history that is told the same story again: commits that are there already are not made twice."""

from __future__ import annotations

import shlex
from itertools import pairwise

from p2c.run.history import Commit, History, written
from p2c.run.journal import Journal
from p2c.run.worktree import content_of
from sandbox.tree import Tree

_BY_HAND = "Edits made by hand"


class ReplayedHistory:
    """Takes commits as `History` does; a run that is resumed makes them again from the first on.

    As long as they are in the history (same subject, same tree; between them may be edits by hand that were kept)
    nothing is written. From the first that is not, they are added at the end. Before that, what the user changed by
    hand in the folder is committed as well, so that it is never lost.
    """

    def __init__(self, history: History, journal: Journal) -> None:
        self._history = history
        self._journal = journal
        self._known: list[Commit] = list(history.log())
        self._place = 0
        self._last = self._known[-1].sha if self._known else ""

    def commit(self, tree: Tree, message: str) -> str:
        """As `History.commit`."""
        subject = written(message).partition("\n")[0]
        for place, known in enumerate(self._known[self._place :], self._place + 1):
            if known.subject == subject and self._history.tree(known.sha).digest() == tree.digest():
                self._place = place
                return known.sha
        self._place = len(self._known)
        self._keep_edits(tree)
        self._last = self._history.commit(tree, message)
        return self._last

    def settle(self, tree: Tree) -> None:
        """Make `tree` the last commit, where the run took another way before (other limits, another verdict).

        What was edited by hand stays where nothing had to be written over it, and is said.
        """
        if self._place < len(self._known) and self._history.tree(self._last).digest() != tree.digest():
            message = "Another way than before\n\nThe run was repeated and came to this without the commits before."
            self.commit(tree, message)
            self._journal.emit(
                "note",
                message="repository/ held commits that this run does not make: they stay in its history (git log), "
                "and its files are those of this run again",
            )
        if edits := self._edits(tree):
            folder = shlex.quote(str(self._history.folder))
            self._journal.emit(
                "note",
                message=f"repository/ was edited by hand ({', '.join(sorted(edits)[:5])}) and stays so; what this run "
                f"says is of its last commit. To see the edits run: p2c verify {folder}",
            )

    def by_hand(self) -> tuple[tuple[Tree, Tree], ...]:
        """The repository before and after each edit by hand: those kept as commits, and that which the folder holds."""
        commits = self._history.log()
        kept = [(one.sha, other.sha) for one, other in pairwise(commits) if other.subject == _BY_HAND]
        found = [(self._history.tree(one), self._history.tree(other)) for one, other in kept]
        if edits := self._edits(Tree({})):
            last = self._history.tree(self._last)
            found.append((last, last.changed(edits)))
        return tuple(found)

    def _keep_edits(self, tree: Tree) -> None:
        edits = self._edits(tree)
        if edits:
            changed = self._history.tree(self._last).changed(edits)
            self._last = self._history.commit(changed, f"{_BY_HAND}\n\nKept before the run went on.")
            self._journal.emit(
                "note", message=f"repository/ was edited by hand ({', '.join(sorted(edits)[:5])}); kept as a commit"
            )

    def _edits(self, tree: Tree) -> dict[str, bytes | None]:
        """Path -> present content (None: deleted) of what differs from the last commit, or is in the way of `tree`."""
        if not self._last:
            return {}
        edits: dict[str, bytes | None] = {}
        last = self._history.tree(self._last).files
        for path in last.keys() | tree.files.keys():
            present = content_of(self._history.folder, path)
            if present != last.get(path) and (path in last or present != tree.files[path]):
                edits[path] = present
        return edits
