"""The results as files: one page that needs nothing else, and in which what a program wrote stays text."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from p2c.bench import words
from p2c.bench.files import as_csv, as_html, as_markdown, write_results
from p2c.bench.places import Places
from p2c.bench.record import End
from p2c.bench.result import Bench, bench_of
from p2c.bench.terminal import show
from p2c.cli import cli
from p2c.cli.bench import result_console
from p2c.report.repairs import Edits
from p2c.types import LineCount, Usage

ROOT = Path(__file__).parents[3]
Make = Callable[..., Any]
HOSTILE = "</td><script>alert(1)</script>\x1b[2J|`=cmd()"
VOID = {"meta", "link", "br", "hr", "img", "input", "rect"}


class Page(HTMLParser):
    """Reads a page strictly: every element that begins ends, in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), f"an attribute stands twice in {tag}"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" not in self.open and "style" not in self.open:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.seen if name == tag]


@pytest.fixture
def result(row: Make) -> Bench:
    rows = [
        row("plain", group="import", minimum=1, python_share=0.025,
            usage=Usage(calls=2, prompt_tokens=1234, reply_tokens=5, cost_usd=0.5)),
        row(HOSTILE.replace("/", "-"), group=HOSTILE, message=HOSTILE, end=End.stalled, rung="starts",
            unexpected=("it ended as stalled, not verified",)),
        row("100% \u2615 #1?", usage=Usage(calls=1, cost_usd=None)),
        row("crashed", end=End.crashed, report=None, lines=None, share=None, rung=None, first_rung=None,
            unexpected=("it ended as crashed, not verified",)),
    ]  # fmt: skip
    return bench_of(f"A set {HOSTILE}", "set.toml", rows, jobs=2, max_cost_usd=None, interrupted=False)


def test_the_page_is_well_formed_and_needs_nothing_from_elsewhere(result: Bench) -> None:
    page = Page(as_html(result))
    assert len(page.all("table")) >= 4
    assert len(page.all("script")) == 1, "what a program wrote is no script"
    assert {tag for tag, _ in page.seen} & {"link", "img", "iframe", "object", "base", "form"} == set()
    addresses = [attrs[key] for _, attrs in page.seen for key in ("src", "href", "action") if key in attrs]
    assert addresses
    assert all(re.match(r"(runs|logs)/", str(address)) for address in addresses)
    assert not re.search(r"url\(|@import|https?:|//", as_html(result).split("<script>")[0])


def test_the_page_says_everything_without_its_script(result: Bench) -> None:
    text = Page(as_html(result)).text
    for wanted in ("plain", "1,234 + 5", "$0.5000", "unknown", "alert(1)", "(!)", "By class", "3 starts", "median"):
        assert wanted in text
    assert "\x1b" not in as_html(result)


def test_the_page_can_be_read_with_other_means_than_eyes(result: Bench) -> None:
    page = Page(as_html(result))
    assert page.all("html")[0]["lang"] == "en"
    assert all(attrs.get("scope") in ("col", "row") for attrs in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    (picture,) = page.all("svg")
    assert picture["role"] == "img"
    assert "3 entries" in str(picture["aria-label"])
    assert any("color-scheme" in line for line in as_html(result).splitlines())


def test_links_lead_to_each_run_whatever_its_name(result: Bench) -> None:
    links = [str(attrs["href"]) for attrs in Page(as_html(result)).all("a")]
    assert "runs/100%25%20%E2%98%95%20%231%3F/report.md" in links
    assert "logs/crashed.log" in links
    assert len(links) == 4


def test_markdown_and_csv_stay_tables_whatever_is_in_a_name(result: Bench) -> None:
    text = as_markdown(result)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in rows[:6]}) == 1
    assert "<script>" not in text.replace("\\<", "")
    table = list(csv.reader(io.StringIO(as_csv(result))))
    assert len(table) == 5
    assert len({len(line) for line in table}) == 1
    by_name = {line[0]: dict(zip(table[0], line, strict=True)) for line in table[1:]}
    assert (by_name["plain"]["lines_reduced"], by_name["plain"]["cost_usd"]) == ("2", "0.5")
    assert (by_name["plain"]["baseline_python"], by_name["plain"]["python_share"]) == ("0", "0.025")
    assert (by_name["crashed"]["lines_reduced"], by_name["crashed"]["end"]) == ("", "crashed")


