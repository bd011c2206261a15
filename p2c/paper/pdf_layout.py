"""The layout of a PDF's pages: PyMuPDF's analysis, a small neural network that runs on the CPU without a network.

A page takes it a third of a second or more, most of it on one core, so a long paper is shared with a second process,
`pdf_network`, which writes the layout of its pages as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pymupdf
import pymupdf.layout

Box = tuple[float, float, float, float]
_SECOND = "p2c.paper.pdf_network"
_MANY = 8
"""Pages from which on a second process is worth its start."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table's grid: place, and first row and column."""

    box: Box
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a page as the analysis classifies it; `Region.kind` lists the kinds."""

    kind: str
    box: Box
    cells: tuple[Cell, ...] = ()


def page_layout(page: pymupdf.Page) -> list[Place]:
    """The parts of one page."""
    page.get_layout(return_raw=True)
    groups: list[dict[str, Any]] = page.layout_information or []
    return [Place(group["class_name"], _box(group["group_bbox"]), _cells(group)) for group in groups]


def layouts(document: pymupdf.Document, data: bytes) -> list[list[Place]]:
    """The parts of each page of `document`, whose file holds `data`; with many pages by two processes, if it can be."""
    pages = document.page_count
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if pages < _MANY or cores < 2:
        return [page_layout(page) for page in document.pages()]
    first = (pages + 1) // 2  # the other one has its start to do, this one all that comes behind
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        helper = _started(file.fileno(), first, pages)
        try:
            own = [page_layout(page) for page in document.pages(0, first)]
            others = _answer(helper)
        finally:
            if helper is not None:
                with helper:
                    helper.kill()
    if others is None or len(others) != pages - first:
        others = [page_layout(page) for page in document.pages(first)]
    return own + others


def _started(pdf: int, first: int, stop: int) -> subprocess.Popen[bytes] | None:
    """A process for the pages from `first` up to `stop`; None where none can be started. -P: not from this folder."""
    command = [sys.executable, "-P", "-m", _SECOND, str(first), str(stop)]
    try:
        return subprocess.Popen(command, stdin=pdf, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return None


def _answer(helper: subprocess.Popen[bytes] | None) -> list[list[Place]] | None:
    """What the process found; None where it failed."""
    if helper is None:
        return None
    said, _ = helper.communicate()
    try:
        return [[_place(part) for part in page] for page in json.loads(said.splitlines()[-1])]
    except (ValueError, TypeError, IndexError):
        return None


def _place(said: Sequence[Any]) -> Place:
    kind, box, cells = said
    return Place(kind, _box(box), tuple(Cell(_box(cell), row, column) for cell, row, column in cells))


def _said(place: Place) -> list[object]:
    return [place.kind, place.box, [[cell.box, cell.row, cell.column] for cell in place.cells]]


def _cells(group: dict[str, Any]) -> tuple[Cell, ...]:
    found = group.get("table_cells") or ()
    return tuple(Cell(_box(group["bboxes"][c.bbox_idx]), int(c.row_start), int(c.col_start)) for c in found)


def _box(box: Any) -> Box:
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])


def main(first: int, stop: int) -> None:
    """Reads a PDF from standard input, and writes the layout of its pages from `first` up to `stop` as one line."""
    with pymupdf.open(stream=sys.stdin.buffer.read(), filetype="pdf") as document:
        found = [[_said(place) for place in page_layout(page)] for page in document.pages(first, stop)]
    print(json.dumps(found), flush=True)
