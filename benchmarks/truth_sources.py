"""The repositories of a requirement truth, from folders where they lie: git directories and source distributions."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.utils import canonicalize_name

from sandbox.tree import IGNORED_FOLDERS, Tree

_READ = (".py", ".txt", ".in", ".pip", ".toml", ".cfg", ".yml", ".yaml", ".ipynb", "Pipfile")
"""Names of files whose content counts; of all others only that they are there."""


def find_tree(source: Mapping[str, str], folders: list[Path]) -> Tree | None:
    """The tree of one entry's `source`, or None where no folder has it at the commit or version that is named.

    A repository OWNER/NAME is looked for as `OWNER+NAME`, `OWNER+NAME/repo`, `OWNER/NAME` and `NAME`, a bare git
    directory or a work tree with one; an sdist as its `.tar.gz`.
    """
    if "sdist" in source:
        name, version = source["sdist"].split()
        found = (path for folder in folders for path in folder.glob("*.tar.gz") if _is_sdist(path, name, version))
        archive = next(found, None)
        return None if archive is None else Tree(dict(_sdist_files(archive)))
    repository = source["repository"]
    plus, last = repository.replace("/", "+"), repository.rpartition("/")[2]
    for folder in folders:
        for place in (plus, f"{plus}/repo", repository, last):
            for git in (folder / place / ".git", folder / place):
                if (git / "HEAD").is_file() and _has_commit(git, source["commit"]):
                    return Tree(dict(_git_files(git, source["commit"], source["path"])))
    return None


def _is_sdist(path: Path, name: str, version: str) -> bool:
    stem, _, found = path.name.removesuffix(".tar.gz").rpartition("-")
    return canonicalize_name(stem) == canonicalize_name(name) and found == version


def _sdist_files(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as opened:
        for member in opened:
            content = opened.extractfile(member) if member.isreg() else None
            if content is not None:
                yield member.name.partition("/")[2], content.read()


def _git(git: Path, *arguments: str, given: bytes = b"") -> bytes:
    command = ["git", f"--git-dir={git}", *arguments]
    return subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True).stdout


def _has_commit(git: Path, commit: str) -> bool:
    command = ["git", f"--git-dir={git}", "cat-file", "-e", f"{commit}^{{commit}}"]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0


def _git_files(git: Path, commit: str, below: str) -> Iterator[tuple[str, bytes]]:
    wanted: list[tuple[str, str]] = []
    for entry in _git(git, "ls-tree", "-r", "-z", commit).split(b"\0"):
        meta, _, raw = entry.partition(b"\t")
        path = raw.decode("utf-8", "surrogateescape")
        if not meta.startswith(b"100") or not path.startswith(below):
            continue  # a link or a submodule
        path = path[len(below) :]
        if IGNORED_FOLDERS.intersection(path.split("/")):
            continue
        if path.endswith(_READ):
            wanted.append((path, meta.split()[2].decode()))
        else:
            yield path, b""
    packed = _git(git, "cat-file", "--batch", given="".join(f"{blob}\n" for _, blob in wanted).encode())
    at = 0
    for path, _ in wanted:
        end = packed.index(b"\n", at)
        header = packed[at:end].split()
        size = -1 if header[-1] == b"missing" else int(header[2])  # a partial copy lacks its largest files
        if size < 0 and path.endswith(".py"):
            raise ValueError(f"{git} lacks {path} of {commit}; fetch it whole")
        yield path, packed[end + 1 : end + 1 + max(size, 0)]
        at = end + 1 + (size + 1 if size >= 0 else 0)
