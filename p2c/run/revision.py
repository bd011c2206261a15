"""A tree out of any git repository: a revision as it would be read from a folder that has it checked out."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from p2c.errors import UsageError
from p2c.run.git import Git, repository_around
from sandbox.errors import InputError
from sandbox.tree import IGNORED_FOLDERS, MAX_BYTES, MAX_FILES, Tree

_LINK, _EXECUTABLE = "120000", "100755"


@dataclass(frozen=True)
class _Entry:
    mode: str
    blob: str
    size: int


def read_revision(folder: Path, revision: str) -> Tree:
    """The tree of `revision` (a branch, a tag, a commit) in the git repository `folder`, or below that folder of one.

    What `Tree.read` leaves out is left out here as well: caches and environments that were committed, links that lead
    out, submodules. Nothing of the repository's configuration is obeyed, and no file of it is written.

    Raises:
        UsageError: it is no git repository, or has no such revision or folder.
        InputError: it holds no file there, or more than a tree may.
    """
    git, prefix = repository_around(folder)
    commit = _asked(git, f"{revision}^{{commit}}")
    if not commit:
        raise UsageError(f"{folder} has no revision {revision!r}; git log names those that it has")
    where = _asked(git, f"{commit}:{prefix.rstrip('/')}")
    if not where:
        raise UsageError(f"{folder} is not in revision {revision!r}")
    entries, skipped = _entries(git, where)
    if not entries:
        raise InputError(f"{folder} holds no file at {revision}")
    if len(entries) > MAX_FILES or sum(entry.size for entry in entries.values()) > MAX_BYTES:
        raise InputError(f"{folder} at {revision} holds more than {MAX_BYTES >> 20} MiB or {MAX_FILES} files")
    contents = dict(zip(entries, git.blobs([entry.blob for entry in entries.values()]), strict=True))
    links = {path for path, entry in entries.items() if entry.mode == _LINK}
    followed = {path: _behind(path, contents, links) for path in links}
    files = {path: followed.get(path, content) for path, content in contents.items()}
    skipped |= dict.fromkeys((path for path in links if followed[path] is None), "a link to no file of the tree")
    kept = {path: content for path, content in files.items() if content is not None}
    return Tree(kept, frozenset(p for p, e in entries.items() if e.mode == _EXECUTABLE), skipped)


def _asked(git: Git, name: str) -> str:
    """The id of what `name` means, or nothing; `name` cannot be taken for an option."""
    return git.run("rev-parse", "--verify", "--quiet", "--end-of-options", name, check=False).decode("ascii").strip()


def _entries(git: Git, where: str) -> tuple[dict[str, _Entry], dict[str, str]]:
    """What is to be read, and what is not with the reason."""
    entries: dict[str, _Entry] = {}
    skipped: dict[str, str] = {}
    for line in git.run("ls-tree", "-r", "-z", "-l", "--full-tree", where).split(b"\0"):
        if not line:
            continue
        facts, _, name = line.partition(b"\t")
        mode, kind, blob, size = facts.decode("ascii").split()
        path = name.decode("utf-8", "surrogateescape")
        if kind != "blob":
            skipped[path] = "a submodule"
        elif not set(PurePosixPath(path).parts[:-1]) & IGNORED_FOLDERS:
            entries[path] = _Entry(mode, blob, int(size))
    homes = {PurePosixPath(p).parent for p in entries if PurePosixPath(p).name == "pyvenv.cfg"} - {PurePosixPath()}
    skipped |= {str(home): "a virtual environment" for home in homes}
    return {p: e for p, e in entries.items() if not homes & set(PurePosixPath(p).parents)}, skipped


def _behind(link: str, contents: Mapping[str, bytes], links: set[str]) -> bytes | None:
    """The content of the file that a link leads to; None where it leads to none of the tree."""
    seen = set()
    path = link
    while path in links:
        if path in seen:
            return None
        seen.add(path)
        target = contents[path].decode("utf-8", "surrogateescape")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return contents.get(path)
