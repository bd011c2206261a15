"""`p2c plan` as a user runs it: planning over a real endpoint, or a run folder as it stands, without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from p2c.cli import main


@pytest.fixture
def paper(tmp_path: Path, tiny) -> Path:
    (tmp_path / "paper.md").write_text(tiny.paper)
    return tmp_path / "paper.md"


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """The command in this process: its exit status, what it printed, what it said beside."""

    def run(*words: str | Path, endpoint=None) -> tuple[int, str, str]:
        for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "P2C_MODEL"):
            monkeypatch.delenv(name, raising=False)
        if endpoint is not None:
            monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
            monkeypatch.setenv("OPENAI_API_KEY", "none")
            monkeypatch.setenv("P2C_MODEL", "tiny")
        with pytest.raises(SystemExit) as ended:
            main(["plan", *map(str, words)])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


def test_a_paper_is_planned_and_the_plan_is_shown(plan, endpoint, paper: Path, tmp_path: Path):
    status, out, _ = plan(paper, "-o", tmp_path / "run", endpoint=endpoint)
    assert status == 0
    assert f"p2c generate with -o {tmp_path / 'run'}, without --until, goes on from there." in out
    for line in (
        "layer 1 (2 files)",
        "layer 2 (1 file)",
        "  main.py  <- data/loader.py, mean.py",
        "runs     python main.py --smoke",
        "Section 1: the running update -> mean.py: mean",
        "data.n       = 9  [from the paper: Section 2]",
        "numerics.eps = 1.0e-9  [assumption: small]",
        "classDiagram",
        "sequenceDiagram",
        "nothing of its text; of figures it has the captions, and the pictures where --figures was given",
        "nothing against it",
    ):
        assert line in out
    assert len(endpoint.prompts) == 4


def test_a_run_folder_is_shown_as_it_stands_without_a_model(plan, endpoint, paper: Path, tmp_path: Path):
    run = tmp_path / "run"
    plan(paper, "-o", run, "-q", endpoint=endpoint)
    config, diagram = run / "plan/config.yaml", run / "plan/class_diagram.mmd"
    config.write_text(config.read_text().replace("n: 9  # Section 2", "n: 10  # Section 2", 1))
    diagram.write_text("classDiagram\n    class A {\n")
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    status, out, _ = plan(run)
    assert status == 0
    assert "data.n       = 10  [NOT FOUND in the paper: Section 2]" in out
    assert "the class diagram line 2 opens braces that nothing closes" in out
    assert "config.yaml: data.n is not what the paper says there: 10 does not occur in Section 2" in out
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_what_was_edited_is_held_against_all_checks(plan, endpoint, paper: Path, tmp_path: Path):
    run = tmp_path / "run"
    plan(paper, "-o", run, "-q", endpoint=endpoint)
    logic = json.loads((run / "plan/logic.json").read_text())
    logic["packages"] = ["numpy", "nunpy @ https://files.example/x.whl"]
    logic["smoke"] = {"command": "python other.py", "metrics_file": "results/metrics.txt"}
    (run / "plan/logic.json").write_text(json.dumps(logic))
    _, out, _ = plan(run)
    for line in (
        "names a URL; name the distribution alone",
        "the smoke command 'python other.py' runs none of the planned files",
        "the metrics file results/metrics.txt must end in .json",
    ):
        assert line in out


def test_as_json_it_is_one_object(plan, endpoint, paper: Path, tmp_path: Path):
    status, out, _ = plan(paper, "-o", tmp_path / "run", "--json", endpoint=endpoint)
    shown = json.loads(out)
    assert status == 0
    assert [(file["path"], file["layer"]) for file in shown["files"]] == [
        ("data/loader.py", 1),
        ("mean.py", 1),
        ("main.py", 2),
    ]
    assert {source["key"]: source["kind"] for source in shown["config"]} == {
        "data.n": "paper",
        "numerics.eps": "assumption",
        "smoke.data.n": "smoke",
    }
    assert shown["claims"][0]["found"] is True
    assert shown["problems"] == []


def test_what_was_left_out_of_the_paper_is_shown(plan, endpoint, paper: Path, tmp_path: Path):
    run = tmp_path / "run"
    plan(paper, "-o", run, "-q", endpoint=endpoint)
    read = run / "paper/for_model.md"
    read.write_text(read.read_text() + "\n## References\n\n> [This section (1,200 words) was left out.]\n")
    _, out, _ = plan(run)
    assert "References: This section (1,200 words) was left out." in out


def test_a_folder_whose_planning_has_not_ended_says_how_to_go_on(plan, endpoint, paper: Path, tmp_path: Path):
    run = tmp_path / "run"
    plan(paper, "-o", run, "-q", endpoint=endpoint)
    (run / "plan/config.yaml").unlink()
    status, _, err = plan(run)
    assert status == 2
    assert "has no plan/config.yaml: its planning has not come to its end. Go on with: p2c plan PAPER -o" in err


def test_a_paper_without_a_folder_for_the_run_is_asked_for_one(plan, paper: Path):
    status, _, err = plan(paper)
    assert status == 2
    assert "name a folder for the run: -o runs/NAME" in err
