"""Blocks of all pages into a paper's title, abstract and sections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from p2c.paper.headings import SectionKind, bare, is_abstract, kind_of
from p2c.paper.pdf_blocks import CAPTION, Block
from p2c.paper.pdf_footnotes import divided, refers
from p2c.paper.pdf_headings import levels
from p2c.paper.pdf_text import Vocabulary, ended
from p2c.types import Section

_ABSTRACT_RUN_IN = re.compile(
    r"^(?:\*\*|_)?(?:Abstract|Summary|Аннотация|Zusammenfassung|Résumé)\b[\s.:—–*_-]*(?=\S)", re.IGNORECASE
)
_KEYWORDS = re.compile(
    r"^(?:\*\*)?(?:key\s?words|index terms|ключевые слова|ccs concepts|categories and subject)", re.I
)
_IMPRINT = re.compile(
    r"^(?:\^\{[∗†‡§¶*\d]{1,3}\}|[∗†‡§]|permission to make digital|copyright\b|©|\d+(?:st|nd|rd|th) conference on|"
    r"proceedings of|appearing in|preprint\b|under review|correspondence to|.{0,60}©\s*\d{4})",
    re.IGNORECASE,
)
_FRONT = 4
"""The last page on which an abstract, or a body that begins behind nothing but a title and names, is looked for."""
_FLOATS = ("table", "caption", "picture", "code")
_ASIDE = (*_FLOATS, "footnote")


@dataclass(frozen=True)
class Assembled:
    """A paper's text, and what was left out of it."""

    title: str
    abstract: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...]


@dataclass
class _Draft:
    """A section while it is being filled."""

    title: str
    level: int
    kind: SectionKind
    parts: list[tuple[Block, list[str]]] = field(default_factory=list)
    """Each block with the footnotes that belong behind it."""
    notes: list[str] = field(default_factory=list)

    def section(self) -> Section:
        texts = [text for block, notes in self.parts for text in (markdown(block), *notes)]
        return Section(title=self.title, level=self.level, kind=self.kind, text="\n\n".join(texts + self.notes))


def assemble(blocks: Sequence[Block], vocabulary: Vocabulary) -> Assembled:
    """Title, abstract and sections of `blocks`, which are in reading order with headings found."""
    title, rest = _title([b for b in blocks if not (b.page == 1 and b.kind == "text" and _IMPRINT.match(b.text))])
    abstract, front, body = _abstract(continued(rest, vocabulary))
    sections = _sections(body)
    notes = ("The authors' names and addresses on the first page were left out.",) if front else ()
    return Assembled(title, abstract, tuple(sections), notes)


def continued(blocks: Sequence[Block], vocabulary: Vocabulary) -> list[Block]:
    """`blocks` with paragraphs joined that a column, a page or a float divides."""
    joined: list[Block] = []
    last: int | None = None  # the open paragraph or list
    for block in blocks:
        if block.kind == "caption" and joined and joined[-1].kind == "caption" and not CAPTION.match(block.text):
            whole = vocabulary.join([joined[-1].text, block.text])
            if not ended(joined[-1].text) and CAPTION.match(whole):
                joined[-1] = replace(joined[-1], text=whole)
                continue
        if block.kind == "text" and last is not None and _continues(joined[last], block):
            whole = vocabulary.join([joined[last].text, block.text])
            joined[last] = Block(joined[last].kind, whole, block.page, block.box, block.size)
            continue
        joined.append(block)
        if block.kind in ("text", "list"):
            last = len(joined) - 1
        elif block.kind not in _ASIDE:
            last = None
    return joined


def _continues(before: Block, block: Block) -> bool:
    moved = block.page != before.page or block.box[1] < before.box[1] or block.box[0] > before.box[2]
    begins = block.text.lstrip("*(").lstrip()[:1]
    return (
        moved
        and not ended(before.text)
        and not block.text.startswith("**")
        and (begins.islower() or before.text.endswith("-"))
    )


def _title(blocks: Sequence[Block]) -> tuple[str, list[Block]]:
    """The title, and the blocks without it: what the layout calls a title, else the largest print on page one.

    Where the first page has neither (a cover that is a picture), the next two are looked at.
    """
    worded = [b for b in blocks if b.page <= 3 and b.kind in ("title", "heading", "text") and b.text.strip()]
    first = [b for b in worded if b.page == min(w.page for w in worded)]
    named = [b for b in first if b.kind == "title"]
    heads = [b for b in first if b.box[1] < 400 and not is_abstract(b.text)]
    if not named and not heads:
        return "Untitled", list(blocks)
    largest = max(b.size for b in named or heads)
    chosen = [b for b in (named or heads) if b.size >= largest - 0.5][:1]
    rest = [
        Block("heading", b.text, b.page, b.box, b.size, b.bold) if b.kind == "title" else b
        for b in blocks
        if b not in chosen
    ]
    return re.sub(r"\^\{[^}]*\}|[∗†*]+$", "", chosen[0].text).strip(), rest


