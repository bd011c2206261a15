"""The words of a PDF page with their places and styles, mended where text layers are known to be wrong."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pymupdf

from p2c.paper.pdf_cmex import big_symbol, depth, is_extension
from p2c.paper.pdf_ink import is_seen, painted
from p2c.paper.pdf_letters import in_alphabet, with_commands

# Accents that TeX's OT1 fonts set as a glyph of their own before the letter (TeXbook, appendix F).
ACCENTS = {
    "\u00b4": "\u0301",
    "\u02ca": "\u0301",
    "`": "\u0300",
    "\u02cb": "\u0300",
    "\u00a8": "\u0308",
    "\u02c6": "\u0302",
    "\u02dc": "\u0303",
    "\u02c7": "\u030c",
    "\u02d8": "\u0306",
    "\u02da": "\u030a",
    "\u00af": "\u0304",
    "\u02d9": "\u0307",
    "\u02dd": "\u030b",
}
_SPACING_ACCENT = re.compile(f"([{''.join(ACCENTS)}])\\s?([A-Za-z\u0131\u0237])")
_DOTLESS = {"\u0131": "i", "\u0237": "j"}
# Ligatures of OT1 (codes 0x0b to 0x0f) that bitmap fonts without a ToUnicode map leave as control characters.
_T1 = {"\x15": "–", "\x16": "—", "\x1b": "ff", "\x1c": "fi", "\x1d": "fl", "\x1e": "ffi", "\x1f": "ffl"}
_OT1_LIGATURES = _T1 | {"\x0b": "ff", "\x0c": "fi", "\x0d": "fl", "\x0e": "ffi", "\x0f": "ffl"}
_LIGATURES = {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st"}
_NEGATED = re.compile("\u0338\\s?([=\u2208\u2261<>])|([=\u2208\u2261<>])\u0338")
_ROOT = "\u221a"
_VARIANT = re.compile("[\ufe00-\ufe0f]")
_MISSING = re.compile("[\x00-\x08\x10-\x14\x17-\x1a\ufffd\ue000-\uf8ff]")
_SPACES = " \u00a0\u2002\u2003\u2009\u200a\u200b"
_FLAGS = pymupdf.TEXTFLAGS_RAWDICT & ~pymupdf.TEXT_PRESERVE_IMAGES & ~pymupdf.TEXT_PRESERVE_LIGATURES
_FLAGS |= pymupdf.TEXT_CID_FOR_UNKNOWN_UNICODE

Place = tuple[float, float]
"""Where a character's origin is on its page, in points, to a tenth."""


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters of one style without a space in it. Places are in points from the page's top left."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    baseline: float
    size: float
    bold: bool
    italic: bool
    mono: bool
    font: str = ""
    hangs: bool = False
    """Its baseline is the top of the glyph, as of TeX's roots, big operators and delimiters."""
    extent: tuple[float, float] | None = None
    """Top and bottom where baseline and size do not tell them: big symbols, and what was put together from several."""
    seen: bool = True
    """Whether it can be read on paper."""

    @property
    def middle(self) -> tuple[float, float]:
        """The point by which a word belongs to a region."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2


def page_words(page: pymupdf.Page) -> list[Word]:
    """All upright words of `page`, in the order of the file.

    Rotated text (the arXiv stamp, axis labels) is left out; so is text outside the page.
    """
    found: list[Word] = []
    behind = painted(page)
    mapped: frozenset[Place] | None = None
    for block in page.get_text("rawdict", flags=_FLAGS)["blocks"]:
        for line in block.get("lines", ()):
            if line["dir"][0] < 0.9:
                continue
            for span in line["spans"]:
                if is_extension(span["font"]):
                    mapped = _mapped(page) if mapped is None else mapped
                    span["chars"] = [_symbol(char, mapped) for char in span["chars"]]
                words = _split(span)
                found.extend(words if is_seen(span, behind) else (replace(word, seen=False) for word in words))
    inside = page.rect
    return [word for word in found if inside.contains(pymupdf.Point(*word.middle))]


def unmapped(words: list[Word]) -> Counter[str]:
    """How many characters of `words` the file does not map to Unicode, by font."""
    found: Counter[str] = Counter()
    for word in words:
        found[word.font] += len(_MISSING.findall(word.text))
    return +found


def mend(text: str) -> str:
    """`text` with accents composed, ligatures spelt out and what has no Unicode left out."""
    for broken, whole in _LIGATURES.items():
        text = text.replace(broken, whole)
    for broken, whole in _OT1_LIGATURES.items():
        text = text.replace(broken, whole)
    text = _SPACING_ACCENT.sub(lambda m: _DOTLESS.get(m[2], m[2]) + ACCENTS[m[1]], text)
    text = _NEGATED.sub(lambda m: (m[1] or m[2]) + "\u0338", text)
    text = with_commands(_VARIANT.sub("", text))
    text = _MISSING.sub("", text)
    return unicodedata.normalize("NFC", text.replace("\u00a0", " "))


def _mapped(page: pymupdf.Page) -> frozenset[Place]:
    """Where the extension fonts' characters stand that the file gives in Unicode, not as a code of the font alone."""
    spans = [span for span in page.get_texttrace() if is_extension(span["font"])]
    return frozenset(_place(char[2]) for span in spans for char in span["chars"] if char[0] != 0xFFFD)


