"""LaTeX to paper: one file, a folder, or an archive as arXiv serves it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from p2c.errors import PaperError
from p2c.paper.headings import SectionKind, kind_of
from p2c.paper.latex_bibliography import with_bibliography
from p2c.paper.latex_blocks import Blocks, unboxed
from p2c.paper.latex_figures import figures
from p2c.paper.latex_flatten import flatten
from p2c.paper.latex_labels import Counter, labels
from p2c.paper.latex_macros import collect, expand
from p2c.paper.latex_scan import argument, environment, option, replace_command
from p2c.paper.latex_source import Source, is_latex
from p2c.types import Paper, Section

_SECTION = re.compile(
    r"\\(?P<name>part|chapter|section|subsection|subsubsection)(?P<star>\*?)(?=\s*[\[{])|(?P<appendix>\\appendix(?![A-Za-z]))|"
    r"\\begin\s*\{(?P<special>appendices|appendix|acks?|acknowledg\w*|thebibliography)\}|"
    r"(?P<thanks>\\acknowledg\w*|\\acks)(?![A-Za-z@])"
)
_LEVELS = {"part": 1, "chapter": 1, "section": 1, "subsection": 2, "subsubsection": 3}
_TITLE = re.compile(r"\\(?:icml|aistats|uai|coling|acl)?title(?![A-Za-z@])\*?")
_ABSTRACT = re.compile(r"^\W*(?:Abstract|Аннотация|Zusammenfassung|Résumé)\b[\s.:*—–-]*", re.IGNORECASE)
_KEYWORDS = re.compile(r"^\W*(?:key\s?words|index terms|ключевые слова)", re.IGNORECASE)


def read_latex(name: str, source: Source, main: str, digest: str, figures_to: Path | None = None) -> Paper:
    """The paper whose main file is `main` in `source`; `name` is what errors call it.

    Raises:
        PaperError: there is no LaTeX in it, or no text.
    """
    flat = flatten(source, main)
    if not is_latex(flat.text):
        raise PaperError(f"{name}: there is no LaTeX document in it; give the paper's main .tex file.")
    text = with_bibliography(flat, source, main)
    definitions, text = collect(text)
    preamble, text = _body(text)
    text = unboxed(expand(text, definitions))
    preamble = expand(preamble, definitions)
    blocks = Blocks(labels(text), definitions.theorems, flat.code)
    title, text = _title(preamble, text, blocks)
    abstract, text = _abstract(preamble, text, blocks)
    sections, abstract, notes = _sections(text, abstract, blocks)
    if not sections and not abstract:
        raise PaperError(f"{name}: the LaTeX document holds no text; give the paper's main .tex file.")
    shown, missing = figures(blocks.figures, source, flat.text, figures_to)
    if blocks.dropped:
        notes.append(f"{len(blocks.dropped)} drawings ({', '.join(sorted(set(blocks.dropped)))}) were left out.")
    return Paper(
        title=title,
        abstract=abstract,
        sections=tuple(sections),
        figures=shown,
        source="latex",
        digest=_digest(digest, flat.read),
        notes=(*flat.notes, *notes, *missing),
    )


def _digest(digest: str, read: dict[str, bytes]) -> str:
    """The digest of the given file, or of all files where it includes others: an edit in any of them tells."""
    if len(read) < 2:
        return digest
    seal = hashlib.sha256(digest.encode())
    for name in sorted(read):
        seal.update(name.encode() + b"\0" + read[name] + b"\0")
    return seal.hexdigest()


def _body(text: str) -> tuple[str, str]:
    found = re.search(r"\\begin\s*\{document\}", text)
    return (text[: found.start()], text[found.end() :]) if found else ("", text)


def _title(preamble: str, text: str, blocks: Blocks) -> tuple[str, str]:
    for part in (text, preamble):
        found = _TITLE.search(part)
        if found:
            value, end = argument(part, option(part, found.end())[1])
            value = replace_command(value, "thanks|footnote|footnotemark", lambda _, _values: "")
            rest = text[: found.start()] + text[end:] if part is text else text
            shown = re.sub(r"[*\s]+", " ", blocks.inline(value.replace("\\\\", " "))).strip()
            if shown:
                return shown, rest
    return "Untitled", text


def _abstract(preamble: str, text: str, blocks: Blocks) -> tuple[str, str]:
    """The abstract, by environment or command, and the text without all before it."""
    for part in (text, preamble):
        found = re.search(r"\\begin\s*\{((?:onecol|IEEE)?abstract|Abstract)\*?\}", part)
        if found:
            name = re.sub(r"\\begin\s*\{|\}", "", found[0])
            body, end = environment(part, name, found.end())
            return blocks.convert(body), part[end:] if part is text else text
        found = re.search(r"\\abstract(?=\s*\{)", part)
        if found:
            body, end = argument(part, found.end())
            return blocks.convert(body), part[end:] if part is text else text
    return "", text


def _sections(text: str, abstract: str, blocks: Blocks) -> tuple[list[Section], str, list[str]]:
    """All sections, the abstract (found in the text's beginning where it was set by hand), and notes."""
    marks = list(_SECTION.finditer(text))
    counter = Counter()
    notes: list[str] = []
    sections: list[Section] = []
    kind: SectionKind = "body"
    front = blocks.convert(text[: marks[0].start()] if marks else text)
    if front:
        abstract, kept, left_out = _front(front, abstract)
        if kept and marks:
            notes.append(left_out)
        elif kept:
            sections.append(Section(title="Text", level=1, text=front))
    for number, mark in enumerate(marks):
        end = marks[number + 1].start() if number + 1 < len(marks) else len(text)
        if mark["appendix"] or (mark["special"] or "").startswith("append"):
            counter.begin_appendix()
            kind = "appendix"
        if mark["appendix"]:
            continue
        title, level, at = _heading(text, mark, counter, blocks)
        own = kind_of(title, kind)
        kind = own if own != "acknowledgements" else kind
        chunk = text[at:end]
        if mark["special"] == "thebibliography":
            chunk = "\\begin{thebibliography}" + chunk
            title, own, kind = "References", "references", "references"
        body = blocks.convert(_unclosed(chunk))
        if body or own == "body":
            sections.append(Section(title=title, level=level, text=body, kind=own))
    return sections, abstract, notes


def _heading(text: str, mark: re.Match[str], counter: Counter, blocks: Blocks) -> tuple[str, int, int]:
    """Title with its number, level, and the place after the heading."""
    if not mark["name"]:
        if (mark["special"] or "").startswith("append"):
            return "Appendix", 1, mark.end()
        return ("References" if mark["special"] == "thebibliography" else "Acknowledgements"), 1, mark.end()
    _, at = option(text, mark.end())
    raw, at = argument(text, at)
    raw = replace_command(raw, "footnote|thanks", lambda _, _values: "")
    title = re.sub(r"\s+", " ", blocks.inline(raw)).strip()
    level = _LEVELS[mark["name"]]
    if mark["star"] or mark["name"] in ("part", "chapter"):
        return title, level, at
    return f"{counter.next(level)} {title}", level, at


def _unclosed(chunk: str) -> str:
    """A chunk without the end of an environment (appendix, multicols) that began before it."""
    return re.sub(r"\\end\s*\{(?:appendices|appendix|acks?|acknowledg\w*|multicols|document)\}", "", chunk)


def _front(front: str, abstract: str) -> tuple[str, bool, str]:
    """What stands before the first section: an abstract set by hand is found, authors and keywords are left out."""
    if abstract:
        return abstract, bool(front), "Text between abstract and first section (keywords, notices) was left out."
    paragraphs = front.split("\n\n")
    for at, paragraph in enumerate(paragraphs):
        begins = _ABSTRACT.match(paragraph)
        if begins:
            parts = [paragraph[begins.end() :]]
            for more in paragraphs[at + 1 :]:
                if _KEYWORDS.match(more):
                    break
                parts.append(more)
            return "\n\n".join(parts).strip(), True, "Authors and keywords before the first section were left out."
    return front, False, ""
