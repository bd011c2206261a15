"""A history that is told the same story again: commits that are there already are not made twice."""

from __future__ import annotations

from p2c.run.history import Commit, History
from p2c.run.journal import Journal
from p2c.run.worktree import write_exactly
from sandbox.tree import Tree


class ReplayedHistory:
    """Takes commits as `History` does; a run that is resumed makes them again from the first on.

    As long as they are those of the history (same message, same tree) nothing is written. From the first that
    differs, they are added at the end. Before that, what the user changed by hand in the folder is committed
    as well, so that it is never lost.
    """

    def __init__(self, history: History, journal: Journal) -> None:
        self._history = history
        self._journal = journal
        self._known: list[Commit] = list(history.log())
        self._place = 0
        self._last = self._known[-1].sha if self._known else ""
        self._finish_checkout()

    def commit(self, tree: Tree, message: str) -> str:
        """As `History.commit`."""
        if self._place < len(self._known):
            known = self._known[self._place]
            if known.message == message.strip("\n") and self._history.tree(known.sha).digest() == tree.digest():
                self._place += 1
                return known.sha
            self._place = len(self._known)
        self._keep_edits()
        self._last = self._history.commit(tree, message)
        return self._last

    def settle(self, tree: Tree) -> None:
        """Make `tree` the last commit, where the run took another way before (other limits, another verdict)."""
        if self._place < len(self._known) and self._history.tree(self._last).digest() != tree.digest():
            message = "Another way than before\n\nThe run was repeated and came to this without the commits before."
            self.commit(tree, message)

    def _finish_checkout(self) -> None:
        """Write the files of the last commit where a killed process left those of the one before."""
        edits = self._edits()
        if not edits or len(self._known) < 2:
            return
        before, last = (self._history.tree(commit.sha) for commit in self._known[-2:])
        if all(content == before.files.get(path) for path, content in edits.items()):
            write_exactly(self._history.folder, last, frozenset(before.files))

    def _keep_edits(self) -> None:
        edits = self._edits()
        if edits:
            changed = self._history.tree(self._last).changed(edits)
            self._last = self._history.commit(changed, "Edits made by hand\n\nKept before the run went on.")
            self._journal.emit(
                "note", message=f"repository/ was edited by hand ({', '.join(sorted(edits)[:5])}); kept as a commit"
            )

    def _edits(self) -> dict[str, bytes | None]:
        """Path -> present content (None: deleted) of what differs from the last commit."""
        if not self._last:
            return {}
        edits: dict[str, bytes | None] = {}
        for path, content in self._history.tree(self._last).files.items():
            target = self._history.folder / path
            present = target.read_bytes() if target.is_file() and not target.is_symlink() else None
            if present != content:
                edits[path] = present
        return edits
