"""A repository as a value: the files of a tree, read once, never written to."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from sandbox.errors import InputError

IGNORED_FOLDERS = frozenset(
    {".git", ".hg", ".svn", "__pycache__", ".venv", "venv", "node_modules", ".mypy_cache", ".ruff_cache",
     ".pytest_cache", ".tox", ".nox", ".eggs", ".ipynb_checkpoints"}
)  # fmt: skip
MAX_BYTES = 512 * 1024 * 1024
MAX_FILES = 50_000
MAX_DEPTH = 100
"""Folders within folders; what lies deeper is left out."""


@dataclass(frozen=True)
class Tree:
    """An immutable snapshot of a repository.

    Attributes:
        files: relative POSIX path -> content.
        executable: the paths whose owner may execute them.
        skipped: relative path -> reason, for entries that are not regular files (links out of the
            tree, FIFOs, sockets, devices); they are never followed.
    """

    files: Mapping[str, bytes]
    executable: frozenset[str] = frozenset()
    skipped: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Tree:
        """The tree below `folder`, without version control, caches and virtual environments.

        Raises:
            InputError: `folder` is no folder, holds no file, or is larger than `MAX_BYTES` or `MAX_FILES`.
        """
        if not folder.is_dir():
            raise InputError(f"{folder} is not a folder; name the folder of a repository")
        reading = _Reading(folder.resolve())
        reading.walk()
        if not reading.files:
            raise InputError(f"{folder} holds no file")
        return cls(reading.files, frozenset(reading.executable), reading.skipped)

    def digest(self) -> str:
        """SHA-256 (hex) over paths, contents and executable bits."""
        total = hashlib.sha256()
        for path in sorted(self.files):
            mark = "x" if path in self.executable else "-"
            content = hashlib.sha256(self.files[path]).hexdigest()
            total.update(f"{content} {mark} {path}\0".encode("utf-8", "surrogateescape"))
        return total.hexdigest()

    def python_files(self) -> tuple[str, ...]:
        """The paths that end in `.py`, sorted; without those of `nameless_python`."""
        return tuple(sorted(p for p in self.files if p.endswith(".py") and not _is_hidden(p)))

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a file, or a folder of this kind; without the root."""
        found: set[str] = set()
        for path in self.files:
            folder = path.rpartition("/")[0]
            while folder and folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(found)

    def nameless_python(self) -> tuple[str, ...]:
        """Files like `.py` and `._main.py`: no module has such a name, so none can be imported."""
        return tuple(sorted(p for p in self.files if p.endswith(".py") and _is_hidden(p)))

    def text(self, path: str) -> str:
        """The content of `path` as text; bytes that are not UTF-8 become U+FFFD. Raises KeyError."""
        return self.files[path].decode("utf-8-sig", "replace")

    def changed(self, changes: Mapping[str, bytes | None]) -> Tree:
        """A new tree with `changes` applied: path -> new content, or None to delete.

        Raises:
            ValueError: a path is absolute, holds `..`, or is otherwise not inside the tree.
        """
        files = dict(self.files)
        for path, content in changes.items():
            check_path(path)
            if content is None:
                files.pop(path, None)
            else:
                files[path] = content
        return Tree(files, self.executable & files.keys(), self.skipped)

    def tar(self, extra: Iterable[tuple[str, bytes]] = ()) -> bytes:
        """An uncompressed tar of the tree, deterministic: same tree, same bytes."""
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for path, content in [*sorted(self.files.items()), *extra]:
                member = tarfile.TarInfo(path)
                member.size = len(content)
                member.mode = 0o755 if path in self.executable else 0o644
                archive.addfile(member, io.BytesIO(content))
        return stream.getvalue()

    def write(self, folder: Path) -> None:
        """Write every file below `folder`, which is made if it does not exist."""
        for path, content in self.files.items():
            check_path(path)
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            if path in self.executable:
                target.chmod(0o755)


class _Reading:
    """A folder on its way to be a tree. It may be hostile: nothing but regular files is opened, no link leads out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, bytes] = {}
        self.executable: set[str] = set()
        self.skipped: dict[str, str] = {}
        self._total = 0

    def walk(self) -> None:
        """Read it all. Raises InputError when there is too much of it."""
        for parent, folders, names in os.walk(self.root, onerror=self._unlisted):
            here = Path(parent)
            if "pyvenv.cfg" in names and here != self.root:
                folders.clear()
                self._skip(here, "a virtual environment")
                continue
            self._descend(here, folders)
            for name in sorted(names):
                try:
                    self._take(here / name)
                except OSError as error:  # no permission, or a path that is too long
                    self._skip(here / name, f"cannot be read: {error.strerror}")

    def _descend(self, here: Path, folders: list[str]) -> None:
        """Leave in `folders` those that are to be entered, sorted."""
        is_deep = len(here.relative_to(self.root).parts) >= MAX_DEPTH
        for name in sorted(folders):
            if is_deep:
                self._skip(here / name, f"more than {MAX_DEPTH} folders deep")
            elif os.path.islink(here / name):  # noqa: PTH114 - False for a path that is too long, Path's way raises
                self._skip(here / name, "a link to a folder")
            elif name not in IGNORED_FOLDERS:
                continue
            folders.remove(name)
        folders.sort()

    def _take(self, path: Path) -> None:
        reason = _why_skipped(path, self.root)
        if reason:
            self._skip(path, reason)
            return
        state = path.stat()
        self._total += state.st_size
        if self._total > MAX_BYTES or len(self.files) >= MAX_FILES:
            raise InputError(
                f"{self.root} holds more than {MAX_BYTES >> 20} MiB or {MAX_FILES} files; "
                "verify a smaller tree (data sets and outputs do not belong to it)"
            )
        relative = path.relative_to(self.root).as_posix()
        self.files[relative] = path.read_bytes()
        if state.st_mode & stat.S_IXUSR:
            self.executable.add(relative)

    def _skip(self, path: Path, reason: str) -> None:
        self.skipped[path.relative_to(self.root).as_posix()] = reason

    def _unlisted(self, error: OSError) -> None:
        self._skip(Path(str(error.filename)), f"cannot be listed: {error.strerror}")


def check_path(path: str) -> None:
    """Raise ValueError unless `path` is a relative POSIX path that stays inside the tree."""
    pure = PurePosixPath(path)
    unsafe = not path or path != pure.as_posix() or pure.is_absolute() or ".." in pure.parts
    if unsafe or "\0" in path or "\\" in path or pure.parts[0] in (".git", "."):
        raise ValueError(f"{path!r} is not a plain relative path inside the repository")


def _is_hidden(path: str) -> bool:
    return path.rpartition("/")[2].startswith(".")


def _why_skipped(path: Path, root: Path) -> str:
    if path.is_symlink():
        target = Path(os.path.realpath(path))
        if not target.is_relative_to(root):
            return "a link that leads out of the tree"
        return "" if target.is_file() else "a link to no regular file"
    return "" if stat.S_ISREG(path.lstat().st_mode) else "not a regular file"
