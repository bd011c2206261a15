"""Statements of a paper: a theorem, lemma, proposition, corollary or definition, up to where the next begins."""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST_STATEMENT = 2_000
"""Characters; what follows a statement without a proof, statement or heading of its own is cut at a paragraph there."""
_MARKS = r"[>*_#\s\[$(]*"
"""What may stand before the word: emphasis, a heading, `$$` where a PDF's reader took the statement for an equation."""
_END = re.compile(
    r"#{1,6}[ \t]"
    r"|\*\*[A-Z][^*\n]{2,60}[.:]\*\*"  # a heading that runs into its paragraph: `**Related work.**`
    rf"|{_MARKS}(?:theorem|lemma|proposition|corollary|definition|conjecture|claim|fact|observation|assumption|algorithm"
    r"|table|figure|fig\.)[ \t.~]*(?:[A-Z]?\d|[IVX]+\b)"
    rf"|{_MARKS}(?:proof|remarks?|examples?)\b",
    re.I,
)
"""How a block begins that is no part of the statement before it."""


def statement(blocks: Sequence[str], kind: str, numbers: Sequence[str]) -> str:
    """The paragraphs and displayed equations of, for example, `theorem` `14` or `XIV`; empty without such a head.

    A paragraph that only begins with the words (`Lemma 7 leads to ...`) is taken where nothing looks more like a head.
    """
    number = "|".join(map(re.escape, numbers))
    after = r"(?P<after>\s*[^\w\s]|\s+(?-i:[A-Z]))?"
    head = re.compile(rf"(?P<marks>{_MARKS}){kind}[ \t.~]*(?:{number})\b(?!\.\d){after}", re.I)
    heads = [(at, match) for at, block in enumerate(blocks) if (match := head.match(block))]
    if not heads:
        return ""
    start, _ = max(heads, key=lambda one: (any(sign in one[1]["marks"] for sign in "*_#$"), bool(one[1]["after"])))
    end, length = start + 1, len(blocks[start])
    while end < len(blocks) and not _END.match(blocks[end]) and length + len(blocks[end]) <= LONGEST_STATEMENT:
        length += len(blocks[end])
        end += 1
    return "\n\n".join(blocks[start:end])
