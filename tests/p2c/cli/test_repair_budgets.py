"""`p2c repair` with its budgets: several edits at once, what an end says, and the same command again."""

from __future__ import annotations

import importlib
import json
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

SMOKE = ("--smoke", "python main.py --smoke")


@pytest.fixture
def broken(tmp_path: Path, endpoint, no_sandbox, divides_by_zero, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that divides by zero; `p2c repair` is without an engine."""
    monkeypatch.setattr("p2c.cli.repair.connect", lambda: SimpleNamespace(close=lambda: None))
    monkeypatch.setattr("p2c.cli.repair.Sandbox", importlib.import_module("p2c.cli.generate").Sandbox)
    for path, text in endpoint.tiny.code.items():
        (tmp_path / "repo" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "repo" / path).write_text(text)
    return tmp_path / "repo"


def report(broken: Path) -> dict:
    return json.loads((broken.parent / "repo-repaired/report.json").read_text())


def test_several_edits_are_asked_for_at_the_same_time_and_shown_beside_each_other(broken, endpoint, p2c_command):
    together = threading.Barrier(2)

    def seen(_run: str, number: int) -> None:
        if number > 1:
            together.wait(10)  # the second and the third call are under way at the same time

    endpoint.seen = seen
    ran = p2c_command("repair", broken, *SMOKE, "--candidates", "3", endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    assert len(endpoint.prompts) == 3
    assert "attempt 2 (model, candidate 2 of 3)" in ran.stderr
    assert "accepted, 1 line by model, 1 of 3" in ran.stdout
    assert "refused, 1 line by model, 2 of 3: the very edit of attempt 1" in ran.stdout
    attempts = report(broken)["attempts"]
    assert [(one["candidate"], one["candidates"], one["accepted"]) for one in attempts] == [
        (2, 3, False),
        (3, 3, False),
        (1, 3, True),
    ]


def test_the_same_command_again_says_that_nothing_was_asked_this_time(broken, endpoint, p2c_command):
    first = p2c_command("repair", broken, *SMOKE, endpoint=endpoint)
    again = p2c_command("repair", broken, *SMOKE, endpoint=endpoint)
    assert len(endpoint.prompts) == 1
    assert "The model was asked nothing this time" not in first.stdout
    assert "The model was asked nothing this time; what the run has cost so far" in again.stdout


def test_a_budget_that_is_used_up_says_how_to_go_on_and_that_way_goes_on(broken, endpoint, p2c_command):
    right = endpoint.debug
    # its block is empty, in the first answer and in the corrected one
    endpoint.debug = "main.py\n<<<<<<< SEARCH\n=======\n>>>>>>> REPLACE\n"
    ended = p2c_command("repair", broken, *SMOKE, "--max-attempts", "1", endpoint=endpoint)
    assert ended.status == 1
    assert report(broken)["ending"] == "budget"
    assert "Why it ended: --max-attempts 1 is used up at: ZeroDivisionError" in ended.stdout
    assert "The same command with --max-attempts 2 goes on from here" in ended.stdout
    asked = len(endpoint.prompts)
    endpoint.debug = right
    more = p2c_command("repair", broken, *SMOKE, "--max-attempts", "2", endpoint=endpoint)
    assert more.status == 0, more.stderr
    assert len(endpoint.prompts) == asked + 1
    assert [one["accepted"] for one in report(broken)["attempts"]] == [False, True]
    log = [json.loads(line) for line in (broken.parent / "repo-repaired/journal.jsonl").read_text().splitlines()]
    assert [event["ending"] for event in log if event["event"] == "ended"] == ["budget", "verified"]


def test_time_that_is_over_says_that_what_was_reached_is_kept(broken, endpoint, p2c_command):
    ended = p2c_command("repair", broken, *SMOKE, "--max-minutes", "0", endpoint=endpoint)
    assert ended.status == 1
    assert endpoint.prompts == []
    assert "--max-minutes 0 are over at: ZeroDivisionError" in ended.stdout
    assert "the same command goes on from here" in ended.stdout


@pytest.mark.parametrize("count", ["0", "13"])
def test_a_number_of_candidates_that_makes_no_sense_is_bad_usage(broken, p2c_command, count):
    ran = p2c_command("repair", broken, "--candidates", count)
    assert ran.status == 2
    assert "1<=x<=12" in ran.stderr


@pytest.fixture
def interrupted_while_reducing(monkeypatch: pytest.MonkeyPatch, no_sandbox, tmp_path: Path) -> list[dict[str, dict]]:
    """Ctrl-C when the broken tree is run for the second time, once; gets the reports there were then, by folder."""
    from p2c.repair import sandboxed

    verify, found = sandboxed.verify, list[dict[str, dict]]()

    def run(tree, **told):
        before = [seen for seen, _ in no_sandbox]
        if not found and tree in before and b"enumerate(xs):" in tree.files["mean.py"]:
            files = tmp_path.glob("*/report.json")
            found.append({file.parent.name: json.loads(file.read_text()) for file in files})
            raise KeyboardInterrupt
        return verify(tree, **told)

    monkeypatch.setattr(sandboxed, "verify", run)
    return found


@pytest.mark.usefixtures("tiny_paper")
@pytest.mark.parametrize("words", [("repair", "repo", *SMOKE, "-o", "out"), ("generate", "paper.md", "-o", "out")])
def test_interrupted_while_it_reduces_a_repair_is_verified_and_the_same_command_reduces_it(
    broken, endpoint, p2c_command, interrupted_while_reducing, *, monkeypatch: pytest.MonkeyPatch, words
):
    monkeypatch.chdir(broken.parent)
    ran = p2c_command(*words, "--json", endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    assert "the same command goes on with it" in ran.stderr
    (first,) = interrupted_while_reducing
    assert first["out"]["verdict"]["outcome"] == "passed", "a kill would have left this report"
    assert "under way" in first["out"]["repair"]["reduction"]["unfinished"]
    assert "not proven minimal: it is under way" not in (broken.parent / "out/report.md").read_text()
    made = json.loads(ran.stdout)
    assert made == json.loads((broken.parent / "out/report.json").read_text())
    assert made["ending"] == "verified"
    assert "interrupted" in made["repair"]["reduction"]["unfinished"]
    assert "enumerate(xs, start=1)" in (broken.parent / "out/repository/mean.py").read_text()
    again = p2c_command(*words, "--json", endpoint=endpoint)
    reduction = json.loads(again.stdout)["repair"]["reduction"]
    assert (reduction["is_minimal"], reduction["unfinished"], reduction["runs"]) == (True, "", 1)
