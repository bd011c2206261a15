"""Files in and out: unpack the job, see what was written, choose and read what is collected.

What is read here was written by hostile code: no link is followed, nothing but regular files is opened for
reading, and every walk is bounded. Every process has been killed by then, and runs no more code of its own.
"""

from __future__ import annotations

import errno
import heapq
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

CHUNK = 1 << 20
LISTED = 1_000
"""At most so many written files are named, and so many files collected."""
WALK_SECONDS = 1.5

Mark = tuple[int, int, int]
"""Size, time of last change (ns) and inode: what tells a changed file."""


class Source(Protocol):
    """Where the contents come from."""

    def read(self, size: int, /) -> bytes | None:
        """Exactly `size` bytes, fewer only at the end."""
        ...


def unpack(source: Source, files: list[tuple[str, int, int]], folder: str) -> dict[str, Mark]:
    """Write `files` (path, size, mode), whose contents follow one another in `source`, below `folder`.

    Raises:
        ValueError: a path leads out of the folder.
        EOFError: `source` ended too early.
        OSError: the file system refused, for example because it is full.
    """
    marks: dict[str, Mark] = {}
    made = {folder}
    for path, size, mode in files:
        if path.startswith("/") or ".." in path.split("/"):
            raise ValueError(f"{path!r} leads out of the tree")
        target = f"{folder}/{path}"
        parent = target.rpartition("/")[0]
        if parent not in made:
            Path(parent).mkdir(parents=True, exist_ok=True)
            made.add(parent)
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        try:
            _copy(source, fd, size)
            marks[path] = _mark(os.fstat(fd))
        finally:
            os.close(fd)
    return marks


def _copy(source: Source, fd: int, size: int) -> None:
    while size:
        data = source.read(min(size, CHUNK))
        if not data:
            raise EOFError("the job ended in the middle of a file")
        size -= len(data)
        while data:
            data = data[os.write(fd, data) :]


def walk(folder: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Everything below `folder` but folders, as relative path and entry; links are not followed.

    Ends after `WALK_SECONDS`, and leaves out what cannot be listed (no permission, a path too long).
    """
    until = time.monotonic() + WALK_SECONDS
    waiting = [""]
    while waiting and time.monotonic() < until:
        here = waiting.pop()
        try:
            entries = list(os.scandir(f"{folder}/{here}"))
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(f"{here}{entry.name}/")
            else:
                yield here + entry.name, entry


class Wanted(NamedTuple):
    """What of the files is asked for."""

    patterns: list[str]
    """One that begins with `/job/` names one file there; it is looked at even if nothing was written."""
    of_written: list[str]
    """Of what was written, in the room that the others leave, the smallest first."""
    limit: int
    """Bytes in all."""


class Choice(NamedTuple):
    """What is handed back after a run."""

    written: list[str]
    """Files that are new or changed; sorted, at most `LISTED`."""
    files: list[tuple[str, int]]
    """Name and size of the files to collect, sorted."""
    refused: dict[str, str]
    """Name -> reason, for what matched but is not collected; at most `LISTED`."""


def choose(folder: str, marks: dict[str, Mark], wanted: Wanted) -> Choice:
    """Walk `folder` once: what was written, and what of the files is wanted and fits."""
    matches = [translate(pattern) for pattern in wanted.patterns if not pattern.startswith("/")]
    also = [translate(pattern) for pattern in wanted.of_written]
    written: list[str] = []
    chosen = [pattern for pattern in wanted.patterns if pattern.startswith("/job/")]
    others: list[tuple[int, str]] = []
    limit = wanted.limit
    for path, entry in walk(folder):
        is_wanted = any(match(path) for match in matches)
        if is_wanted:
            chosen.append(path)
        if entry.is_file(follow_symlinks=False) and _changed(entry, marks.get(path)):
            written.append(path)
            if not is_wanted and any(match(path) for match in also):
                others.append((_size(entry), path))
    files: list[tuple[str, int]] = []
    refused: dict[str, str] = {}
    for name in sorted(set(chosen)):
        size, reason = _measure(folder, name, limit)
        if not reason and len(files) >= LISTED:
            reason = f"more than {LISTED} files match"
        if not reason:
            limit -= size
            files.append((name, size))
        elif reason != "absent" and len(refused) < LISTED:
            refused[name] = reason
    for _, name in heapq.nsmallest(LISTED - len(files), others):
        size, reason = _measure(folder, name, limit)
        if not reason:
            limit -= size
            files.append((name, size))
    return Choice(sorted(written)[:LISTED], files, refused)


def contents(folder: str, name: str, size: int) -> Iterator[bytes]:
    """The first `size` bytes of a file, in pieces of at most `CHUNK`; filled up with NUL if it cannot be read."""
    fd, _ = _open(folder, name)
    try:
        while size:
            data = os.read(fd, min(size, CHUNK)) if fd >= 0 else b""
            data = data or bytes(min(size, CHUNK))
            size -= len(data)
            yield data
    finally:
        if fd >= 0:
            os.close(fd)


def translate(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """A matcher of whole relative paths: `*` and `?` stay inside a name, `**` as a name is any folders."""
    parts = pattern.split("/")
    last = parts.pop()
    folders = "".join("(?:[^/]+/)*" if part == "**" else _name(part) + "/" for part in parts)
    return re.compile(folders + (".*" if last == "**" else _name(last)), re.DOTALL).fullmatch


def _name(pattern: str) -> str:
    """The regular expression of one name in a pattern: `*`, `?` and `[...]` as in fnmatch(3)."""
    tokens = re.split(r"(\*|\?|\[!?\]?[^\]/]*\])", pattern)
    known = {"*": "[^/]*", "?": "[^/]"}
    return "".join(known.get(token) or _class(token) for token in tokens)


def _class(token: str) -> str:
    if len(token) < 3 or token[0] != "[" or token[-1] != "]":
        return re.escape(token)
    inside = token[1:-1].replace("\\", "\\\\").replace("[", "\\[")
    return f"(?!/)[^{inside[1:]}]" if inside[0] == "!" else f"[{inside}]"


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0  # `_measure` says what is wrong with it


def _measure(folder: str, name: str, limit: int) -> tuple[int, str]:
    """Size of the file, and why it is refused."""
    fd, reason = _open(folder, name)
    if fd < 0:
        return 0, reason
    size = os.fstat(fd).st_size
    os.close(fd)
    return size, f"{size} bytes are more than may be collected" if size > limit else ""


def _open(folder: str, name: str) -> tuple[int, str]:
    """A descriptor of a regular file, or -1 and why not; a link anywhere in the path is refused."""
    base, relative = ("/job", name.removeprefix("/job/")) if name.startswith("/job/") else (folder, name)
    *parents, last = relative.split("/")
    here = os.open(base, os.O_PATH | os.O_DIRECTORY)
    try:
        for part in parents:
            below = os.open(part, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        if not stat.S_ISREG(os.stat(last, dir_fd=here, follow_symlinks=False).st_mode):
            return -1, "not a regular file"
        return os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here), ""
    except OSError as error:
        absent = error.errno == errno.ENOENT
        return -1, "absent" if absent else f"cannot be opened: {error.strerror}"
    finally:
        os.close(here)


def _changed(entry: os.DirEntry[str], mark: Mark | None) -> bool:
    return mark is None or _mark(entry.stat(follow_symlinks=False)) != mark


def _mark(state: os.stat_result) -> Mark:
    return state.st_size, state.st_mtime_ns, state.st_ino
