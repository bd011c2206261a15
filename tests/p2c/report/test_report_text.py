"""The report shows what happened, and shows hostile text as data."""

import io

import pytest
from rich.console import Console

from p2c.report.comparison import Comparison, agreement, comparisons, furthest
from p2c.report.plain import counted, plain
from p2c.report.summary import Report, summarise
from p2c.report.text import as_markdown, headline, show
from p2c.types import Attempt, Ending, LineCount, LinesModified, Usage
from sandbox.tree import Tree
from sandbox.verdict import Ended, Outcome, Rung, SmokeRun, Verdict

PAPER_ROW = {"name": "error", "paper": 2.0, "reproduced": 2.5}
HOSTILE = "</td><script>alert(1)</script> \x1b[31mred\x1b[0m [bold]x[/bold] | `y`"


def verdict(rung: Rung, outcome: Outcome, metrics: dict[str, object] | None = None) -> Verdict:
    smoke = SmokeRun(
        command="python main.py", ended=Ended.exited, exit_status=0, seconds=1.0, cpu_seconds=0.9,
        peak_memory_bytes=1 << 20, stdout="", stderr="", metrics=metrics or {},
    )  # fmt: skip
    return Verdict(repository="r", tree="0" * 64, rung=rung, outcome=outcome, summary="It ran.", smoke=smoke)


def report(**changes: object) -> Report:
    values: dict[str, object] = {
        "title": "A paper",
        "tree": Tree({"main.py": b"a = 1\n\nb = 2\n", "README.md": b"x\n"}),
        "verdict": verdict(Rung.replays, Outcome.passed, {"paper": [PAPER_ROW]}),
        "first_verdict": verdict(Rung.starts, Outcome.failed),
        "ending": Ending.verified,
        "ending_reason": "",
        "attempts": (
            Attempt(number=1, signature="s", failure=HOSTILE, origin="model", accepted=True, reason="further",
                    rung_before=3, rung_after=4, lines=LineCount(python=2)),
        ),
        "lines_modified": LinesModified(
            baseline_lines=200, net=LineCount(python=3), gross=LineCount(python=4), reduced=LineCount(python=2)
        ),
        "usage": {
            "planning/logic": Usage(calls=1, prompt_tokens=100, cached_tokens=64, reply_tokens=10, cost_usd=0.5),
            "planning/config": Usage(calls=1, prompt_tokens=10, reply_tokens=1, cost_usd=0.25),
            "debug/1": Usage(calls=1, prompt_tokens=7, reply_tokens=3, cost_usd=None),
        },
        "model": "m",
        "recorded": True,
        "seconds": 12.0,
        "sandbox_seconds": 3.0,
    }  # fmt: skip
    return summarise(**(values | changes))  # type: ignore[arg-type]


def test_the_headline_has_ending_rung_and_reduced_lines() -> None:
    assert headline(report()) == (
        "verified: reached rung 5 (replays), passed; 2 lines modified (1.00 % of the generated lines)"
    )


def test_one_line_is_not_lines() -> None:
    assert (counted(1, "line"), counted(0, "line"), counted(2, "line")) == ("1 line", "0 lines", "2 lines")


def test_blank_lines_are_not_counted_as_python_lines() -> None:
    assert report().python_lines == 2


def test_usage_is_summed_by_stage_and_an_unknown_price_makes_the_total_unknown() -> None:
    made = report()
    assert made.usage_by_stage()["planning"] == Usage(
        calls=2, prompt_tokens=110, cached_tokens=64, reply_tokens=11, cost_usd=0.75
    )
    assert made.total_usage.cost_usd is None
    assert "| all | 3 | 117 | 64 | 14 | unknown |" in as_markdown(made)


def test_markdown_shows_hostile_text_as_data_and_says_that_replies_are_recorded() -> None:
    text = as_markdown(report())
    assert "<script>" not in text.replace("\\<", "")
    assert "\x1b" not in text
    assert "recorded earlier" in text
    assert "| error | 2 | 2.5 | 25.0 % |" in text


def test_the_terminal_shows_hostile_text_as_data() -> None:
    stream = io.StringIO()
    show(report(), Console(file=stream, width=200, force_terminal=False), "runs/demo")
    shown = stream.getvalue()
    assert "\x1b" not in shown
    assert "[bold]x[/bold]" in shown
    assert "runs/demo/report.md" in shown


def test_the_report_survives_json() -> None:
    made = report()
    assert Report.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize(
    "metrics",
    [
        {},
        {"paper": "x"},
        {"paper": [1, None, {"name": 3, "paper": 1}, {"name": "n"}, {"name": "n", "paper": True}]},
        {"paper": [{"name": "n", "paper": float("nan"), "reproduced": 1}]},
    ],
)
def test_malformed_comparisons_are_passed_over(metrics: dict[str, object]) -> None:
    assert comparisons(metrics) == ()


def test_a_number_that_was_not_reproduced_stays_visible() -> None:
    (row,) = comparisons({"paper": [{"name": "n", "paper": 1, "reproduced": "soon"}]})
    assert row.reproduced is None
    assert row.relative_difference is None


def test_long_and_multi_line_text_becomes_one_short_line() -> None:
    assert plain("a\nb\tc" + "x" * 1000, 10) == "a b cxxxx…"


def test_what_differs_most_is_shown_first_and_the_agreement_is_said() -> None:
    rows = [
        Comparison(name="near", paper=100, reproduced=100.5),
        Comparison(name="far", paper=100, reproduced=150),
        Comparison(name="open", paper=100, reproduced=None),
        Comparison(name="zero", paper=0, reproduced=0),
    ]
    assert [row.name for row in furthest(rows, 3)] == ["open", "far", "near"]
    assert agreement(rows) == "4 numbers, 1 within 1%, 1 within 10%, 1 not measured"
