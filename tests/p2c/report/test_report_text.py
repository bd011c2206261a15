"""The report shows what happened, and shows hostile text as data."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from p2c.report.comparison import Comparison, agreement, comparisons, furthest
from p2c.report.plain import plain
from p2c.report.repairs import Reduced
from p2c.report.summary import Report, schema, summarise
from p2c.report.text import as_markdown, headline, share_line, show
from p2c.types import Attempt, Ending, LineCount, LinesModified, MadeSmaller, Usage
from sandbox.tree import Tree
from sandbox.verdict import Ended, Finding, Outcome, Rung, SmokeRun, Verdict

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


def test_an_answer_that_nothing_can_help_is_no_refused_edit() -> None:
    of = {"signature": "s", "failure": "f", "origin": "model", "accepted": False, "rung_before": 3}
    tried = (
        Attempt(number=1, reason="the same failure", **of),
        Attempt(number=2, reason="no data", gave_up=True, **of),
    )
    made = report(attempts=tried)
    assert (made.repair.model.refused, made.repair.model.gave_up, made.repair.model.tried) == (1, 1, 2)
    text = as_markdown(made)
    assert "0 accepted, 1 refused, 1 without an edit" in text
    assert "refused: the same failure" in text
    assert "no edit: no data" in text


def test_settings_that_the_repair_made_smaller_are_said_in_one_line() -> None:
    fell = (
        MadeSmaller(file="config.yaml", name="dataset.samples", before=1_000_000, after=40),
        MadeSmaller(file="train.py", name="fraction", before=0.5, after=0.05),
    )
    made = report(made_smaller=fell)
    line = (
        "Settings made smaller by the repair: config.yaml dataset.samples 1000000 -> 40; train.py fraction 0.5 -> 0.05."
    )
    console = Console(file=io.StringIO(), width=200)
    show(made, console, "run")
    assert line in console.file.getvalue()  # type: ignore[attr-defined]
    assert line.replace(">", "\\>") in as_markdown(made)
    assert "made smaller" not in as_markdown(report())


def test_the_headline_has_ending_rung_and_reduced_lines() -> None:
    assert headline(report()) == (
        "verified: reached rung 5 (replays), passed; 2 lines modified (1.00 % of the generated lines)"
    )


def test_blank_lines_are_not_counted_as_python_lines() -> None:
    assert report().python_lines == 2


def test_what_the_model_cost_is_summed_by_stage_and_an_unknown_price_makes_the_total_unknown() -> None:
    made = report()
    planning, debug, total = made.costs
    assert (planning.calls, planning.prompt_tokens, planning.cached_share, planning.cost_usd) == (2, 110, 0.5818, 0.75)
    assert (debug.stage, debug.cached_share, debug.cost_usd) == ("debug", 0.0, None)
    assert (total.stage, total.calls, total.cost_usd) == ("all", 3, None)
    assert "| all | 3 | 117 | 54.7 % | 14 | unknown |" in as_markdown(made)
    assert "| planning/config | 1 | - | 10 | 0.0 % | 1 | $0.2500 |" in as_markdown(made)


def test_markdown_shows_hostile_text_as_data_and_says_that_replies_are_recorded() -> None:
    text = as_markdown(report())
    assert "<script>" not in text.replace("\\<", "")
    assert "\x1b" not in text
    assert "recorded earlier" in text
    assert "| error | 2 | 2.5 | 25.0 % |" in text


def test_what_the_smoke_run_measured_is_shown_beside_the_paper_s_value_where_that_is_known() -> None:
    metrics = {
        "metrics": {"error": 2.5, "gain": {"red": 0.123456789, "ok": True}, "curve": [1, 2, 3], "loss": float("nan")},
        "paper": [PAPER_ROW],
        "elsewhere": 1,
    }
    text = as_markdown(report(verdict=verdict(Rung.replays, Outcome.passed, metrics)))
    assert (
        "## What the smoke run measured\n\n| name | value | paper |\n| --- | --- | --- |\n| error | 2.5 | 2 |\n"
        "| gain.red | 0.123457 |  |\n| gain.ok | true |  |\n| curve | list of 3 |  |\n| loss | nan |  |\n\n"
    ) in text
    flat = as_markdown(report(verdict=verdict(Rung.replays, Outcome.passed, {"loss": 3})))
    assert "| name | value |\n| --- | --- |\n| loss | 3 |\n\n" in flat
    assert "measured" not in as_markdown(report(verdict=verdict(Rung.replays, Outcome.passed)))


def test_what_the_smoke_run_wrote_is_listed_and_where_it_is_kept() -> None:
    seen = verdict(Rung.replays, Outcome.passed)
    assert seen.smoke
    written = ("a.bin", HOSTILE, "results/figure.png", *(f"m{n}.pt" for n in range(60)))
    seen = seen.model_copy(update={"smoke": seen.smoke.model_copy(update={"files_written": written})})
    text = as_markdown(report(verdict=seen, outputs=("results/figure.png",)))
    head = "| file | kept in the run folder as |\n| --- | --- |\n| results/figure.png | outputs/results/figure.png |\n"
    assert head + "| a.bin | not kept |\n" in text
    assert "And 13 more; verdict.json has them all." in text
    assert "<script>" not in text.replace("\\<", "")
    assert "What the smoke run wrote" not in as_markdown(report())
    stream = io.StringIO()
    show(report(verdict=seen, outputs=("results/figure.png",)), Console(file=stream, width=200), "runs/demo")
    assert "runs/demo/outputs\n" in stream.getvalue()


def test_metrics_are_bounded_and_shown_as_data() -> None:
    found: dict[str, object] = {HOSTILE: HOSTILE, "long" * 1000: "x" * 10_000, "deep": {}}
    inner = found["deep"]
    for _ in range(40):
        assert isinstance(inner, dict)
        inner["deep"] = inner = {}
    found |= {f"m{n}": n for n in range(2_000)}
    text = as_markdown(report(verdict=verdict(Rung.replays, Outcome.passed, {"metrics": found})))
    assert "\x1b" not in text
    assert "<script>" not in text.replace("\\<", "")
    assert "And 1,903 more; verdict.json has them all." in text
    assert len(text) < 10_000


def test_each_static_finding_is_listed_the_fatal_ones_first_and_at_most_fifty() -> None:
    def finding(line: int, **changes: object) -> Finding:
        values = {
            "tool": "ruff",
            "code": "B023",
            "file": "a.py",
            "line": line,
            "message": HOSTILE,
            "severity": "advice",
        }
        return Finding(**(values | changes))

    some = tuple(finding(line) for line in range(1, 61))
    fatal = (finding(99, severity="fatal", message="undefined"), finding(98, severity="fatal", refuted=True))
    seen = verdict(Rung.replays, Outcome.passed).model_copy(update={"findings": (*some, *fatal)})
    shown = as_markdown(report(verdict=seen)).partition("## Static findings")[2]
    rows = [line for line in shown.splitlines() if line.startswith("| a.py")]
    assert rows[0] == "| a.py:99 | fatal | undefined | ruff B023 |"
    assert rows[1].startswith("| a.py:98 | fatal, but the line ran |")
    assert len(rows) == 50
    assert "And 12 more; verdict.json has them all." in shown
    assert "<script>" not in shown.replace("\\<", "")


def test_an_unknown_cost_says_what_to_set() -> None:
    assert "set P2C\\_PRICE to dollars per million prompt tokens" in as_markdown(report(recorded=False))
    assert "P2C" not in as_markdown(report(recorded=True))


def test_the_terminal_shows_hostile_text_as_data() -> None:
    stream = io.StringIO()
    show(report(), Console(file=stream, width=200, force_terminal=False), "runs/demo")
    shown = stream.getvalue()
    assert "\x1b" not in shown
    assert "[bold]x[/bold]" in shown
    assert "runs/demo/report.md" in shown


def test_why_an_edit_was_refused_is_whole_in_the_markdown_and_ends_with_a_word_on_the_terminal() -> None:
    reason = "no edit that can be applied: block 1 (`sketch/hashing.py`): " + "SEARCH stands in many a place, " * 5
    refused = Attempt(
        number=1, signature="s", failure="TypeError: " + "an argument too many, " * 8, origin="model", accepted=False,
        reason=reason + "quote more lines", rung_before=3,
    )  # fmt: skip
    made = report(attempts=(refused,))
    (row,) = [line for line in as_markdown(made).splitlines() if "| model | refused: " in line]
    assert "quote more lines | 0 |" in row
    assert "…" not in row
    out = io.StringIO()
    show(made, Console(file=out, width=300), "runs/demo")
    said = [line for line in out.getvalue().splitlines() if "TypeError" in line or "refused, 0 lines by model" in line]
    assert len(said) == 2
    for line in said:
        assert line.rstrip().endswith(" …")
        assert line.rstrip(" …").endswith(("an", "argument", "too", "many", "SEARCH", "stands", "in", "a", "place"))


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
    assert agreement(rows[:1]).startswith("1 number, ")


def test_what_the_model_did_not_get_of_the_paper_is_said():
    notes = ("left out: A Proofs (1,200 words)", "2 of 5 figures go along as images: Figure 1, Figure 2")
    text = as_markdown(report(paper_notes=notes))
    assert "## What the model read of the paper\n\n- left out: A Proofs (1,200 words)\n- 2 of 5 figures" in text
    assert "What the model read" not in as_markdown(report())


def test_a_change_of_the_form_of_edits_stands_in_the_report() -> None:
    said = "2 of 2 replies were malformed, so short files are asked for whole from now on"
    assert f"- Edits: {said}." in as_markdown(report(edit_notes=(said,)))


def test_the_committed_schema_is_the_report_s() -> None:
    committed = (Path(__file__).parents[3] / "docs" / "report.schema.json").read_text("utf-8")
    assert committed == schema() + "\n", "p2c repair --schema > docs/report.schema.json"


def test_the_report_tells_fixers_from_the_model_hunks_shares_and_edits_by_hand() -> None:
    lines = LinesModified(
        baseline_lines=200, baseline_python=100, net=LineCount(python=3), gross=LineCount(python=4),
        reduced=LineCount(python=2), by_hand=LineCount(other=7),
    )  # fmt: skip
    made = report(lines_modified=lines, reduction=Reduced(hunks_before=3, hunks_after=2, runs=4))
    assert (made.share, made.python_share) == (0.01, 0.02)
    assert (made.repair.rung_before, made.repair.rung_after, made.repair.model.accepted) == (3, 5, 1)
    text = as_markdown(made)
    assert "| lines modified, reduced | 2 (2 Python, 0 other); 2 of 3 hunks needed |" in text
    assert "| share of the generated | 1.00 % of 200 lines; 2.00 % of the 100 Python lines |" in text
    assert "| Python lines | 100 before repair, 2 after |" in text
    assert "2 lines modified (1.00 % of the generated lines, 2.00 % of the Python ones)." in text
    assert "| edited by hand | 7 (0 Python, 7 other) |" in text
    assert "| by the model | 1 accepted, 0 refused; 2 (2 Python, 0 other) |" in text


def test_the_documentation_of_the_report_names_every_field() -> None:
    text = (Path(__file__).parents[3] / "docs" / "report.md").read_text("utf-8")
    assert [name for name in Report.model_fields if f"`{name}" not in text and name != "schema_version"] == []
    assert [name for name in LinesModified.model_fields if f".{name}`" not in text] == []


@pytest.mark.parametrize(
    ("reduction", "said"),
    [
        (Reduced(unfinished="only what runs is reduced"), "not reduced: only what runs is reduced"),
        (Reduced(hunks_before=3, hunks_after=2, runs=4), "2 (2 Python, 0 other); 2 of 3 hunks needed"),
        (
            Reduced(hunks_before=14, hunks_after=9, is_minimal=False, unfinished="its 120 s were over"),
            "2 (2 Python, 0 other); 9 of 14 hunks left, not proven minimal: its 120 s were over",
        ),
    ],
)
def test_what_the_reduction_came_to_is_said_and_why_it_was_none(reduction: Reduced, said: str) -> None:
    assert f"| lines modified, reduced | {said} |" in as_markdown(report(reduction=reduction))


def test_of_no_lines_there_is_no_share() -> None:
    assert share_line(0.0, 0, 0.0, 0) == "none: there was no line that counts before"
    assert share_line(0.1, 10, 0.0, 0) == "10.00 % of 10 lines; none of them Python"


def test_why_it_ended_is_not_told_twice_for_another_run_took_other_seconds() -> None:
    said = "`python main.py` ended with exit status 0 in {} s, and again in a brand-new environment."
    seen = verdict(Rung.replays, Outcome.passed).model_copy(update={"summary": said.format("2.5")})
    assert "Why it ended" not in as_markdown(report(verdict=seen, ending_reason=said.format("6.8")))
    assert f"\n\n{seen.summary}\n\nBesides, this.\n" in as_markdown(
        report(verdict=seen, ending_reason=f"{seen.summary} Besides, this.")
    )
    assert "Why it ended: no money is left" in as_markdown(report(verdict=seen, ending_reason="no money is left"))


def test_calls_at_the_same_time_may_take_longer_than_the_run() -> None:
    assert "the model 30.0 s (calls at the same time added up) |" in as_markdown(report(model_seconds=30.0)).replace(
        "\\", ""
    )
    assert "added up" not in as_markdown(report(model_seconds=3.0))
