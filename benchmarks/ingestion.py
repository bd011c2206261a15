"""Ingestion: what p2c reads from a PDF, beside the paper's own LaTeX or GROBID's reading of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pymupdf

from benchmarks.child import ContestantFailed
from benchmarks.frame import Bench, InputMissing, Measurement
from benchmarks.ingestion_section import Broken, Peer, Reading, Row, section
from benchmarks.paper_parts import leaked, parts
from benchmarks.results import Section
from p2c.errors import PaperError
from p2c.paper.measure import all_words, measure, words_of
from p2c.paper.read import read_paper
from p2c.types import Paper

READ_SECONDS = 600.0
MARGIN = 0.09
"""Share of a page's height, above and below, in which a line that comes again on other pages is furniture."""
READABLE = ("truncated_tail", "xref_offset", "owneronly", "bad name")
"""Of broken files those that hold a whole paper all the same, by a part of their names."""
MADE_UP = frozenset({"text", "back matter", "figures and tables", "annex"})
"""Titles that no paper has: GROBID's, or our reader's for what GROBID gives no title."""


def run(bench: Bench) -> Section:
    """The section; see `ingestion_section.METHOD`."""
    named = [Path(one) for one in bench.inputs.get("papers", ())]
    folders = [folder for folder in named if folder.is_dir()]
    if not folders:
        absent = f"there is no folder {named[0].name}; " if named else ""
        raise InputMissing(f"{absent}name a folder of papers with their sources beside them: --papers DIR")
    rows: list[Row] = []
    notes: list[str] = []
    others: list[tuple[str, Reading]] = []
    peers: list[Peer] = []
    for pdf in sorted(path for folder in folders for path in folder.glob("*.pdf")):
        truths, said = _truths(pdf)
        notes += said
        bench.say(pdf.name)
        reading, refused = _read_twice(pdf)
        if reading is None:
            notes.append(f"{pdf.stem} is refused: {refused.removeprefix(pdf.name + ': ')}")
            continue
        if not truths:
            others.append((pdf.stem, reading))
        if len(truths) > 1:
            peers.append(_peer(pdf.stem, truths["LaTeX"], truths["GROBID"]))
        lines = _furniture(pdf)
        rows += [_row(pdf.stem, kind, reading, true, lines) for kind, true in truths.items()]
    if not rows:
        raise ContestantFailed("none of the folders holds a PDF that can be read with a .tex or S2ORC .json beside it")
    broken = _broken(sorted(path for folder in folders for path in (folder / "bad").glob("*") if path.is_file()))
    made = section(rows, others, broken, notes, peers)
    return made.model_copy(update={"name": MEASUREMENT.name, "title": MEASUREMENT.title})


def _truths(pdf: Path) -> tuple[Mapping[str, Paper], list[str]]:
    """The truths that lie beside a PDF by what they are, and why some are none."""
    found: dict[str, Paper] = {}
    notes: list[str] = []
    for suffix, kind in ((".tex", "LaTeX"), (".json", "GROBID")):
        path = pdf.with_suffix(suffix)
        if not path.exists():
            continue
        try:
            true = read_paper(path)
        except PaperError as error:
            notes.append(f"{path.name} is no truth: {str(error).removeprefix(path.name + ': ')[:120]}")
            continue
        found[kind] = true if kind == "LaTeX" else _without_footnotes(true, path.with_suffix(".tei.xml"))
    return found, notes


def _without_footnotes(paper: Paper, tei: Path) -> Paper:
    """GROBID's reading without the footnotes that its TEI names: its JSON has them in the middle of the body."""
    paper = paper.model_copy(update={"sections": tuple(s for s in paper.sections if s.title.casefold() not in MADE_UP)})
    if not tei.exists():
        return paper
    root = ElementTree.parse(tei).getroot()  # noqa: S314 - the user's own file, named on the command line
    notes = [
        " ".join("".join(note.itertext()).split())
        for note in root.iter("{http://www.tei-c.org/ns/1.0}note")
        if note.get("place") == "foot"
    ]

    def cut(text: str) -> str:
        paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
        for note in notes:
            paragraphs = [paragraph.replace(note, "") for paragraph in paragraphs]
        return "\n\n".join(paragraphs)

    sections = tuple(s if _has_layout(s.text) else s.model_copy(update={"text": cut(s.text)}) for s in paper.sections)
    return paper.model_copy(update={"sections": sections})


def _has_layout(text: str) -> bool:
    """Whether line breaks mean something in it."""
    return "\n| " in text or "```" in text or "$$" in text


def _read_twice(pdf: Path) -> tuple[Reading | None, str]:
    """What a process of its own reads, with its time, and the time of a second one; or None and why it was refused."""
    with tempfile.TemporaryDirectory(prefix="p2c-bench-") as cache:
        answer, seconds = _asked(pdf, cache)
        if "paper" not in answer:
            return None, answer.get("refused") or answer["failed"]
        _, again = _asked(pdf, cache)
    return Reading(Paper.model_validate(answer["paper"]), answer["pictures"], seconds, again), ""


def _asked(pdf: Path, cache: str) -> tuple[dict[str, Any], float]:
    out = Path(cache, "answer.json")
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.reading", pdf.resolve(), out],
        env=os.environ | {"XDG_CACHE_HOME": cache},
        capture_output=True,
        text=True,
        check=False,
        timeout=READ_SECONDS,
    )
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise ContestantFailed(f"reading {pdf.name} ended with {done.returncode}: {done.stderr[-200:]}")
    answer: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return answer, seconds


def _furniture(pdf: Path) -> list[list[str]]:
    """The words of lines in the margins that come again on other pages; found without p2c's own code for it."""
    seen: Counter[tuple[str, ...]] = Counter()
    with pymupdf.open(pdf) as document:
        for page in document:
            margins: set[tuple[str, ...]] = set()
            for x0, y0, x1, y1, text, *_ in page.get_text("blocks"):
                if x0 < x1 and (y1 < MARGIN * page.rect.height or y0 > (1 - MARGIN) * page.rect.height):
                    margins |= {tuple(words_of(line)) for line in text.split("\n")}
            seen.update(margins)
    return [list(words) for words, pages in seen.items() if pages > 1 and len(words) > 1]


def _row(name: str, truth: str, reading: Reading, true: Paper, furniture: list[list[str]]) -> Row:
    read = reading.paper
    kept = read.model_copy(update={"sections": tuple(s for s in read.sections if s.kind != "references")})
    body = all_words(kept)
    entries = [words_of(line) for s in true.sections if s.kind == "references" for line in s.text.split("\n")]
    return Row(
        name=name,
        truth=truth,
        reading=reading,
        measure=measure(read, true),
        parts=parts(read, true),
        reference_words=leaked(body, entries) if any(entries) else None,
        furniture_words=sum(leaked(body, [line], run=len(line)) for line in furniture),
    )


def _peer(name: str, latex: Paper, grobid: Paper) -> Peer:
    return Peer(name, measure(grobid, latex), parts(grobid, latex), measure(latex, grobid).words)


def _broken(paths: Sequence[Path]) -> list[Broken]:
    """What became of each broken file."""
    found = []
    for path in paths:
        with tempfile.TemporaryDirectory(prefix="p2c-bench-") as cache:
            answer, _ = _asked(path, cache)
        readable = any(part in path.name for part in READABLE)
        said = answer.get("refused") or answer.get("failed") or "read"
        right = ("paper" if readable else "refused") in answer
        found.append(Broken(path.name, said.removeprefix(f"{path.name}: "), right))
    return found


MEASUREMENT = Measurement("ingestion", "Ingestion of papers", run, "--papers DIR")