def test_what_was_not_begun_is_said_once(row: Make) -> None:
    late = row("late", end=End.waiting, message="", unexpected=("it was not begun",), lines=None)
    poor = row("poor", end=End.waiting, message="the money is spent", unexpected=("it was not begun",), lines=None)
    found = bench_of("t", "m", [late, poor], jobs=1, max_cost_usd=None, interrupted=False)
    assert words.otherwise(late) == "it was not begun."
    for text in (as_markdown(found), Page(as_html(found)).text):
        assert "it was not begun: the money is spent" in text


def test_a_class_that_ought_to_be_blocked_is_no_failure(row: Make) -> None:
    rows = [row("a", group="withheld", end=End.blocked, rung="starts", outcome="blocked"), row("b", group="files")]
    found = bench_of("t", "m", rows, jobs=1, max_cost_usd=None, interrupted=False)
    assert "| withheld | 1 | 1 | 1 | 0 of 1 |" in as_markdown(found)


def test_lines_of_the_same_entries_are_told_once(row: Make) -> None:
    mended, fine = row("a"), row("b", first_rung="replays", first_outcome="passed")
    headings = {}
    for rows in ((mended,), (mended, fine)):
        found = bench_of("t", "m", rows, jobs=1, max_cost_usd=None, interrupted=False)
        headings[len(rows)] = [heading for heading, _ in words.line_groups(found.statistics)]
    assert headings == {
        1: ["Those that did not run at first and run now (all that run)"],
        2: ["Those that run in the end, unmended ones included", "Those that did not run at first and run now"],
    }


def test_the_page_says_which_models_were_asked_and_what_was_written_again(row: Make, lines: Make) -> None:
    again = lines(2).model_copy(update={"rewritten": LineCount(python=31)})
    rows = [row("a", model="small-1"), row("b", model="small-1", lines=again), row("c", model="large-2"), row("d")]
    found = bench_of("t", "m", rows, jobs=1, max_cost_usd=None, interrupted=False)
    for text in (as_markdown(found), Page(as_html(found)).text):
        assert "Models: small-1 in 2, large-2 in 1 of 4 entries." in text
        assert "Written again, as it never was code, and in no figure of lines: 31 lines in 1 of 4 entries." in text


def test_no_cell_is_a_formula(row: Make) -> None:
    found = bench_of("t", "m", [row("=1+1", group="@x")], jobs=1, max_cost_usd=None, interrupted=False)
    assert as_csv(found).splitlines()[1].startswith("'=1+1,repository,'@x,")


def test_the_terminal_shows_the_same_as_data(result: Bench) -> None:
    stream = io.StringIO()
    show(result, Console(file=stream, width=200, color_system=None), "out")
    text = stream.getvalue()
    assert "\x1b" not in text
    for wanted in ("plain", "alert(1)", "1 of 1", "Lines modified", "out/bench.html", "it ended as crashed"):
        assert wanted in text


def test_a_file_or_pipe_gets_names_that_are_whole(
    row: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    usage = Usage(calls=20, prompt_tokens=172_918, reply_tokens=22_101, cost_usd=None)
    name = "signature-of-a-class-that-was-renamed"
    one = row(name, group="signatures", minimum=1, fixers=Edits(accepted=1), usage=usage)
    show(bench_of("t", "m", [one], jobs=1, max_cost_usd=None, interrupted=False), result_console(), "out")
    assert any(line.split()[:2] == [name, "signatures"] for line in capsys.readouterr().out.splitlines())


def test_files_hold_the_result_and_no_key(result: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-live-4f9a8b7c6d5e4f3a2b1c0d9e"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    told = [one.model_copy(update={"message": f"401: {key} is wrong", "group": key}) for one in result.rows]
    write_results(bench_of("t", "m", told, jobs=1, max_cost_usd=None, interrupted=False), Places(tmp_path))
    found = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir() if path.is_file()}
    assert sorted(found) == ["bench.csv", "bench.html", "bench.json", "bench.md"]
    assert not any(key in text for text in found.values())
    assert Bench.model_validate_json(found["bench.json"]).rows[0].message == "401: *** is wrong"


def test_the_committed_schema_is_that_of_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["bench", "--schema"], standalone_mode=False)
    committed = (ROOT / "docs" / "bench.schema.json").read_text("utf-8")
    assert committed == capsys.readouterr().out, "p2c bench --schema > docs/bench.schema.json"
    assert json.loads(committed)["title"] == "Bench"
