"""What a repository itself declares, read by parsing only: `setup.py` is never run, no option is ever obeyed.

A declared file is as untrusted as the code beside it: an index, a URL, a path or a version control link in
it would decide where packages come from, so each of those is refused with its line.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import islice

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Line
from packaging.utils import canonicalize_name

from sandbox.requirements.bounds import MAX_LINE, MAX_TEXT
from sandbox.requirements.conda import conda
from sandbox.requirements.documented import documented, documents
from sandbox.requirements.entries import COMMENT, Entry, Note
from sandbox.requirements.imports import is_support
from sandbox.requirements.inline import MARK, inline_script
from sandbox.requirements.names import STANDARD_LIBRARY, table
from sandbox.requirements.poetry import pipfile
from sandbox.requirements.pyproject import NAMING, named_files, pyproject, setup_cfg
from sandbox.requirements.pyproject import UNREADABLE as _UNREADABLE_FILE
from sandbox.requirements.setuppy import setup_py
from sandbox.tree import Tree
from sandbox.verdict import Refused

_REQUIREMENTS = re.compile(
    r"(?:.*/)?(?:requirements?(?:[-_.][\w.-]+)?\.(?:txt|in|pip)|requirements/[\w.-]+\.(?:txt|in))$", re.I
)
_SECONDARY = re.compile(r"dev|test|doc|lint|optional|extra|gpu|cuda|build|ci\b", re.I)
_HASH = re.compile(r"\s--hash[=\s]\S+")
_OPTION = re.compile(r"^-")
_INCLUDED = re.compile(r"\s*(?P<option>-[rc]|--(?:requirement|constraint)\b)[\s=]*(?P<file>\S*)")
_ELSEWHERE = re.compile(r"^(git|hg|svn|bzr)\+|://|^file:|^\.{0,2}/|^\.\.?$|^[A-Za-z]:\\|\.(whl|tar\.gz|zip)$", re.I)
MAX_DEPTH = 2
"""Declarations are looked for at most so many folders down."""
MAX_ENTRIES = 3000
"""So many entries of one file are read."""
UNREADABLE = "this line cannot be read (PEP 508)"
BUILT_IN = "part of Python's standard library, no distribution to install; delete the line"
_PLATFORM = {
    "python_version": "3.11", "python_full_version": "3.11.2", "sys_platform": "linux", "platform_system": "Linux",
    "os_name": "posix", "platform_machine": "x86_64", "implementation_name": "cpython",
    "platform_python_implementation": "CPython", "extra": "",
}  # fmt: skip


@dataclass(frozen=True)
class Declared:
    """One distribution that the repository declares.

    Attributes:
        distribution: normalised name.
        specifier: PEP 440, or empty.
        primary: meant for running the program; else for development, an extra, or a conda package,
            which only say which version is meant where the code imports it.
        rule: `declared`, or `documented` where only the documentation says so.
    """

    distribution: str
    specifier: str
    extras: tuple[str, ...]
    file: str
    line: int | None
    primary: bool = True
    rule: str = "declared"

    @property
    def is_inline(self) -> bool:
        """Whether only a script says it, and of itself (PEP 723): it does not speak for the files beside it."""
        return self.file.endswith(".py") and posixpath.basename(self.file).lower() != "setup.py"


@dataclass(frozen=True)
class Declarations:
    """All declarations, the lines that were refused, and notes for a reader."""

    declared: tuple[Declared, ...] = ()
    refused: tuple[Refused, ...] = ()
    notes: tuple[str, ...] = ()


def read_declared(tree: Tree) -> Declarations:
    """Everything that requirements files, pyproject.toml, setup.cfg, setup.py, environment.yml and scripts declare.

    Where nothing but scripts does, what the documentation tells a reader to install.
    """
    declared: dict[str, Declared] = {}
    refused: list[Refused] = []
    notes: list[str] = []
    included = _included(tree)
    for path in sorted(tree.files, key=lambda p: (p.count("/"), p)):
        reader = _reader(path, tree, included)
        if reader is None:
            continue
        if len(tree.files[path]) > MAX_TEXT:
            notes.append(f"{path} is larger than {MAX_TEXT >> 20} MiB; its declarations were left out")
            continue
        try:
            found = list(islice(reader(tree.text(path)), MAX_ENTRIES + 1))
        except (*_UNREADABLE_FILE, SyntaxError):
            notes.append(f"{path} cannot be read as what its name says; it was left out")
            continue
        if len(found) > MAX_ENTRIES:
            found.pop()
            notes.append(f"{path} has more than {MAX_ENTRIES} entries; the first {MAX_ENTRIES} were read")
        notes += [f"{path}: {one.text}" for one in found if isinstance(one, Note)]
        lines = _read_lines([one for one in found if not isinstance(one, Note)], path, notes)
        refused += [one for one in lines if isinstance(one, Refused)]
        for read in (one for one in lines if isinstance(one, Declared)):
            known = declared.get(read.distribution)
            if known is None or _rank(read) < _rank(known):
                declared[read.distribution] = read
    if all(one.is_inline for one in declared.values()):
        declared = {one.distribution: one for one in _documented(tree)} | declared
    return Declarations(tuple(declared.values()), tuple(refused), tuple(notes))


def _rank(one: Declared) -> tuple[bool, bool]:
    """Which of two declarations of a distribution counts: the lesser."""
    return not one.primary, one.is_inline


def _read_lines(entries: list[Entry], path: str, notes: list[str]) -> list[Declared | Refused | None]:
    lines = [_read_line(text, path, line, primary) for text, line, primary in entries]
    unreadable = [one for one in lines if isinstance(one, Refused) and one.reason == UNREADABLE]
    if len(unreadable) <= max(1, len(lines) // 2):
        return lines
    notes.append(f"{path} holds prose rather than requirements; {len(unreadable)} lines were passed over")
    return [one for one in lines if not (isinstance(one, Refused) and one.reason == UNREADABLE)]


def _documented(tree: Tree) -> tuple[Declared, ...]:
    found: dict[str, Declared] = {}
    for path in documents(tree):
        for text, line, primary in documented(tree.text(path)):
            one = _read_line(text, path, line, primary)
            if isinstance(one, Declared):
                found.setdefault(one.distribution, replace(one, rule="documented"))
    return tuple(found.values())


def _included(tree: Tree) -> dict[str, bool]:
    """The requirements files, by their names or because another file names them, and whether they are primary.

    Requirements files name others with `-r` and `-c` (constraints are not primary), setuptools' settings some, too.
    """
    found = {path: not _is_secondary(path) for path in tree.files if _REQUIREMENTS.match(path)}
    found |= _named(tree)
    left = list(found)
    while left:
        path = left.pop()
        named = (_INCLUDED.match(line) for line in tree.text(path).splitlines())
        for match in (match for match in named if match):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), match["file"]))
            if target in tree.files and target not in found:
                found[target] = found[path] and match["option"] in ("-r", "--requirement")
                left.append(target)
    return found


def _named(tree: Tree) -> dict[str, bool]:
    """The files that setuptools' settings name, and whether any of them names it as what running the program needs."""
    found: dict[str, bool] = {}
    naming = (path for path in tree.files if posixpath.basename(path) in NAMING and path.count("/") <= MAX_DEPTH)
    for path in naming:
        if len(tree.files[path]) > MAX_TEXT:
            continue
        with suppress(*_UNREADABLE_FILE):  # `read_declared` says so
            for name, primary in named_files(posixpath.basename(path), tree.text(path)):
                target = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
                if target in tree.files:
                    found[target] = found.get(target, False) or primary
    return found


