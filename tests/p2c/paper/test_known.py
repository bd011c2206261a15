"""A PDF that was read before, by the same code, is not read again; anything else is."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest

import p2c.paper.known
from p2c.errors import PaperError
from p2c.paper.known import read_known, reader_digest
from p2c.paper.read import read_paper
from p2c.types import Paper


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    reader_digest.cache_clear()
    yield tmp_path / "cache" / "p2c" / "papers"
    reader_digest.cache_clear()


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The papers that were really read."""
    read: list[Path] = []

    def noted(path: Path, figures_to: Path | None = None) -> Paper:
        read.append(path)
        return read_paper(path, figures_to)

    monkeypatch.setattr(p2c.paper.known, "read_paper", noted)
    return read


@pytest.fixture
def pictured(make_pdf, prose: str) -> Path:
    """A PDF with a figure."""

    def draw(document: pymupdf.Document) -> None:
        page = document.new_page(width=612, height=792)
        page.insert_text((54, 60), "1 Introduction", fontsize=14, fontname="hebo")
        page.insert_textbox((54, 80, 540, 300), prose, fontsize=10, fontname="tiro")
        page.draw_rect((200, 350, 400, 500), color=(1, 0, 0), fill=(0, 0, 1))
        page.insert_text((220, 520), "Figure 1: The blue box of the method.", fontsize=9, fontname="tiro")

    return make_pdf(draw)


def test_the_second_reading_is_the_first_with_its_pictures(pictured: Path, readings: list[Path], tmp_path: Path):
    first = read_known(pictured, tmp_path / "one")
    again = read_known(pictured, tmp_path / "two")
    assert (again, len(readings)) == (first, 1)
    one, two = ({f.name: f.read_bytes() for f in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
    assert list(one) == ["figure-1.png"]


def test_a_reading_without_pictures_does_not_stand_for_one_with_them(
    pictured: Path, readings: list[Path], tmp_path: Path
):
    assert read_known(pictured).figures[0].image is None
    assert read_known(pictured, tmp_path / "one").figures[0].image == "figure-1.png"
    assert len(readings) == 2


def test_the_same_bytes_under_another_name_are_the_same_paper(pictured: Path, readings: list[Path], tmp_path: Path):
    read_known(pictured)
    shutil.copy(pictured, tmp_path / "other name.pdf")
    read_known(tmp_path / "other name.pdf")
    assert len(readings) == 1


def test_another_paper_or_other_code_is_read(pictured: Path, readings: list[Path], monkeypatch: pytest.MonkeyPatch):
    read_known(pictured)
    pictured.write_bytes(pictured.read_bytes() + b"\n")
    read_known(pictured)
    assert len(readings) == 2
    monkeypatch.setattr(p2c.paper.known, "reader_digest", lambda: "other code")
    read_known(pictured)
    assert len(readings) == 3


def test_the_digest_of_the_reader_is_over_its_own_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    before = reader_digest()
    copy = tmp_path / "paper"
    shutil.copytree(Path(p2c.paper.known.__file__).parent, copy)
    monkeypatch.setattr(p2c.paper.known, "__file__", str(copy / "known.py"))
    reader_digest.cache_clear()
    assert reader_digest() == before
    (copy / "pdf_order.py").write_text("# edited\n")
    reader_digest.cache_clear()
    assert reader_digest() != before


def test_a_file_that_is_exchanged_while_it_is_read_is_not_kept_under_its_old_name(
    pictured: Path, readings: list[Path], kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exchanged(path: Path, figures_to: Path | None = None) -> Paper:
        path.write_bytes(path.read_bytes() + b"\n")
        return read_paper(path, figures_to)

    with monkeypatch.context() as patch:
        patch.setattr(p2c.paper.known, "read_paper", exchanged)
        read_known(pictured)
    assert not kept.exists()
    read_known(pictured)
    assert len(readings) == 1


def test_only_the_papers_own_pictures_are_kept(pictured: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "private.txt").write_text("not of the paper")
    read_known(pictured, tmp_path / "one")
    read_known(pictured, tmp_path / "two")
    assert [file.name for file in (tmp_path / "two").iterdir()] == ["figure-1.png"]


def test_a_damaged_entry_is_made_anew(pictured: Path, readings: list[Path], kept: Path):
    first = read_known(pictured)
    (entry,) = kept.iterdir()
    entry.write_bytes(entry.read_bytes()[:100])
    assert read_known(pictured) == first
    assert len(readings) == 2


def test_use_is_noted_so_that_the_least_recently_used_goes_first(pictured: Path, kept: Path):
    import os

    read_known(pictured)
    (entry,) = kept.iterdir()
    os.utime(entry, (0, 0))
    read_known(pictured)
    assert time.time() - entry.stat().st_mtime < 60


def test_a_folder_that_cannot_be_written_to_costs_time_only(pictured: Path, kept: Path):
    kept.parent.mkdir(parents=True)
    kept.write_text("a file where the folder should be")
    assert read_known(pictured) == read_paper(pictured)


def test_what_takes_no_time_or_cannot_be_read_is_not_kept(tmp_path: Path, kept: Path):
    (tmp_path / "paper.md").write_text("# T\n\n## Abstract\nA.\n\n## 1 Method\n" + "Text of the method. " * 20)
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\n")
    read_known(tmp_path / "paper.md")
    for name in ("broken.pdf", "absent.pdf"):
        with pytest.raises(PaperError):
            read_known(tmp_path / name)
    assert not kept.exists()