def _abstract(blocks: Sequence[Block]) -> tuple[str, bool, list[Block]]:
    """The abstract, whether something before it was left out, and the blocks after it."""
    for at, block in enumerate(blocks):
        if block.page > _FRONT:
            break
        if block.kind in ("heading", "text") and is_abstract(bare(block.text)):
            return _until_heading(blocks, at + 1, skipped=_skipped(blocks[:at]))
        run_in = _ABSTRACT_RUN_IN.match(block.text)
        if block.kind == "text" and run_in and len(block.text) > 100:
            text = block.text[run_in.end() :]
            more, front, rest = _until_heading(blocks, at + 1, skipped=_skipped(blocks[:at]))
            return f"{text}\n\n{more}".strip(), front, rest
    start = next((i for i, b in enumerate(blocks) if b.kind == "heading" and _begins_body(b) and b.page <= _FRONT), 0)
    long = [b for b in blocks[:start] if b.kind == "text" and len(b.text.split()) > 60]
    kept = [b for b in blocks[:start] if b.kind in _ASIDE]
    return "\n\n".join(b.text for b in long), len(long) + len(kept) < start, [*kept, *blocks[start:]]


def _begins_body(block: Block) -> bool:
    return bool(re.match(r"^(?:1|I)(?:\.?\s|\.(?=[^\W\d_]))|introduction|введение", block.text, re.IGNORECASE))


def _skipped(front: Sequence[Block]) -> list[Block]:
    """What of the blocks before the abstract is text all the same: figures, and sections that came first."""
    start = next((i for i, b in enumerate(front) if b.kind == "heading" and _begins_body(b)), len(front))
    return [b for b in front[:start] if b.kind in _ASIDE] + list(front[start:])


def _until_heading(blocks: Sequence[Block], start: int, skipped: list[Block]) -> tuple[str, bool, list[Block]]:
    parts: list[str] = []
    later: list[Block] = []
    at = start
    while at < len(blocks) and blocks[at].kind != "heading":
        block = blocks[at]
        if block.kind in ("text", "list", "formula") and not _KEYWORDS.match(block.text) and not later:
            parts.append(block.text)
        elif parts:
            later.append(block)
        at += 1
    return "\n\n".join(parts), True, [*skipped, *later, *blocks[at:]]


def _sections(blocks: Sequence[Block]) -> list[Section]:
    headings = [block for block in blocks if block.kind == "heading"]
    level_of = iter(levels(headings))
    drafts: list[_Draft] = []
    first = next((i for i, block in enumerate(blocks) if block.kind != "footnote"), len(blocks))
    for block in (*blocks[first:][:1], *blocks[:first], *blocks[first + 1 :]):
        if block.kind == "heading":
            kind = kind_of(block.text, drafts[-1].kind if drafts else "body")
            drafts.append(_Draft(_one_line(block.text), next(level_of), kind))
            continue
        if not drafts:
            drafts.append(_Draft("Front matter", 1, "body"))
        if block.kind == "footnote":
            _place(block, drafts)
        else:
            drafts[-1].parts.append((block, []))
    return [draft.section() for draft in drafts if draft.parts or draft.notes or draft.title != "Front matter"]


def _place(footnote: Block, drafts: Sequence[_Draft]) -> None:
    """Puts a footnote behind the paragraph that refers to it; else at the end of the section it was printed in."""
    mark = divided(footnote.text)[0]
    for draft in reversed(drafts):
        for block, notes in reversed(draft.parts):
            # a paragraph that goes on overleaf has the next page's number
            if (
                block.page in (footnote.page, footnote.page + 1)
                and block.kind != "formula"
                and refers(block.text, mark)
            ):
                notes.append(markdown(footnote))
                return
    drafts[-1].notes.append(markdown(footnote))


def markdown(block: Block) -> str:
    """One block as Markdown."""
    match block.kind:
        case "formula":
            return f"$$\n{block.text}\n$$"
        case "code":
            return f"```text\n{block.text}\n```"
        case "caption":
            return f"**Caption.** {block.text}"
        case "footnote":
            mark, text = divided(block.text)
            return f"> Footnote {mark}: {text}" if mark else f"> Footnote: {text}"
        case "picture":
            laid_out = f", each word where it stands:\n\n```text\n{block.text}\n```"
            return "> Text in the picture" + (laid_out if "\n" in block.text else f": {block.text}")
        case _:
            return block.text


def _one_line(title: str) -> str:
    return " ".join(title.split())
