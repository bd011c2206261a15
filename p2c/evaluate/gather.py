"""A repository's text, gathered by rule: what git does not ignore, what is text and not too long; the rest is named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from p2c.errors import RunFolderError, UsageError
from p2c.evaluate.kinds import LONGEST, Kind, kind_of
from p2c.repair.text import is_binary
from p2c.run.folder import JOURNAL, META
from p2c.run.git import Git
from p2c.types import Value
from sandbox.tree import Tree
from sandbox.words import counted


class LeftOut(Value):
    """A file that the evaluator does not see, or sees only in part, and why."""

    path: str
    reason: str
    bytes: int
    """Of the whole file."""


@dataclass(frozen=True)
class Source:
    """A file as text.

    Attributes:
        path: relative POSIX path.
        text: its whole text; of a notebook, its cells without their outputs.
        size: bytes of the file.
    """

    path: str
    kind: Kind
    text: str
    size: int


@dataclass(frozen=True)
class Sources:
    """What a repository says, and what was not taken of it.

    Attributes:
        name: of the repository's folder; in a run folder `RUN/repository`.
        digest: `Tree.digest()` of everything in it.
        files: sorted by path.
        left_out: by rule; sorted by path.
        ignored: files that git ignores, so that they are no part of the repository.
    """

    name: str
    digest: str
    files: tuple[Source, ...]
    left_out: tuple[LeftOut, ...]
    ignored: int = 0


def gather(folder: Path) -> Sources:
    """The text of the repository in `folder`.

    Where `folder` is the root of a git repository, what git ignores does not count.

    Raises:
        InputError: there is no such folder, it is empty or too large.
        UsageError: nothing in it is code, configuration or documentation, or it is a run folder.
    """
    if _is_run(folder):
        made = folder / "repository"
        advice = f"give the one in it: {made}" if made.is_dir() else f"make one with: p2c replay {folder} --to DIR"
        raise UsageError(f"{folder} is a run folder, not a repository; {advice}")
    tree = Tree.read(folder)
    ignored = _ignored(folder) & tree.files.keys()
    files: list[Source] = []
    left_out = [LeftOut(path=path, reason=why, bytes=0) for path, why in tree.skipped.items()]
    for path in sorted(tree.files.keys() - ignored):
        content = tree.files[path]
        source = _source(path, content)
        if isinstance(source, Source):
            files.append(source)
        else:
            left_out.append(LeftOut(path=path, reason=source, bytes=len(content)))
    if not files:
        raise UsageError(
            f"{folder} holds no file that could be evaluated: no code, configuration or documentation"
            + (f"; ignored by git: {counted(len(ignored), 'file')}" if ignored else "")
        )
    left_out.sort(key=lambda one: one.path)
    return Sources(_name(folder.resolve()), tree.digest(), tuple(files), tuple(left_out), len(ignored))


def _name(folder: Path) -> str:
    """The folder's name; of the repository in a run folder, the run's name too."""
    return f"{folder.parent.name}/{folder.name}" if _is_run(folder.parent) else folder.name


def _is_run(folder: Path) -> bool:
    return (folder / META).is_file() and (folder / JOURNAL).is_file()


def _ignored(folder: Path) -> frozenset[str]:
    """The paths that git ignores; none where `folder` is not the root of a repository that git can read."""
    if not (folder / ".git").exists():
        return frozenset()
    try:
        listed = Git(folder).run("ls-files", "-z", "--others", "--ignored", "--exclude-standard")
    except RunFolderError:
        return frozenset()
    return frozenset(name.decode("utf-8", "surrogateescape") for name in listed.split(b"\0") if name)


def _source(path: str, content: bytes) -> Source | str:
    """The file as text, or why it is left out."""
    kind = kind_of(path)
    if not isinstance(kind, Kind):
        return kind
    if is_binary(content):
        return "binary"
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    if path.endswith(".ipynb"):
        cells = notebook_text(text)
        if cells is None:
            return "a notebook that cannot be read"
        text = cells
    if not text.strip():
        return "empty"
    if len(text) > LONGEST[kind]:
        return f"longer than {LONGEST[kind]:,} characters"
    return Source(path, kind, text, len(content))


def notebook_text(text: str) -> str | None:
    """The cells of a notebook, each behind a line `# %%`, prose as comments, without outputs; None if it is none."""
    try:
        cells = json.loads(text)["cells"]
        return "".join(_cell(cell) for cell in cells)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _cell(cell: Mapping[str, object]) -> str:
    source = cell["source"]
    body = "".join(map(str, source)) if isinstance(source, list) else str(source)
    if cell["cell_type"] == "code":
        return f"# %%\n{body.rstrip()}\n"
    return "# %% [markdown]\n" + "".join(f"# {line}\n" for line in body.rstrip().splitlines())
