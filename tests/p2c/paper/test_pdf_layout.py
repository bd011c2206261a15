"""The layout of a long paper is found by two processes, and is the same as one process finds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest

from p2c.paper import pdf_layout
from p2c.paper.pdf_layout import Place, layouts, page_layout

_PAGES = 5


@pytest.fixture
def long_pdf(make_pdf: Callable[..., Path], prose: str) -> Path:
    """A paper just long enough for two processes, as the tests set it."""

    def draw(document: pymupdf.Document) -> None:
        for number in range(_PAGES):
            page = document.new_page(width=612, height=792)
            page.insert_text((72, 90), f"{number + 1} Section", fontsize=14, fontname="hebo")
            page.insert_textbox((72, 110 + 10 * number, 540, 400), prose, fontsize=10)

    return make_pdf(draw, "long.pdf")


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the pages that this process analyses itself."""
    numbers: list[int] = []

    def noted(page: pymupdf.Page) -> list[Place]:
        numbers.append(page.number)
        return page_layout(page)

    monkeypatch.setattr(pdf_layout, "_MANY", _PAGES)
    monkeypatch.setattr(pdf_layout, "page_layout", noted)
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: {0, 1}, raising=False)
    return numbers


def _found(path: Path) -> list[list[Place]]:
    with pymupdf.open(path) as document:
        return layouts(document, path.read_bytes())


def _found_alone(path: Path) -> list[list[Place]]:
    with pymupdf.open(path) as document:
        return [page_layout(page) for page in document.pages()]


def test_a_second_process_finds_the_same(long_pdf: Path, analysed: list[int]) -> None:
    found = _found(long_pdf)
    assert 0 < len(analysed) < _PAGES
    assert found == _found_alone(long_pdf)
    assert all(place.kind for page in found for place in page)


@pytest.mark.parametrize("failing", ["cannot be started", "ends at once", "says something else"])
def test_where_the_second_process_fails_the_first_does_all(
    long_pdf: Path, analysed: list[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failing: str
) -> None:
    python = tmp_path / "python"
    if failing != "cannot be started":
        python.write_text("#!/bin/sh\n" + ("exit 1\n" if failing == "ends at once" else "echo no JSON\n"))
        python.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(python))
    assert len(_found(long_pdf)) == _PAGES
    assert sorted(analysed) == list(range(_PAGES))


def test_no_process_is_left_where_reading_fails(
    long_pdf: Path, analysed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[call-overload]
            started.append(self)

    def failing(_page: pymupdf.Page) -> list[Place]:
        raise KeyboardInterrupt

    monkeypatch.setattr("subprocess.Popen", Noted)
    monkeypatch.setattr(pdf_layout, "page_layout", failing)
    with pytest.raises(KeyboardInterrupt):
        _found(long_pdf)
    assert [process.returncode for process in started] == [-9]
    assert analysed == []


def test_a_short_paper_or_a_single_core_takes_one_process(
    paper_pdf: Path, long_pdf: Path, analysed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    _found(paper_pdf)
    assert analysed == [0, 1]
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: {0}, raising=False)
    _found(long_pdf)
    assert analysed[2:] == list(range(_PAGES))


def test_the_networks_threads_do_not_spin() -> None:
    program = """
import onnxruntime
said = []
class Noted(onnxruntime.InferenceSession):
    def __init__(self, *arguments, sess_options=None, **options):
        said.append(sess_options.get_session_config_entry("session.intra_op.allow_spinning"))
        super().__init__(*arguments, sess_options=sess_options, **options)
onnxruntime.InferenceSession = Noted
from p2c.paper import pdf_network
pdf_network.load()
print(onnxruntime.InferenceSession is Noted, set(said))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True {'0'}"
