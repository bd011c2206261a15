"""The table of judged repositories is sound, and a verdict is held against it as its text says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks.outcomes import CASES, Case, Expected, find_tree, read_cases, table, wrong
from sandbox.verdict import Failure, Missing, Outcome, Rung, Verdict

ALL = read_cases(CASES)


def _verdict(outcome: Outcome, rung: Rung = Rung.starts, **more: object) -> Verdict:
    return Verdict.model_validate(
        {"repository": "x", "tree": "0", "rung": rung, "outcome": outcome, "summary": "s", **more}
    )


def _failure(file: str, line: int) -> Failure:
    return Failure(
        step="smoke", kind="exception", exception="KeyError", message="m", file=file, line=line, signature="s"
    )


def test_there_are_enough_cases_of_every_kind_and_enough_that_were_held_out() -> None:
    assert len(ALL) >= 40
    assert sum(case.held_out for case in ALL) >= 15
    assert len({case.name for case in ALL}) == len(ALL)
    judged = {case.outcome for case in ALL}
    assert judged >= {
        Outcome.passed,
        Outcome.survived,
        Outcome.failed,
        Outcome.blocked,
        Outcome.exhausted,
        Outcome.vacuous,
    }


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_each_case_says_where_it_lies_what_is_expected_and_why(case: Case) -> None:
    assert len(case.commit) == 40
    assert case.repository.count("/") == 1
    assert case.folder
    assert case.reason
    assert (case.depends is None) == (case.otherwise is None)
    assert case.rung is None or case.rung in Rung.__members__
    assert (case.outcome is Outcome.blocked) == (case.missing is not None)


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ({"outcome": "blocked"}, []),
        ({"outcome": "blocked", "missing": "data", "what": "train.csv", "rung": "starts"}, []),
        ({"outcome": "failed", "line": 4}, ["outcome: blocked", "line: 3"]),
        ({"outcome": "blocked", "missing": "gpu"}, ["missing: data data/train.csv"]),
        ({"outcome": "blocked", "missing": "data", "what": "test.csv"}, ["missing: data data/train.csv"]),
        ({"outcome": "blocked", "exception": "ValueError", "file": "b.py"}, ["exception: KeyError", "file: a.py"]),
    ],
)
def test_a_verdict_is_right_where_it_says_all_that_is_judged(expected: dict[str, object], said: list[str]) -> None:
    missing = (Missing(kind="data", what="data/train.csv", evidence=""),)
    verdict = _verdict(Outcome.blocked, failure=_failure("a.py", 3), missing=missing)
    assert wrong(verdict, Expected.model_validate(expected)) == said


def test_what_depends_on_a_display_is_judged_otherwise_without_one() -> None:
    case = next(one for one in ALL if one.depends == "display" and one.outcome is Outcome.survived)
    assert case.expected(()).outcome is Outcome.survived
    assert case.expected(("display",)).outcome is Outcome.blocked
    assert case.expected(("torchvision",)).outcome is Outcome.survived


def test_the_table_counts_judgements_by_verdicts() -> None:
    text = table(
        [(Outcome.failed, Outcome.failed), (Outcome.failed, Outcome.blocked), (Outcome.blocked, Outcome.blocked)]
    )
    assert [line.split() for line in text.splitlines()] == [
        ["judged", "\\", "verdict", "failed", "blocked"],
        ["failed", "1", "1"],
        ["blocked", "-", "1"],
    ]


def test_a_case_is_found_as_a_folder_of_its_name_or_in_a_git_directory(tmp_path: Path) -> None:
    work = tmp_path / "source"
    (work / "out" / "repo").mkdir(parents=True)
    (work / "out" / "repo" / "main.py").write_text("print(1)\n")
    git = ["git", "-C", str(work), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *command], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    work.rename(tmp_path / "owner+name")
    case = ALL[0].model_copy(update={"repository": "owner/name", "commit": commit, "folder": "out/repo"})
    found = find_tree(case, [tmp_path])
    assert found is not None
    assert list(found.files) == ["main.py"]
    single = find_tree(case.model_copy(update={"folder": "out/repo/main.py"}), [tmp_path])
    assert single is not None
    assert list(single.files) == ["main.py"]
    assert find_tree(case.model_copy(update={"commit": "0" * 40}), [tmp_path]) is None
    (tmp_path / case.name).mkdir()
    (tmp_path / case.name / "app.py").write_text("")
    by_name = find_tree(case, [tmp_path])
    assert by_name is not None
    assert list(by_name.files) == ["app.py"]
