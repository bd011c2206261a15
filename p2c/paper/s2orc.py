"""S2ORC JSON (as `doc2json` and GROBID make it, and as PaperCoder takes it, whole or cleaned) to paper."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from p2c.errors import PaperError
from p2c.paper.headings import SectionKind, kind_of
from p2c.paper.tables import pipe_table
from p2c.types import Figure, Paper, Section

_EXPECTED = (
    "expected S2ORC as doc2json writes it: an object with `title` and `pdf_parse.body_text`, a list of "
    "paragraphs that each have `text` and `section`"
)


class _Lenient(BaseModel):
    """Fields that we do not use may be there."""

    model_config = ConfigDict(extra="ignore")


class _Span(_Lenient):
    start: int = 0
    end: int = 0
    ref_id: str | None = None
    latex: str | None = None


class _Paragraph(_Lenient):
    text: str
    section: str | None = ""
    sec_num: str | None = None
    ref_spans: list[_Span] = Field(default_factory=list)
    eq_spans: list[_Span] = Field(default_factory=list)


class _Entry(_Lenient):
    text: str | None = ""
    type_str: str | None = ""
    content: str | None = ""
    html: str | None = None
    latex: str | None = None
    num: str | None = None
    fig_num: str | None = None


class _Bib(_Lenient):
    raw_text: str | None = ""
    title: str | None = ""
    year: int | str | None = None


class _Parse(_Lenient):
    abstract: list[_Paragraph] = Field(default_factory=list)
    body_text: list[_Paragraph]
    back_matter: list[_Paragraph] = Field(default_factory=list)
    ref_entries: dict[str, _Entry] = Field(default_factory=dict)
    bib_entries: dict[str, _Bib] = Field(default_factory=dict)


class _Document(_Lenient):
    title: str | None = ""
    abstract: str | list[_Paragraph] | None = ""
    pdf_parse: _Parse | None = None
    latex_parse: _Parse | None = None


def read_s2orc(name: str, value: object, digest: str) -> Paper:
    """The paper in `value`, the parsed content of the JSON file `name`.

    Raises:
        PaperError: it is JSON of another shape, or holds no text.
    """
    document = _document(name, value)
    parse = document.pdf_parse or document.latex_parse
    if parse is None or not any(paragraph.text.strip() for paragraph in parse.body_text):
        raise PaperError(f"{name}: the JSON holds no body text; {_EXPECTED}.")
    placed: set[str] = set()
    sections = _sections([*parse.body_text], parse, placed, "body")
    sections += _sections(parse.back_matter, parse, placed, "back")
    rest = [_shown(key, entry) for key, entry in parse.ref_entries.items() if key not in placed]
    if any(rest):
        sections.append(Section(title="Figures and tables", level=1, text="\n\n".join(part for part in rest if part)))
    references = [_reference(key, bib) for key, bib in parse.bib_entries.items()]
    if references:
        sections.append(Section(title="References", level=1, text="\n".join(references), kind="references"))
    return Paper(
        title=(document.title or "Untitled").strip(),
        abstract=_abstract(document, parse),
        sections=tuple(sections),
        figures=tuple(_figures(parse)),
        source="json",
        digest=digest,
    )


def _document(name: str, value: object) -> _Document:
    if isinstance(value, dict) and "body_text" in value and "pdf_parse" not in value:
        value = {**value, "pdf_parse": value}
    if not isinstance(value, dict) or not {"pdf_parse", "latex_parse"} & set(value):
        found = (
            f"an object with {', '.join(f'`{key}`' for key in list(value)[:5])}"
            if isinstance(value, dict)
            else "a list"
        )
        found = found if isinstance(value, dict | list) else f"a {type(value).__name__}"
        raise PaperError(f"{name}: JSON, but not of a paper ({found}); {_EXPECTED}. The PDF itself can be given too.")
    try:
        return _Document.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise PaperError(f"{name}: JSON, but `{where}` is wrong ({first['msg'].lower()}); {_EXPECTED}.") from error


def _abstract(document: _Document, parse: _Parse) -> str:
    if isinstance(document.abstract, str) and document.abstract.strip():
        return document.abstract.strip()
    listed = document.abstract if isinstance(document.abstract, list) else parse.abstract
    return "\n\n".join(paragraph.text.strip() for paragraph in listed if paragraph.text.strip())


def _sections(paragraphs: list[_Paragraph], parse: _Parse, placed: set[str], part: str) -> list[Section]:
    """Paragraphs grouped by their section; a table or figure stands after the paragraph that first refers to it."""
    sections: list[Section] = []
    kind: SectionKind = "body"
    for paragraph in paragraphs:
        text = "\n\n".join([_with_equations(paragraph, parse), *_referred(paragraph, parse, placed)]).strip()
        name = (paragraph.section or "").strip()
        number = (paragraph.sec_num or "").strip(". ")
        title = f"{number} {name}".strip() or ("Back matter" if part == "back" else "Text")
        if sections and sections[-1].title == title:
            joined = f"{sections[-1].text}\n\n{text}".strip()
            sections[-1] = sections[-1].model_copy(update={"text": joined})
            continue
        kind = kind_of(title, "appendix" if part == "back" else kind)
        level = number.count(".") + 1 if re.match(r"[\dA-Z]", number) else (sections[-1].level if sections else 1)
        title = title[:1].upper() + title[1:]
        sections.append(Section(title=title, level=min(level, 6), text=text, kind=kind))
    return sections


def _with_equations(paragraph: _Paragraph, parse: _Parse) -> str:
    """The paragraph's text with its equations in place, as LaTeX where the file has it."""
    text = paragraph.text
    for span in sorted(paragraph.eq_spans, key=lambda span: -span.start):
        entry = parse.ref_entries.get(span.ref_id or "")
        latex = span.latex or (entry.latex if entry else None)
        if latex and 0 <= span.start < span.end <= len(text):
            text = f"{text[: span.start]}\n\n$$\n{latex.strip()}\n$$\n\n{text[span.end :]}"
    if paragraph.section and not text.strip():
        return ""
    return f"$$\n{text}\n$$" if _is_equation(text) else text.strip()


