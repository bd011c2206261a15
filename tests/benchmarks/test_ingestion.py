"""The section on ingestion: what counts as held, what is skipped, and what an absent folder means."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import docker
import pytest

from benchmarks import __main__ as bench_main
from benchmarks.frame import Bench, InputMissing
from benchmarks.images import Images
from benchmarks.ingestion import run
from benchmarks.ingestion_section import Broken, Peer, Reading, Row, section
from benchmarks.paper_parts import parts
from benchmarks.results import Section as Measured
from p2c.paper.measure import measure
from p2c.types import Paper, Section

TEXT = "The method selects one feature after another and stops by a rule that is derived below."


def _paper(*titles: str) -> Paper:
    sections = tuple(Section(title=title, level=1, text=TEXT, kind="body") for title in titles)
    return Paper(title="T", abstract="", sections=sections, source="pdf", digest="0")


def _row(read: Paper, true: Paper, truth: str = "LaTeX", seconds: float = 3.0, leaked: int = 0) -> Row:
    reading = Reading(read, 0, seconds, 0.2)
    return Row("paper", truth, reading, measure(read, true), parts(read, true), leaked, 0)


def _missed(made: Measured) -> set[str]:
    return {target.what for target in made.targets if not target.met}


def _bench(*papers: Path) -> Bench:
    nothing = None  # ingestion needs no engine
    return Bench(cast(docker.DockerClient, nothing), cast(Images, nothing), inputs={"papers": tuple(map(str, papers))})


def test_a_paper_that_was_read_whole_meets_every_target() -> None:
    whole = _paper("1 Introduction", "2 Method")
    assert _missed(section([_row(whole, whole)], [], [Broken("bad.pdf", "is cut off", True)], [])) == set()


def test_what_is_missing_leaks_or_takes_long_misses_its_own_target() -> None:
    whole, part = _paper("1 Introduction", "2 Method"), _paper("1 Introduction")
    made = section([_row(part, whole, seconds=11.0, leaked=6)], [], [Broken("bad.pdf", "read", False)], [])
    assert _missed(made) == {
        "body words in order, of the paper with the fewest, LaTeX",
        "section headings that were not found, LaTeX",
        "words of references in the body",
        "the slowest paper, whole process",
        "broken files without the right answer",
    }
    assert "paper, LaTeX: headings not found: 2 Method" in made.notes


def test_another_readers_errors_do_not_count_as_headings_that_were_missed() -> None:
    made = section([_row(_paper("1 One"), _paper("1 One", "Not a heading"), truth="GROBID")], [], [], [])
    assert _missed(made) == {"body words in order, of the paper with the fewest, GROBID"}


def test_another_reader_stands_beside_p2c_and_says_what_can_be_reached_against_it() -> None:
    whole, theirs = _paper("1 One", "2 Two"), _paper("1 One")
    rows = [_row(whole, whole), _row(theirs, whole, truth="GROBID")]
    peer = Peer("paper", measure(theirs, whole), parts(theirs, whole), 0.875)
    made = section(rows, [], [], [], [peer])
    beside = next(table for table in made.tables if "GROBID" in table.title)
    assert [row[:4] for row in beside.rows] == [
        ("paper", "p2c", "100.00%", "2 of 2"),
        ("paper", "GROBID", f"{peer.measure.words:.2%}", "1 of 2"),
    ]
    (floor,) = [target.floor for target in made.targets if "GROBID" in target.what]
    assert floor.endswith("this paper's own LaTeX has 87.5 %")


def test_a_paper_without_a_truth_counts_for_its_time() -> None:
    whole = _paper("1 Introduction")
    made = section([_row(whole, whole)], [("other", Reading(whole, 0, 12.0, 0.2))], [], [])
    assert _missed(made) == {"the slowest paper, whole process"}


def test_without_papers_the_measurement_is_skipped(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="--papers DIR"):
        run(_bench())
    with pytest.raises(InputMissing, match="no folder absent"):
        run(_bench(tmp_path / "absent"))


def test_papers_beside_the_project_are_taken_unless_others_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def inputs(*arguments: str) -> tuple[str, ...] | None:
        chosen = bench_main._parser().parse_args(arguments)
        return bench_main._inputs(chosen).get("papers")

    monkeypatch.setattr(bench_main, "PAPERS", tmp_path)
    assert inputs() == (str(tmp_path),)
    assert inputs("--papers", "others") == ("others",)
    monkeypatch.setattr(bench_main, "PAPERS", tmp_path / "absent")
    assert inputs() is None
