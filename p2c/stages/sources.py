"""Where each value of `config.yaml` comes from: a place in the paper that was looked up there, or an assumption.

The comment of a value says it: `# Section 4.1: "the words of the paper"`, `# Table 2`, or `# assumption: reason`.
What a comment says of the paper is believed only when the paper has it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Literal

from p2c.stages.leaves import Leaf, leaves, with_comments
from p2c.stages.numbers import holds, numbers_in
from p2c.stages.places import text_at, without_references
from p2c.stages.quotes import is_quoted
from p2c.types import Value

ASSUMPTION = "assumption"
_ASSUMED = re.compile(r"\(?assum(?:ption|ed)\b[\s:,;.)-]*(.*)", re.I | re.S)
_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”|``(.+?)\'\'')
_ASIDE = re.compile(r"\[[\d\s,;–-]+\]|[^\W\d_]_?\{?\d+\}?")
"""Numbers in a quote that are no values: `[20]`, the 1 of `β_1`."""
_NUMBER = re.compile(r"[+-]?(?:\d[\d_]*)?\.?\d*(?:[eE][+-]?\d+)?")


class Source(Value):
    """Where one value comes from."""

    key: str
    """Dotted name in `config.yaml`."""
    value: str
    """As it is written there."""
    kind: Literal["paper", "assumption", "unfounded", "smoke"]
    """`paper`: looked up and found; `assumption`: said to be one; `unfounded`: said to be the paper's, or nothing said,
    and not found there; `smoke`: of the smoke run, which is scaled down by design."""
    said: str
    """The comment: place and quote, or the reason for the assumption."""
    why: str = ""
    """For `unfounded`: what is wrong."""


def trace(config: str, paper: str) -> tuple[Source, ...]:
    """The source of every value of `config` (YAML with a mapping at its top), looked up in `paper` (Markdown)."""
    return tuple(_source(leaf, paper) for leaf in leaves(config))


def problems(sources: Sequence[Source]) -> tuple[str, ...]:
    """One clause for the model for each value without a foundation."""
    return tuple(
        f"config.yaml: `{source.key}: {_short(source.value)}` {source.why}" for source in sources if source.why
    )


def marked(config: str, paper: str) -> tuple[str, tuple[str, ...]]:
    """`config` with every value that has no foundation marked as an assumption, and the keys of those values."""
    found = {source.key: source for source in trace(config, paper) if source.kind == "unfounded"}
    comments = {
        key: f"{ASSUMPTION}: not found in the paper: {source.said}" if source.said else f"{ASSUMPTION}: no source given"
        for key, source in found.items()
    }
    return (with_comments(config, comments) if comments else config), tuple(found)


def _source(leaf: Leaf, paper: str) -> Source:
    said = " ".join(leaf.comment.split())
    if leaf.key.partition(".")[0] == "smoke":
        return Source(key=leaf.key, value=leaf.value, kind="smoke", said=said)
    if assumed := _ASSUMED.match(said):
        return Source(key=leaf.key, value=leaf.value, kind="assumption", said=assumed[1])
    why = _doubt(leaf, said, paper)
    return Source(key=leaf.key, value=leaf.value, kind="unfounded" if why else "paper", said=said, why=why)


def _doubt(leaf: Leaf, said: str, paper: str) -> str:
    """Why the paper does not back the value, or an empty string."""
    if not said:
        return 'has no comment that says where it comes from (`# Section 4.1: "quote"`, or `# assumption: reason`)'
    quotes = [next(filter(None, match.groups())) for match in _QUOTED.finditer(said)]
    if absent := next((quote for quote in quotes if not is_quoted(quote, paper)), None):
        return f'cites words that the paper does not have: "{_short(absent)}"'
    there = text_at(_QUOTED.sub(" ", said), paper)
    if not there and not quotes:
        return f"cites a place that the paper does not have: {_short(said)}"
    wanted = [scalar for scalar in leaf.scalars if _is_number(scalar)]
    numbers = numbers_in(" ".join((*quotes, without_references(there))))
    if absent := next((scalar for scalar in wanted if not _has(numbers, scalar)), None):
        return f"is not what the paper says there: {absent} does not occur in {_short(said)}"
    quoted = " ".join(quotes)
    has_values = re.search(r"\d", _ASIDE.sub(" ", quoted))
    if wanted and has_values and not any(_has(numbers_in(quoted), scalar) for scalar in wanted):
        return f"is not what the quoted words say: {_short(said)}"
    return ""


def _has(numbers: Collection[float], scalar: str) -> bool:
    return holds(numbers, float(scalar.replace("_", "")))


def _is_number(scalar: str) -> bool:
    return bool(_NUMBER.fullmatch(scalar)) and any(letter.isdigit() for letter in scalar)


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 80 else f"{plain[:77]}..."
