"""`--max-cost`: one that cannot be held is refused at once; what was paid by a run that it ended is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from p2c.cli import main

PAPER = "# A paper\n\n## Abstract\n\nWe add numbers.\n\n## Method\n\n" + "The sum of two numbers is their sum. " * 40


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-local")
    monkeypatch.delenv("P2C_PRICE", raising=False)


def ends_with(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


@pytest.mark.usefixtures("nowhere")
def test_generate_refuses_it_and_makes_no_run_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paper, run = tmp_path / "paper.md", tmp_path / "run"
    paper.write_text(PAPER)
    options = ["-o", str(run), "--model", "local", "--until", "planning", "--max-cost", "1"]
    assert ends_with(["generate", str(paper), *options]) == 2
    said = capsys.readouterr().err
    assert "--max-cost cannot hold: the price of local at http://127.0.0.1:9/v1 is not known" in said
    assert "P2C_PRICE" in said
    assert not run.exists()


@pytest.mark.usefixtures("nowhere")
def test_repair_refuses_it_and_makes_no_run_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo, run = tmp_path / "repo", tmp_path / "run"
    repo.mkdir()
    (repo / "main.py").write_text("print(1)\n")
    assert ends_with(["repair", str(repo), "-o", str(run), "--model", "local", "--max-cost", "1"]) == 2
    assert "--max-cost cannot hold" in capsys.readouterr().err
    assert not run.exists()


def test_a_run_that_it_ends_shows_what_was_paid_and_for_what(
    tmp_path: Path, tiny_paper: Path, endpoint: Any, p2c_command: Callable[..., Any]
) -> None:
    price = {"P2C_PRICE": "0,100", "P2C_MAX_REPLY_TOKENS": "100"}  # a cent at most, a tenth of it in truth
    said = ("--until", "coding", "--max-cost", "0.0125")
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", *said, endpoint=endpoint, **price)
    assert ran.status == 1
    row = next(line for line in ran.stderr.splitlines() if "│ planning" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["planning", "3", "300", "0.0 %", "30", "$0.0030"]
    assert "planning/config: the next call could cost up to $0.0100; with $0.0030 spent" in ran.stderr