def _symbol(char: dict[str, Any], mapped: frozenset[Place]) -> dict[str, Any]:
    """A character of an extension font as what it stands for; a space that the file does not print stays one."""
    if char.get("synthetic", char["c"] == " "):  # PyMuPDF tells so only in its newer versions
        return char
    symbol, reach = big_symbol(char["c"], mapped=_place(char["origin"]) in mapped)
    return {**char, "c": symbol, "depth": reach}


def _place(origin: tuple[float, float]) -> Place:
    return round(origin[0], 1), round(origin[1], 1)


def _split(span: dict[str, Any]) -> Iterator[Word]:
    """The words of one span of PyMuPDF's `rawdict`; a span never changes its font."""
    font, flags = str(span["font"]), int(span["flags"])
    size = float(span["size"])
    if size < 2.0:  # Type 3 fonts: the scale is in the glyphs, so the box tells the size
        size = float(span["bbox"][3] - span["bbox"][1])
    style = Word("", 0, 0, 0, 0, 0, size, _bold(font, flags), _italic(font, flags), _mono(font, flags), font)
    run: list[dict[str, Any]] = []
    for char in span["chars"]:
        apart = bool(run) and abs(char["origin"][1] - run[0]["origin"][1]) > 0.05 * size
        if char["c"] in _SPACES or apart:
            yield from _word(run, style)
            run = []
        if char["c"] not in _SPACES:
            run.append(char)
    yield from _word(run, style)


def _word(run: list[dict[str, Any]], style: Word) -> Iterator[Word]:
    if not run:
        return
    big = is_extension(style.font)
    text = in_alphabet("".join(char["c"] for char in run), style.font)
    text = _VARIANT.sub("", text) if big else text
    hangs = big or (text == _ROOT and ("CMSY" in style.font or "LMMathSymbols" in style.font))
    boxes = [char["bbox"] for char in run]
    baseline = float(run[0]["origin"][1])  # a span's own origin may be that of a space which belongs to the word before
    yield replace(
        style,
        text=text,
        baseline=baseline,
        hangs=hangs,
        extent=(baseline, baseline + run[0].get("depth", depth(text)) * style.size) if hangs else None,
        x0=min(b[0] for b in boxes),
        y0=min(b[1] for b in boxes),
        x1=max(b[2] for b in boxes),
        y1=max(b[3] for b in boxes),
    )


def _bold(font: str, flags: int) -> bool:
    return bool(flags & pymupdf.TEXT_FONT_BOLD) or bool(re.search(r"(?i)bold|black|CMBX|Medi\b|-B\b|SFBX", font))


def _italic(font: str, flags: int) -> bool:
    return bool(flags & pymupdf.TEXT_FONT_ITALIC) or bool(re.search(r"(?i)ital|obli|CMTI|CMMI", font))


def _mono(font: str, flags: int) -> bool:
    return bool(flags & pymupdf.TEXT_FONT_MONOSPACED) or bool(re.search(r"(?i)mono|courier|CMTT|SFTT", font))
