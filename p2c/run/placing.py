"""A rebuilt repository put where there is nothing yet, or compared with what is there."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from p2c.errors import UsageError
from p2c.run.atomic import plain_errors
from sandbox.tree import IGNORED_FOLDERS, Tree


@dataclass(frozen=True)
class Placed:
    """What came of it.

    Attributes:
        written: whether the repository was written; else it was compared.
        edited, missing: paths that the folder has otherwise than the repository, or has not.
        besides: what else is in the folder; runs leave results, so that is no difference.
    """

    written: bool
    edited: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the folder holds something else than the repository."""
        return bool(self.edited or self.missing)

    def differences(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each kind of difference in a word, with its paths."""
        return ("Edited", self.edited), ("Missing", self.missing)


def place(tree: Tree, made: Path, target: Path) -> Placed:
    """Copy the repository in `made`, history included, to `target`, or compare `tree` with what is there.

    Raises:
        UsageError: `target` is a file, or a folder of something else.
        RunFolderError: it cannot be read or written.
    """
    with plain_errors("rebuild the repository in", target):
        if target.is_symlink() or (target.exists() and not target.is_dir()):
            raise UsageError(f"{target} is no folder; name a new or an empty one")
        if target.exists() and any(target.iterdir()):
            placed = _compared(tree, target)
            if len(placed.missing) == len(tree.files):
                raise UsageError(f"{target} is not empty and holds nothing of the run; name a new or an empty folder")
            return placed
        making = target.with_name(f".{target.name}.making")
        shutil.rmtree(making, ignore_errors=True)  # of a killed process
        making.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copytree(made, making, symlinks=True)
            making.rename(target)  # an empty folder in its place is replaced
        finally:
            shutil.rmtree(making, ignore_errors=True)
        return Placed(written=True)


def _compared(tree: Tree, target: Path) -> Placed:
    edited, missing = [], []
    for path, content in sorted(tree.files.items()):
        file = target / path
        if file.is_symlink() or not file.is_file():
            missing.append(path)
        elif file.read_bytes() != content or bool(file.stat().st_mode & 0o100) != (path in tree.executable):
            edited.append(path)
    besides = []
    for at, folders, names in os.walk(target):
        folders[:] = sorted(name for name in folders if name not in IGNORED_FOLDERS)
        found = (Path(at, name).relative_to(target).as_posix() for name in sorted(names))
        besides += [path for path in found if path not in tree.files]
    return Placed(written=False, edited=tuple(edited), missing=tuple(missing), besides=tuple(besides))
