"""What takes room in the store, and its removal. Standard library only."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .shelves import COMPLETE, FRESH, KEY, STORE, USERS, Presence, folder_of, forget_lock, locked

FRESH_SECONDS = 6 * 3600
"""A replay's environment of a machine that we cannot see is given up after so long."""
BLOCK = 512
ALONE_SECONDS = 20.0


def sweep(presence: Presence) -> None:
    """Remove what a dead installer left half-made, and replays' environments that nobody discarded."""
    for folder in list((STORE / "envs").iterdir()):
        if KEY.fullmatch(folder.name) and _is_stale(folder):
            with locked(folder.name) as ours:
                if ours and _is_stale(folder):
                    _remove_environment(folder)
    for lock in list((STORE / "locks").iterdir()):
        if lock.name != USERS and not (STORE / "envs" / lock.name).exists():
            with locked(lock.name) as ours:
                if ours and not (STORE / "envs" / lock.name).exists():
                    forget_lock(lock.name)
    with presence.alone() as ours:
        for path in _partial() if ours else ():
            _throw_away(path)
    empty_trash()


def _is_stale(folder: Path) -> bool:
    try:
        used = (folder / COMPLETE).stat().st_mtime
    except FileNotFoundError:
        return True
    return folder.name.startswith(FRESH) and time.time() - used > FRESH_SECONDS


def _partial() -> Iterator[Path]:
    """What is being written: by nobody, when no other installer lives."""
    yield from (STORE / "cache").glob(".tmp*")
    yield from (STORE / "cache").glob("*/.tmp*")
    yield from (STORE / "wheels").glob(".*")
    yield from (path for path in (STORE / "bytecode").glob("*/*") if "." in path.name)


def discard(keys: list[str], unless_used_since: float) -> list[str]:
    """Take environments away, quickly: `empty_trash` then makes the room.

    Returns:
        The keys that stay, because they are being made or were used since that time.
    """
    kept = []
    for key in keys:
        folder = folder_of(key)
        with locked(key, 2.0) as ours:
            mark = folder / COMPLETE
            if not ours or (mark.exists() and mark.stat().st_mtime > unless_used_since):
                kept.append(key)
            else:
                _remove_environment(folder)
    return kept


def _remove_environment(folder: Path) -> None:
    """Quickly out of the way; `empty_trash` does the work. To be called by who holds its lock."""
    (folder / COMPLETE).unlink(missing_ok=True)
    _throw_away(folder)
    forget_lock(folder.name)


def _throw_away(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.rename(STORE / "trash" / f"{secrets.token_hex(8)}")


def empty_trash() -> None:
    """Remove what was thrown away, also by one who died over it."""
    for path in list((STORE / "trash").iterdir()):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def usage() -> dict[str, Any]:
    """Who holds how much: bytes on disk for each set of holders that share files (by hard links).

    A holder is `env:KEY`, `cache:ARCHIVE` (a package unpacked by uv), `wheel:NAME`, `bytecode` or `rest`.
    """
    shares: dict[frozenset[str], int] = defaultdict(int)
    linked: dict[tuple[int, int], tuple[frozenset[str], int]] = {}
    groups: dict[frozenset[str], frozenset[str]] = {}  # few, and each kept once: there are half a million files
    used: dict[str, float] = {}
    for holder, root in _holders():
        alone = frozenset({holder})
        for found in _files(root):
            size = found.st_blocks * BLOCK
            if stat.S_ISDIR(found.st_mode) or found.st_nlink == 1:
                shares[alone] += size
            else:
                inode = found.st_dev, found.st_ino
                group = linked[inode][0] | alone if inode in linked else alone
                linked[inode] = groups.setdefault(group, group), size
            if stat.S_ISREG(
                found.st_mode
            ):  # its change time is that of the last link to it, made or removed: of its use
                used[holder] = max(found.st_ctime, used.get(holder, 0.0))
    for group, size in linked.values():
        shares[group] += size
    for folder in (STORE / "envs").iterdir():
        used[f"env:{folder.name}"] = time.time()  # it is being made
        with contextlib.suppress(FileNotFoundError):
            used[f"env:{folder.name}"] = (folder / COMPLETE).stat().st_mtime
    titles = {holder: _title(root) for holder, root in _holders() if holder.startswith("cache:")}
    return {"shares": [[sorted(who), size] for who, size in shares.items()], "used": used, "titles": titles}


def _title(archive: Path) -> str:
    """The distribution that was unpacked there, as its metadata folder is called."""
    return next((path.stem for path in archive.glob("*.dist-info")), archive.name)


def _files(path: Path | str) -> Iterator[os.stat_result]:
    """What lstat says of `path` and of everything below it; what vanishes meanwhile is left out."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        yield os.lstat(path)
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _files(entry.path)
                else:
                    yield entry.stat(follow_symlinks=False)


def _holders() -> Iterator[tuple[str, Path]]:
    yield from ((f"env:{path.name}", path) for path in (STORE / "envs").iterdir())
    yield from ((f"cache:{path.name}", path) for path in (STORE / "cache").glob("archive-v*/*"))
    yield from ((f"wheel:{path.name}", path) for path in (STORE / "wheels").iterdir())
    yield "bytecode", STORE / "bytecode"
    for path in (STORE / "cache").iterdir():
        if not path.name.startswith("archive-v"):
            yield "rest", path
    yield from (("rest", STORE / name) for name in ("locks", "trash"))


def drop_cache(archives: list[str], presence: Presence) -> bool:
    """Remove unpacked packages from uv's cache, and bytecode that no environment uses; uv fetches them again.

    Returns:
        Whether it was done; not while another installer may be linking them.
    """
    with presence.alone(ALONE_SECONDS) as ours:
        if not ours:
            return False
        wanted = set(archives)
        for path in list((STORE / "cache").glob("archive-v*/*")):
            if path.name in wanted:
                _throw_away(path)
        for path in (STORE / "bytecode").glob("*/*"):
            if path.stat().st_nlink == 1:
                path.unlink()
    return True


def drop_wheels(names: list[str], presence: Presence) -> bool:
    """Remove wheels that builders made."""
    with presence.alone(ALONE_SECONDS) as ours:
        for name in names if ours else ():
            (STORE / "wheels" / Path(name).name).unlink(missing_ok=True)
        return ours
