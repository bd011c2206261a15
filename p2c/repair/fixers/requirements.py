"""Lines of requirements: one is added, or the one that stands there is written anew."""

from __future__ import annotations

import re

from packaging.utils import canonicalize_name

from p2c.repair.fixers.case import Case
from p2c.repair.text import new_text, read_text

REQUIREMENTS = "requirements.txt"
_DECLARES = ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "environment.yml", "environment.yaml")
_SPECIFIER = r"(?P<space>\s*)(?P<specifier>\(?[=<>!~]=?=?\s*[\w.*+!-]+(?:\s*,\s*[=<>!~]=?=?\s*[\w.*+!-]+)*\)?)"


def with_requirement(case: Case, line: str) -> dict[str, bytes] | None:
    """The change that makes `line` a requirement: in place of one on the same distribution, or at the end.

    None where requirements are declared in another way, which is not added to here.
    """
    name = _name(line)
    content = case.tree.files.get(REQUIREMENTS)
    if content is None:
        if any(other in case.tree.files for other in _DECLARES):
            return None
        return {REQUIREMENTS: new_text([line]).encode()}
    text = read_text(content)
    there = next((i for i, old in enumerate(text.lines) if _name(old) == name), None)
    at = len(text.lines) if there is None else there
    return {REQUIREMENTS: text.spliced(at, at if there is None else at + 1, [line]).encode()}


def without_specifier(content: bytes, line: int, distribution: str) -> bytes | None:
    """`content` with `distribution` of any version in `line` (from 1); None where that line says none."""
    text = read_text(content)
    if not 0 < line <= len(text.lines):
        return None
    old = text.lines[line - 1]
    name = re.escape(distribution).replace(r"\-", "[-_.]+")
    found = re.search(rf"(?i)(?<![\w.-]){name}(?:\[[^\]]*\])?{_SPECIFIER}", old)
    if found is None:
        return None
    new = old[: found.start("space")] + old[found.end() :]
    return text.spliced(line - 1, line, [new]).encode()


def _name(line: str) -> str:
    match = re.match(r"\s*([A-Za-z0-9][\w.-]*)", line)
    return canonicalize_name(match[1]) if match else ""
