"""The replies that `make demo` runs on: answers to the prompts as they are, which pass every check at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from p2c.stages.reading import read_plan
from p2c.stages.view import view

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def demo(tmp_path: Path, p2c_command) -> Path:
    """The run folder of the demo, up to the code."""
    run = tmp_path / "run"
    paper, recorded = EXAMPLES / "paper.tex", EXAMPLES / "recorded"
    ran = p2c_command("generate", paper, "--recorded", recorded, "--until", "coding", "-o", run, "-q")
    assert ran.status == 0, ran.stderr
    return run


def test_each_reply_was_given_to_the_question_that_is_asked_and_nothing_is_found_wrong(demo: Path):
    events = [json.loads(line) for line in (demo / "journal.jsonl").read_text().splitlines()]
    assert [event["message"] for event in events if event["event"] == "note"] == []
    assert len([event for event in events if event["event"] == "call_finished"]) == len(
        list((EXAMPLES / "recorded").glob("*.md"))
    )


def test_its_plan_has_nothing_against_it_and_says_where_everything_comes_from(demo: Path):
    shown = view(*read_plan(demo))
    assert shown.problems == ()
    assert all(one.found for one in shown.claims)
    assert {source.kind for source in shown.config} == {"paper", "assumption", "smoke"}
    readme = (demo / "code/README.md").read_text()
    assert "| Algorithm 1 | `range_finder/algorithm.py` | `blocked_range_finder` |" in readme
    assert "not found" not in readme
    assert "not in the code" not in readme