def _is_secondary(path: str) -> bool:
    return bool(_SECONDARY.search(path.rpartition("/")[2].lower().removeprefix("requirements")))


def _reader(path: str, tree: Tree, included: dict[str, bool]) -> Callable[[str], Iterator[Entry | Note]] | None:
    """What reads the declarations of `path`; None for a file that holds none."""
    if path in included:
        return partial(_requirements_file, primary=included[path])
    if path.count("/") > MAX_DEPTH:
        return None
    name = path.rpartition("/")[2].lower()
    if name in _NAMED:
        return _NAMED[name]
    if re.fullmatch(r"(conda[-_])?env(ironment)?([-_.]\w+)*\.ya?ml", name):
        return conda
    is_script = name.endswith(".py") and MARK in tree.files[path]
    return partial(inline_script, primary=not is_support(path)) if is_script else None


def _read_line(text: str, path: str, line: int | None, primary: bool) -> Declared | Refused | None:
    text = _HASH.sub("", text).strip()
    if _OPTION.match(text) or _ELSEWHERE.search(text.split(";")[0].strip()):
        return Refused(name=_short(text), reason=_why_refused(text), file=path, line=line)
    try:
        parsed = _parsed(text)
        is_elsewhere = parsed.marker is not None and not parsed.marker.evaluate(_PLATFORM)
    except (ValueError, LookupError, TypeError, RecursionError):  # a marker may compare what cannot be compared
        return Refused(name=_short(text), reason=UNREADABLE, file=path, line=line)
    if parsed.url:
        return Refused(name=_short(text), reason=_why_refused(text), file=path, line=line)
    is_conda = path.endswith((".yml", ".yaml"))  # whose `readline` is something else
    if is_elsewhere or parsed.name in ("python", "pip", "wheel") or (is_conda and parsed.name in STANDARD_LIBRARY):
        return None
    if parsed.name in STANDARD_LIBRARY:
        return Refused(name=_short(text), reason=BUILT_IN, file=path, line=line, optional=True)
    name = canonicalize_name(parsed.name)
    extras = tuple(sorted(extra for extra in parsed.extras if not re.search(r"cuda|gpu|tpu|rocm", extra, re.I)))
    return Declared(_renamed().get(name, name), _specifier(parsed), extras, path, line, primary)