def _is_equation(text: str) -> bool:
    """GROBID leaves a display equation as a paragraph of its own: short, with `=`, hardly a word in it."""
    words = re.findall(r"[^\W\d_]{4,}", text)
    return "=" in text and len(text) < 200 and len(words) <= 3 and "$$" not in text


def _referred(paragraph: _Paragraph, parse: _Parse, placed: set[str]) -> list[str]:
    shown: list[str] = []
    for span in paragraph.ref_spans:
        entry = parse.ref_entries.get(span.ref_id or "")
        if entry is not None and span.ref_id and span.ref_id not in placed and _shown(span.ref_id, entry):
            placed.add(span.ref_id)
            shown.append(_shown(span.ref_id, entry))
    return shown


def _shown(key: str, entry: _Entry) -> str:
    caption = (entry.text or "").strip()
    if key.startswith("EQ") or entry.type_str == "equation":
        return f"$$\n{(entry.latex or caption).strip()}\n$$" if entry.latex or caption else ""
    rows = _rows(entry.content or entry.html or "")
    return "\n\n".join(part for part in (pipe_table(rows), f"**Caption.** {caption}" if caption else "") if part)


def _figures(parse: _Parse) -> list[Figure]:
    entries = [(k, e) for k, e in parse.ref_entries.items() if e.type_str == "figure" or k.startswith("FIGREF")]
    found: list[Figure] = []
    for number, (_, entry) in enumerate(entries, start=1):
        label = re.match(r"\s*(?:Figure|Fig\.?)\s*(\w+)\s*[:.]?\s*", entry.text or "", re.IGNORECASE)
        shown = entry.fig_num or entry.num or (label[1] if label else str(number))
        found.append(Figure(label=f"Figure {shown}", caption=(entry.text or "")[label.end() if label else 0 :].strip()))
    return found


def _reference(key: str, bib: _Bib) -> str:
    text = bib.raw_text or ". ".join(str(part) for part in (bib.title, bib.year) if part)
    return f"- [{key}] {' '.join(text.split())}"


class _Table(HTMLParser):
    """Rows of the cells of an HTML table; a cell over several columns stands in the first of them."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            held: dict[str, Any] = dict(attrs)
            span = str(held.get("colspan") or "1")
            self._span = min(int(span), 100) if span.isdigit() else 1
            if not self.rows:
                self.rows.append([])
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self.rows:
            self.rows[-1].extend([""] * (self._span - 1))
            self._span = 1

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {data}".strip()


def _rows(html: str) -> list[list[str]]:
    parser = _Table()
    parser.feed(html)
    return [row for row in parser.rows if any(row)]
