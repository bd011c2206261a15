"""Costs by stage and by step: what was asked again belongs to its step, and what is unknown is said to be."""

from __future__ import annotations

import io

from rich.console import Console

from p2c.report.costs import STEP_HEAD, by_stage, by_step, refused_by_step, show, step_row
from p2c.types import Usage

USAGE = {
    "planning/overview": Usage(calls=1, prompt_tokens=1000, reply_tokens=100, cost_usd=0.01),
    "analysis/a.py": Usage(calls=1, prompt_tokens=2000, cached_tokens=1024, reply_tokens=50, cost_usd=0.02),
    "analysis/a.py/again": Usage(calls=1, prompt_tokens=2100, cached_tokens=2048, reply_tokens=50, cost_usd=0.004),
    "coding/a.py": Usage(calls=1, prompt_tokens=3000, cached_tokens=2944, reply_tokens=200, cost_usd=0.03),
}


def shown(usage: dict[str, Usage], **options: bool) -> str:
    stream = io.StringIO()
    show(usage, Console(file=stream, width=120, force_terminal=False), **options)
    return stream.getvalue()


def test_stages_come_in_the_order_of_the_run_with_their_sum_at_the_end() -> None:
    costs = by_stage(USAGE)
    assert [cost.stage for cost in costs] == ["planning", "analysis", "coding", "all"]
    assert (costs[1].calls, costs[1].prompt_tokens, costs[1].cached_tokens) == (2, 4100, 3072)
    assert costs[-1].cost_usd is not None
    assert round(costs[-1].cost_usd, 6) == 0.064
    assert costs[-1].cached_share == round(6016 / 8100, 4)


def test_what_was_asked_again_is_part_of_its_step() -> None:
    assert [(cost.stage, cost.calls) for cost in by_step(USAGE)] == [
        ("planning/overview", 1), ("analysis/a.py", 2), ("coding/a.py", 1),
    ]  # fmt: skip


def test_a_run_that_asked_nothing_has_no_table() -> None:
    assert by_stage({}) == ()
    assert shown({}) == ""


def test_the_terminal_shows_calls_tokens_cached_share_and_dollars() -> None:
    line = next(line for line in shown(USAGE).splitlines() if "analysis" in line)
    assert [cell.strip() for cell in line.strip("│ ").split("│")] == [
        "analysis", "2", "4,100", "74.9 %", "100", "$0.0240",
    ]  # fmt: skip
    assert "P2C_PRICE" not in shown(USAGE)


def test_an_unknown_price_is_said_with_what_sets_it_but_not_for_recorded_replies() -> None:
    unknown = {"coding/a.py": Usage(calls=1, prompt_tokens=10, reply_tokens=1, cost_usd=None)}
    assert "unknown" in shown(unknown)
    assert "P2C_PRICE" in shown(unknown)
    assert "P2C_PRICE" not in shown(unknown, is_recorded=True)


def test_answers_that_were_refused_count_by_step_and_the_same_one_once_in_all_processes() -> None:
    first = {"event": "answer_refused", "step": "analysis/a.py", "reason": "it is empty"}
    second = {**first, "step": "analysis/a.py/again"}
    other = {**first, "step": "coding/a.py"}
    refused = refused_by_step([first, second, {"event": "note", "message": "x"}, dict(first), other])
    assert refused == {"analysis/a.py": 2, "coding/a.py": 1}
    rows = [dict(zip(STEP_HEAD, step_row(cost, refused), strict=True)) for cost in by_step(USAGE)]
    assert [(row["step"], row["calls"], row["refused"]) for row in rows] == [
        ("planning/overview", "1", "-"), ("analysis/a.py", "2", "2"), ("coding/a.py", "1", "1"),
    ]  # fmt: skip


def test_a_process_that_asked_nothing_says_so_above_what_the_run_has_cost() -> None:
    assert shown(USAGE, asked=False).startswith("The model was asked nothing this time")
    assert "analysis" in shown(USAGE, asked=False)
    assert "asked nothing" not in shown(USAGE)