@cache
def _renamed() -> dict[str, str]:
    """What people declare by the name of its module -> the distribution that is meant."""
    return {canonicalize_name(key): value for key, value in table()["distributions"].items()}


def _parsed(text: str) -> Line:
    """A line of PEP 508, or one with `=` in place of `==`. Raises ValueError (or a kind of it), RecursionError."""
    if len(text) > MAX_LINE:
        raise ValueError("too long")
    try:
        return Line(text)
    except InvalidRequirement:
        return Line(re.sub(r"(?<![=<>!~])=(?!=)", "==", text))


def _specifier(parsed: Line) -> str:
    """The specifier without local versions such as `+cu118`, which name builds for a GPU."""
    return ",".join(sorted(re.sub(r"\+[\w.]+$", "", str(part)) for part in parsed.specifier))


def _why_refused(text: str) -> str:
    if re.match(r"--?(i\b|index|extra-index|find-links|f\b|trusted-host|pre\b|no-index)", text):
        return "a repository may not choose where packages come from"
    if re.match(r"-(r|c)\b|--(requirement|constraint)", text):
        return "it is read as a file of its own, where it is part of the repository"
    if re.match(r"-e\b|--editable", text) or re.match(r"^\.{1,2}(/|$|\[)", text):
        return "an editable or local project is not installed; its own modules are found in the tree"
    return "only distributions of the package index are installed, never a URL, a path or a version control link"


def _short(text: str) -> str:
    """A line for a report: no password of a URL, no control character, at most 120 characters."""
    text = re.sub(r"(?<=://)[^/@\s]+@", "***@", text)
    return re.sub(r"[^\x20-\x7e]", "?", text)[:120]


def _requirements_file(text: str, *, primary: bool) -> Iterator[Entry]:
    held: list[str] = []
    first = 1
    for number, raw in enumerate(text.splitlines(), start=1):
        first = first if held else number
        if raw.endswith("\\"):
            held.append(f"{raw[:-1]} ")
            continue
        line, held = COMMENT.sub("", "".join((*held, raw))).strip(), []
        if line and not _INCLUDED.match(line):
            yield line, first, primary


_NAMED: dict[str, Callable[[str], Iterator[Entry | Note]]] = {
    "pyproject.toml": pyproject,
    "setup.cfg": setup_cfg,
    "setup.py": setup_py,
    "pipfile": pipfile,
}
