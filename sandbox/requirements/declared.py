"""What a repository itself declares, read by parsing only: `setup.py` is never run, no option is ever obeyed.

A declared file is as untrusted as the code beside it: an index, a URL, a path or a version control link in
it would decide where packages come from, so each of those is refused with its line.
"""

from __future__ import annotations

import ast
import configparser
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Line
from packaging.utils import canonicalize_name

from sandbox.requirements.conda import conda
from sandbox.requirements.entries import COMMENT, Entry, Note, line_of, texts
from sandbox.requirements.names import STANDARD_LIBRARY, table
from sandbox.requirements.poetry import pipfile, poetry_entries
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
    """

    distribution: str
    specifier: str
    extras: tuple[str, ...]
    file: str
    line: int | None
    primary: bool = True


@dataclass(frozen=True)
class Declarations:
    """All declarations, the lines that were refused, and notes for a reader."""

    declared: tuple[Declared, ...] = ()
    refused: tuple[Refused, ...] = ()
    notes: tuple[str, ...] = ()


def read_declared(tree: Tree) -> Declarations:
    """Everything that requirements files, pyproject.toml, setup.cfg, setup.py and environment.yml declare."""
    declared: dict[str, Declared] = {}
    refused: list[Refused] = []
    notes: list[str] = []
    included = _included(tree)
    for path in sorted(tree.files, key=lambda p: (p.count("/"), p)):
        reader = _reader(path)
        if reader is None and path in included:
            reader = partial(_requirements_file, primary=included[path])
        if reader is None:
            continue
        try:
            found = list(reader(tree.text(path)))
        except (ValueError, SyntaxError, RecursionError, configparser.Error, yaml.YAMLError, AttributeError, TypeError):
            notes.append(f"{path} cannot be read as what its name says; it was left out")
            continue
        notes += [f"{path}: {one.text}" for one in found if isinstance(one, Note)]
        entries = [one for one in found if not isinstance(one, Note)]
        lines = [_read_line(text, path, line, primary) for text, line, primary in entries]
        unreadable = [one for one in lines if isinstance(one, Refused) and one.reason == UNREADABLE]
        if len(unreadable) > max(1, len(lines) // 2):
            notes.append(f"{path} holds prose rather than requirements; {len(unreadable)} lines were passed over")
            lines = [one for one in lines if one not in unreadable]
        refused += [one for one in lines if isinstance(one, Refused)]
        for read in (one for one in lines if isinstance(one, Declared)):
            known = declared.get(read.distribution)
            if known is None or (read.primary and not known.primary):
                declared[read.distribution] = read
    return Declarations(tuple(declared.values()), tuple(refused), tuple(notes))


def _included(tree: Tree) -> dict[str, bool]:
    """The files that requirements files name with `-r` and `-c`, and whether they are primary; constraints are not."""
    found = {path: not _is_secondary(path) for path in tree.files if _REQUIREMENTS.match(path)}
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


def _is_secondary(path: str) -> bool:
    return bool(_SECONDARY.search(path.rpartition("/")[2].lower().removeprefix("requirements")))


def _reader(path: str) -> Callable[[str], Iterator[Entry | Note]] | None:
    name = path.rpartition("/")[2].lower()
    if path.count("/") > 2:
        return None
    if _REQUIREMENTS.match(path):
        return partial(_requirements_file, primary=not _is_secondary(path))
    named = {"pyproject.toml": _pyproject, "setup.cfg": _setup_cfg, "setup.py": _setup_py, "pipfile": pipfile}
    if re.fullmatch(r"(conda[-_])?env(ironment)?([-_.]\w+)*\.ya?ml", name):
        return conda
    return named.get(name)


def _read_line(text: str, path: str, line: int | None, primary: bool) -> Declared | Refused | None:
    text = _HASH.sub("", text).strip()
    if _OPTION.match(text) or _ELSEWHERE.search(text.split(";")[0].strip()):
        return Refused(name=_short(text), reason=_why_refused(text), file=path, line=line)
    try:
        parsed = Line(text)
    except InvalidRequirement:
        try:
            parsed = Line(re.sub(r"(?<![=<>!~])=(?!=)", "==", text))
        except InvalidRequirement:
            return Refused(name=_short(text), reason=UNREADABLE, file=path, line=line)
    if parsed.url:
        return Refused(name=_short(text), reason=_why_refused(text), file=path, line=line)
    is_elsewhere = parsed.marker is not None and not parsed.marker.evaluate(_PLATFORM)
    is_conda = path.endswith((".yml", ".yaml"))  # whose `readline` is something else
    if is_elsewhere or parsed.name in ("python", "pip", "wheel") or (is_conda and parsed.name in STANDARD_LIBRARY):
        return None
    if parsed.name in STANDARD_LIBRARY:
        return Refused(name=_short(text), reason=BUILT_IN, file=path, line=line, optional=True)
    name = canonicalize_name(parsed.name)
    renamed = {canonicalize_name(key): value for key, value in table()["distributions"].items()}
    extras = tuple(sorted(extra for extra in parsed.extras if not re.search(r"cuda|gpu|tpu|rocm", extra, re.I)))
    return Declared(renamed.get(name, name), _specifier(parsed), extras, path, line, primary)


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
    whole, first = "", 1
    for number, raw in enumerate(text.splitlines(), start=1):
        first = first if whole else number
        if raw.endswith("\\"):
            whole += f"{raw[:-1]} "
            continue
        line, whole = COMMENT.sub("", whole + raw).strip(), ""
        if line and not _INCLUDED.match(line):
            yield line, first, primary


def _pyproject(text: str) -> Iterator[Entry | Note]:
    data = tomllib.loads(text)
    project: Mapping[str, Any] = data.get("project", {})
    for line in texts(project.get("dependencies")):
        yield line, line_of(text, line), True
    # Extras, and the groups of PEP 735, where a table includes another group.
    for lines in (*project.get("optional-dependencies", {}).values(), *data.get("dependency-groups", {}).values()):
        for line in texts(lines):
            yield line, line_of(text, line), False
    poetry: Mapping[str, Any] = data.get("tool", {}).get("poetry", {})
    yield from poetry_entries(text, poetry.get("dependencies", {}))
    yield from poetry_entries(text, poetry.get("dev-dependencies", {}), primary=False)
    for group in poetry.get("group", {}).values():
        yield from poetry_entries(text, group.get("dependencies", {}), primary=False)


def _setup_cfg(text: str) -> Iterator[Entry]:
    config = configparser.ConfigParser(interpolation=None, strict=False)
    config.read_string(text)
    said = [(config.get("options", "install_requires", fallback=""), True)]
    if config.has_section("options.extras_require"):
        said += [(value, False) for _, value in config.items("options.extras_require")]
    for lines, primary in said:
        for raw in lines.splitlines():
            line = COMMENT.sub("", raw).strip()
            if line and not line.startswith("file:") and "%(" not in line:
                yield line, line_of(text, line), primary


def _setup_py(text: str) -> Iterator[Entry]:
    tree = ast.parse(text)
    values = {
        t.id: n.value for n in ast.walk(tree) if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)
    }
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "setup"):
            continue
        for keyword in call.keywords:
            value = (
                values.get(keyword.value.id, keyword.value) if isinstance(keyword.value, ast.Name) else keyword.value
            )
            if keyword.arg == "install_requires":
                yield from _strings(value, primary=True)
            elif keyword.arg == "extras_require" and isinstance(value, ast.Dict):
                for lines in value.values:
                    yield from _strings(lines, primary=False)


def _strings(node: ast.expr, *, primary: bool) -> Iterator[Entry]:
    for item in node.elts if isinstance(node, ast.List | ast.Tuple) else ():
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            yield item.value, item.lineno, primary
