"""What uv says when it finds no solution, taken apart as far as something can be done about it.

The phrases are those of uv 0.8 to 0.13; what matches none of them is a conflict, told in uv's own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from packaging.utils import canonicalize_name

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_SPECIFIER = r"(?P<specifier>(?:[<>=!~]=?=?[^\s,]+,?)*)"
_ONE = rf"(?:all versions of )?(?P<name>{_NAME})(?:\[[^\]]*\])?{_SPECIFIER}"
_PHRASES = (
    ("not_found", re.compile(rf"(?P<name>{_NAME})(?P<specifier>) was not found in")),
    ("no_wheel", re.compile(rf"\b{_ONE} ha(?:s|ve) no (?:usable wheels|wheels with a matching)")),
    ("python", re.compile(rf"\b{_ONE} depends? on Python")),
    ("no_version", re.compile(rf"there (?:is no version|are no versions) of (?P<name>{_NAME}){_SPECIFIER}")),
)


@dataclass(frozen=True)
class Complaint:
    """Why there is no solution.

    Attributes:
        kind: `not_found` on the index; `no_wheel` for this Python and machine; `python`: needs another
            one; `no_version` that satisfies; `conflict` between requirements.
        name: the normalised distribution that it is about; empty for a conflict.
        specifier: which versions of it are meant; empty for all.
        sentence: one line for a person.
    """

    kind: Literal["not_found", "no_wheel", "python", "no_version", "conflict"]
    name: str
    specifier: str
    sentence: str


def read_complaint(said: str) -> Complaint:
    """What `said` (uv's words on a failed resolution) complains about first."""
    text = " ".join(said.split())
    sentence = _sentence(text)
    for kind, pattern in _PHRASES:
        found = next((hit for hit in pattern.finditer(text) if kind == "not_found" or _whole(hit["name"], text)), None)
        if found:
            specifier = found["specifier"].rstrip(",")
            return Complaint(kind, canonicalize_name(found["name"]), specifier, sentence)  # type: ignore[arg-type]
    return Complaint("conflict", "", "", sentence)


def _whole(name: str, text: str) -> bool:
    """Whether a clause about `name` is the whole reason, not one about some versions in a chain of dependencies."""
    return re.search(rf"\b{re.escape(name)}(?:\[[^\]]*\])?[<>=!~,\w.*+]* depends? on (?!Python)", text) is None


def names_in(said: str) -> frozenset[str]:
    """Every word of `said` that may be a distribution's name, normalised."""
    return frozenset(canonicalize_name(word) for word in re.findall(_NAME, re.sub(r"\[[^\]]*\]", " ", said)))


def _sentence(text: str) -> str:
    _, _, cause = text.partition("Because ")
    if not cause:
        return text[:300]
    cause = cause.partition(" hint: ")[0].replace(", we can conclude that your requirements are unsatisfiable.", "")
    cause = cause.strip().rstrip(".")
    return cause if len(cause) <= 300 else cause[:297] + "..."
