"""`p2c generate --figures`: a model that sees gets the paper's figures; without the option nothing changes."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest

from p2c.cli import main

PAPER = r"""\documentclass{article}
\title{Means of few numbers}
\begin{document}
\begin{abstract}We study the mean of a list of numbers, which is a good summary of them.\end{abstract}
\section{Method}
The mean of $x_1, ..., x_n$ is $\frac{1}{n} \sum_i x_i$. We compute it by a running update.
\begin{figure}\includegraphics{overview}\caption{Overview of the method.}\end{figure}
\section{Experiments}
On the numbers 1 to 9 we obtain a mean of 5.0 (Table 1).
\begin{figure}\includegraphics{old.eps}\caption{Results.}\end{figure}
\end{document}
"""


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "main.tex").write_text(PAPER)
    (folder / "old.eps").write_text("%!PS")
    pymupdf.Pixmap(pymupdf.csRGB, 2000, 500, bytes(3_000_000), 0).save(folder / "overview.png")
    return folder


@pytest.fixture
def plan(endpoint, tmp_path: Path, paper: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Runs the command up to the plan, in this process; returns the run folder."""
    for name in [one for one in os.environ if one.startswith(("OPENAI_", "P2C_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*words: str, to: str = "run") -> Path:
        with pytest.raises(SystemExit) as ended:
            main(["generate", str(paper), "-o", str(tmp_path / to), "--model", "tiny", "--until", "planning", *words])
        assert not ended.value.code
        return tmp_path / to

    return run


def test_the_figures_go_along_with_the_paper_as_small_images(plan, endpoint):
    plan("--figures")
    for prompt in map(json.loads, endpoint.prompts):
        label, picture, text = prompt[1]["content"]
        assert label["text"].splitlines()[1] == "Figure 1: Overview of the method."
        kind, _, data = picture["image_url"]["url"].partition(",")
        shown = pymupdf.Pixmap(base64.b64decode(data))
        assert (kind, shown.width, shown.height) == ("data:image/png;base64", 1024, 256)
        assert "Figure 1: PNG, 1024 by 256 pixels" in text["text"]
    assert len(endpoint.prompts) >= 4


def test_people_are_told_what_is_shown_and_what_is_not(plan, capsys: pytest.CaptureFixture[str]):
    plan("--figures")
    said = capsys.readouterr().err
    assert "1 of 2 figures go along as images: Figure 1" in said
    assert "without a picture that could be taken from the paper: Figure 2" in said


def test_without_the_option_prompts_are_text_and_people_are_told_what_the_model_does_not_see(
    plan, endpoint, capsys: pytest.CaptureFixture[str]
):
    plan()
    said = " ".join(capsys.readouterr().err.split())
    assert "the model reads the captions of 2 figures and sees none (Figure 1, Figure 2); --figures shows" in said
    assert all(isinstance(message["content"], str) for prompt in endpoint.prompts for message in json.loads(prompt))


def test_the_same_command_again_asks_nothing_and_the_option_asks_anew(plan, endpoint):
    plan("--figures")
    asked = len(endpoint.prompts)
    plan("--figures")
    assert len(endpoint.prompts) == asked
    plan()
    assert len(endpoint.prompts) == 2 * asked


def test_what_was_asked_with_figures_is_recorded_and_replayed(plan, endpoint, tmp_path: Path):
    folder = plan("--figures")
    asked = len(endpoint.prompts)
    plan("--figures", "--recorded", str(folder / "exchanges.jsonl"), to="again")
    assert len(endpoint.prompts) == asked
    one, two = ((tmp_path / name / "plan/overview.md").read_text() for name in ("run", "again"))
    assert one == two
