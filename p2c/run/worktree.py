"""Making a folder hold exactly a tree, without following any link in it."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from p2c.run.atomic import plain_errors
from sandbox.tree import Tree, check_path

WRITING = ".p2c-writing"
"""A file while it is written; a killed process may leave it."""


def check_paths(files: Mapping[str, bytes]) -> None:
    """Raise ValueError for a path that leads out, into a `.git` however spelt, or through another file."""
    for path in files:
        check_path(path)
        parts = PurePosixPath(path).parts
        if any(part.rstrip(". ").lower() in (".git", "git~1") for part in parts):
            raise ValueError(f"{path!r} leads into a .git folder")
        through = next((str(p) for p in PurePosixPath(path).parents if str(p) in files), None)
        if through is not None:
            raise ValueError(f"{through!r} is a file, and a folder in {path!r}")


def content_of(folder: Path, path: str) -> bytes | None:
    """What the plain file `path` below `folder` holds; None where there is none, or a link."""
    target = folder / path
    return target.read_bytes() if target.is_file() and not target.is_symlink() else None


def write_exactly(folder: Path, tree: Tree, before: Collection[str], *, scratch: Path) -> None:
    """Write `tree` below `folder` and delete those of the paths `before` that it does not have.

    Each file is replaced as a whole, by way of one in the folder `scratch` on the same file system.

    Raises:
        RunFolderError: the disk failed; write again.
    """
    with plain_errors("write the repository", folder):
        (scratch / WRITING).unlink(missing_ok=True)
        for path in before:
            if path not in tree.files:
                _remove(folder, path)
        for path, content in tree.files.items():
            target = _clear_way(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.is_file() or target.read_bytes() != content:
                writing = scratch / WRITING
                writing.write_bytes(content)
                if target.exists():
                    shutil.copymode(target, writing)
                writing.replace(target)
            mode = 0o755 if path in tree.executable else 0o644
            if target.stat().st_mode & 0o111 != mode & 0o111:
                target.chmod(mode)


def _clear_way(folder: Path, path: str) -> Path:
    """The target of `path`; links, files in the place of folders, and a folder in its own place are removed."""
    place = folder
    parts = PurePosixPath(path).parts
    for part in parts[:-1]:
        place = place / part
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            place.unlink()
    target = place / parts[-1]
    if target.is_symlink() or (target.exists() and not target.is_file() and not target.is_dir()):
        target.unlink()
    elif target.is_dir():
        shutil.rmtree(target)
    return target


def _remove(folder: Path, path: str) -> None:
    """Delete one file, and the folders that are empty without it. What lies behind a link is not touched."""
    parents = [folder.joinpath(*PurePosixPath(path).parts[:depth]) for depth in range(1, len(Path(path).parts))]
    if any(parent.is_symlink() for parent in parents):
        return
    target = folder / path
    if target.is_symlink() or target.is_file():
        target.unlink()
    for parent in reversed(parents):
        if not parent.is_dir() or any(parent.iterdir()):
            return
        parent.rmdir()
