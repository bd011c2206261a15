"""The whole flow, with scripted replies; the sandbox is stood in for where the test is not about it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import p2c.repair.sandboxed
from p2c.errors import BudgetExceeded
from p2c.model.fake import ScriptedModel
from p2c.paper.read import read_paper
from p2c.pipeline import STEPS, Run, run_pipeline
from p2c.repair.settings import RepairSettings
from p2c.report.summary import Report
from p2c.run.ahead import Ahead
from p2c.run.folder import RunFolder
from p2c.run.history import History
from p2c.stages.deadline import Deadline
from p2c.types import Ending
from sandbox.errors import EngineUnavailable
from sandbox.tree import Tree
from sandbox.verdict import Ended, EntryPoint, Failure, Outcome, Rung, SmokeRun, Step, Verdict

Generate = Callable[..., tuple[Report | None, ScriptedModel]]


def local_verify(
    tree: Tree, *, name: str, settings: Any, sandbox: Any, until: Rung, on_step: Any, **_told: Any
) -> Verdict:
    """The smoke run in a folder of its own: a stand-in for the ladder, for code that this test wrote itself."""
    folder = Path(sandbox.folder) / tree.digest()[:12]
    tree.write(folder)
    argv = [sys.executable, *settings.smoke.split()[1:]]
    ran = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    metrics = folder / settings.metrics_file
    passed = ran.returncode == 0
    on_step(Step(name="smoke", state="ok" if passed else "failed"))
    message = (ran.stderr.strip().splitlines() or [""])[-1]
    return Verdict(
        repository=name,
        tree=tree.digest(),
        rung=until if passed else Rung.starts,
        outcome=Outcome.passed if passed else Outcome.failed,
        summary="it ran" if passed else message,
        entry=EntryPoint(command=settings.smoke, source="plan"),
        smoke=SmokeRun(
            command=settings.smoke, ended=Ended.exited, exit_status=ran.returncode, seconds=0.1, cpu_seconds=0.1,
            peak_memory_bytes=1, stdout=ran.stdout, stderr=ran.stderr,
            metrics=json.loads(metrics.read_text()) if metrics.exists() else {},
        ),
        failure=None if passed else Failure(
            step="smoke", kind="exception", exception=message.partition(":")[0], message=message,
            file="mean.py", line=8, signature=message, evidence=ran.stderr,
        ),
    )  # fmt: skip


@pytest.fixture
def generate(tmp_path: Path, tiny, monkeypatch: pytest.MonkeyPatch) -> Generate:
    monkeypatch.setattr(p2c.repair.sandboxed, "verify", local_verify)
    (tmp_path / "paper.md").write_text(tiny.paper)
    box = SimpleNamespace(image=SimpleNamespace(id="image"), at_once=1, folder=tmp_path / "box")

    def go(until: str | None = None, *, minutes=None, sandbox: Any = None, script=tiny, **figures: bytes):
        model = ScriptedModel(script)
        opened = sandbox or Ahead(lambda: nullcontext(box))
        with RunFolder.open(tmp_path / "run") as folder, opened:
            run = Run(
                folder=folder,
                paper=read_paper(tmp_path / "paper.md"),
                figures=figures,
                model=Deadline(model, minutes),
                model_name="scripted",
                sandbox=opened,
                repair=RepairSettings(max_attempts=2),
            )
            return run_pipeline(run, until), model

    return go


def subjects(tmp_path: Path) -> list[str]:
    return [commit.subject for commit in History.create(tmp_path / "run/repository").log()]


def test_the_flow_can_be_read_in_one_tuple():
    assert [name for name, _ in STEPS] == ["paper", "planning", "analysis", "coding", "repair", "report"]


def test_a_paper_becomes_a_repository_that_ran_with_its_report(generate: Generate, tmp_path: Path):
    report, _ = generate()
    assert report is not None
    assert report.ending is Ending.verified
    assert report.comparison[0].reproduced == 5.0
    assert subjects(tmp_path) == ["Code as generated"]
    assert Verdict.model_validate_json((tmp_path / "run/verdict.json").read_text()).verified
    assert Report.model_validate_json((tmp_path / "run/report.json").read_text()) == report
    assert "mean of 1 to 9" in (tmp_path / "run/report.md").read_text()
    assert (tmp_path / "run/repository/reproduce.sh").stat().st_mode & 0o100


def test_an_answer_that_was_refused_is_counted_beside_its_step(generate: Generate, tiny, tmp_path: Path):
    tiny.replies["planning/architecture"] = tiny.architecture(files=["../evil.py", "main.py"])
    for _ in range(2):
        report, _ = generate()
        assert report is not None
        assert report.refused == {"planning/architecture": 1}
    assert Report.model_validate_json((tmp_path / "run/report.json").read_text()).refused == report.refused


def test_the_same_command_again_asks_nothing_runs_nothing_and_commits_nothing(
    generate: Generate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    generate()
    monkeypatch.setattr(p2c.repair.sandboxed, "verify", None)
    report, model = generate()
    assert report is not None
    assert report.verdict.verified
    assert model.asked == []
    assert subjects(tmp_path) == ["Code as generated"]


def test_code_that_fails_is_mended_and_the_story_is_in_git(generate: Generate, tiny, tmp_path: Path):
    good = tiny.code["mean.py"]
    tiny.code["mean.py"] = good.replace("/ n\n", "/ m\n")
    tiny.replies["debug/1"] = (
        "The name is `n`.\n\nmean.py\n<<<<<<< SEARCH\n        value += (x - value) / m\n=======\n"
        "        value += (x - value) / n\n>>>>>>> REPLACE\n"
    )
    report, _ = generate()
    assert report is not None
    assert report.ending is Ending.verified
    assert report.lines_modified.net.python == 1
    assert len(subjects(tmp_path)) == 2
    assert (tmp_path / "run/repository/mean.py").read_text() == good
    assert (tmp_path / "run/code/mean.py").read_text() != good
    again, model = generate()
    assert again is not None
    assert again.lines_modified == report.lines_modified
    assert [step for step, _ in model.asked] == ["debug/1"]  # which a real model serves from exchanges.jsonl
    assert len(subjects(tmp_path)) == 2


@pytest.mark.parametrize("stage", ["planning", "analysis", "coding"])
def test_it_stops_after_the_stage_asked_for(generate: Generate, tmp_path: Path, stage: str):
    report, _ = generate(until=stage)
    assert report is None
    there = [(tmp_path / "run" / name).exists() for name in ("plan/config.yaml", "analysis", "code", "repository")]
    assert there == {"planning": [1, 0, 0, 0], "analysis": [1, 1, 0, 0], "coding": [1, 1, 1, 0]}[stage]


def test_a_configuration_edited_after_planning_is_what_runs(generate: Generate, tmp_path: Path):
    generate(until="planning")
    config = tmp_path / "run/plan/config.yaml"
    config.write_text(config.read_text() + "verbose: false\n")
    _, model = generate()
    assert not any(step.startswith("planning") for step, _ in model.asked)
    assert (tmp_path / "run/repository/config.yaml").read_text() == config.read_text()


def test_a_paper_mended_by_hand_is_what_the_model_reads(generate: Generate, tmp_path: Path):
    generate(until="planning", **{"figure-1.png": b"\x89PNG"})
    assert (tmp_path / "run/paper/figures/figure-1.png").read_bytes() == b"\x89PNG"
    paper = tmp_path / "run/paper/paper.md"
    paper.write_text(paper.read_text().replace("running update", "numerically stable running update"))
    _, model = generate(until="planning", **{"figure-1.png": b"\x89PNG"})
    assert model.asked[0][0] == "planning/overview"
    assert "numerically stable running update" in model.asked[0][1][1].content


def test_a_missing_engine_is_said_before_more_is_asked(generate: Generate):
    @contextmanager
    def opening():
        raise EngineUnavailable("no Docker engine answers")
        yield

    with pytest.raises(EngineUnavailable):
        generate(sandbox=Ahead(opening))


def test_the_time_that_is_up_stops_the_asking_and_says_so(generate: Generate, tmp_path: Path):
    with pytest.raises(BudgetExceeded, match=r"planning/overview: .*--max-minutes"):
        generate(minutes=0)
    assert (tmp_path / "run/paper/paper.md").exists()


def test_an_interrupt_at_any_call_loses_no_answer_and_repeats_none(generate: Generate, tiny):
    stopped: set[str] = set()
    answered: list[str] = []

    def script(step, messages):
        if step not in stopped:
            stopped.add(step)
            raise KeyboardInterrupt
        answered.append(step)
        return tiny(step, messages)

    for _ in range(12):
        try:
            report, _ = generate(script=script)
            break
        except KeyboardInterrupt:
            continue
    assert report is not None
    assert report.ending is Ending.verified
    assert len(answered) == len(set(answered)) == 10
