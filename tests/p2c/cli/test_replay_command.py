"""`p2c replay`: the repository again, byte for byte, from what the run folder holds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from p2c.run.folder import RunFolder
from p2c.run.history import History
from sandbox.tree import Tree


@pytest.fixture
def run(tmp_path: Path, tiny_paper: Path, endpoint, p2c_command, no_sandbox) -> Path:
    """A finished run."""
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    return tmp_path / "run"


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = (p for p in folder.rglob("*") if p.is_file() and ".git" not in p.relative_to(folder).parts)
    return {str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mode & 0o111) for p in files}


def test_it_rebuilds_the_repository_in_a_new_folder_and_asks_nobody(run: Path, tmp_path: Path, endpoint, p2c_command):
    asked, before = len(endpoint.prompts), contents(run)
    ran = p2c_command("replay", run, "--to", tmp_path / "again")
    assert ran.status == 0, ran.stderr
    assert f"Rebuilt in {tmp_path / 'again'}" in ran.stdout
    assert contents(tmp_path / "again") == contents(run / "repository")
    assert [c.message for c in History.create(tmp_path / "again").log()] == [
        c.message for c in History.create(run / "repository").log()
    ]
    assert len(endpoint.prompts) == asked
    after = contents(run)
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} <= {".holder"}
    status = subprocess.run(
        ["git", "-C", tmp_path / "again", "status", "--porcelain"], capture_output=True, text=True, check=True
    )
    assert status.stdout == ""


def test_everything_but_the_replies_may_be_gone(run: Path, p2c_command):
    expected = contents(run / "repository")
    for name in ("repository", "plan", "analysis", "code"):
        shutil.rmtree(run / name)
    ran = p2c_command("replay", run)
    assert ran.status == 0, ran.stderr
    assert contents(run / "repository") == expected
    assert not (run / "code").exists()


def test_the_replies_may_be_gone_where_the_files_are_there(run: Path, tmp_path: Path, p2c_command):
    (run / "exchanges.jsonl").unlink()
    ran = p2c_command("replay", run, "--to", tmp_path / "again")
    assert ran.status == 0, ran.stderr
    assert contents(tmp_path / "again") == contents(run / "repository")


def test_without_both_it_says_what_is_missing(run: Path, p2c_command):
    (run / "exchanges.jsonl").unlink()
    (run / "code/mean.py").unlink()
    shutil.rmtree(run / "repository")
    ran = p2c_command("replay", run)
    assert ran.status == 2
    assert "cannot be rebuilt: coding was not finished, or its replies are gone" in ran.stderr
    assert not (run / "repository").exists()


def test_a_reply_that_was_changed_is_not_taken_for_the_one_that_was_given(run: Path, p2c_command):
    (run / "code/mean.py").unlink()
    path = run / "exchanges.jsonl"
    path.write_text(path.read_text().replace("value += (x - value) / n", "value = 5.0"))
    ran = p2c_command("replay", run)
    assert ran.status == 2
    assert "cannot be rebuilt byte for byte: code/mean.py" in ran.stderr


def test_what_is_there_and_the_same_is_said_to_be(run: Path, p2c_command):
    (run / "repository/results").mkdir()
    (run / "repository/results/metrics.json").write_text("{}")
    ran = p2c_command("replay", run, "--json")
    assert ran.status == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["finished"], told["written"], told["edited"], told["missing"]) == (True, False, [], [])
    assert told["besides"] == ["results/metrics.json"]
    assert (
        told["tree"]
        == History.create(run / "repository").tree(History.create(run / "repository").log()[-1].sha).digest()
    )


def test_what_a_killed_replay_left_is_swept_away_by_the_next(run: Path, p2c_command):
    expected = contents(run / "repository")
    (run / "repository").rename(run / ".repository.making")
    (run / ".repository.making/mean.py").write_text("def mean(xs")
    ran = p2c_command("replay", run)
    assert ran.status == 0, ran.stderr
    assert contents(run / "repository") == expected
    assert sorted(path.name for path in run.iterdir() if "repository" in path.name) == ["repository"]


def test_what_was_edited_by_hand_is_named_and_never_written_over(run: Path, p2c_command):
    repository = run / "repository"
    (repository / "mean.py").write_text("mine\n")
    (repository / "data/loader.py").unlink()
    (repository / "reproduce.sh").chmod(0o644)
    before = contents(repository)
    ran = p2c_command("replay", run)
    assert ran.status == 1
    assert f"Edited in {repository}: mean.py, reproduce.sh\n" in ran.stdout
    assert f"Missing in {repository}: data/loader.py\n" in ran.stdout
    assert "Nothing was written" in ran.stdout
    assert contents(repository) == before


def test_an_edited_configuration_goes_into_it_and_is_said(run: Path, tmp_path: Path, p2c_command):
    config = run / "plan/config.yaml"
    config.write_text(config.read_text() + "verbose: false\n")
    ran = p2c_command("replay", run, "--to", tmp_path / "again")
    assert ran.status == 0, ran.stderr
    assert "Edited by hand in the run folder, and taken as it is: plan/config.yaml" in ran.stdout
    assert (tmp_path / "again/config.yaml").read_text() == config.read_text()


def test_a_run_that_stopped_before_the_sandbox_is_rebuilt_as_generated(
    tmp_path: Path, tiny_paper: Path, endpoint, p2c_command, run: Path
):
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "short", "--until", "coding", endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    rebuilt = p2c_command("replay", tmp_path / "short", "--to", tmp_path / "again")
    assert rebuilt.status == 0, rebuilt.stderr
    assert "The run has not come to its end" in rebuilt.stdout
    assert contents(tmp_path / "again") == contents(run / "repository")
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "shorter", "--until", "planning", endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    ran = p2c_command("replay", tmp_path / "shorter", "--to", tmp_path / "not")
    assert ran.status == 2
    assert "cannot be rebuilt" in ran.stderr
    assert not (tmp_path / "not").exists()


def test_a_folder_of_something_else_and_one_in_use_are_refused(run: Path, tmp_path: Path, p2c_command):
    ran = p2c_command("replay", tmp_path)
    assert ran.status == 2
    assert "is no run folder" in ran.stderr
    with RunFolder.open(run):
        ran = p2c_command("replay", run)
    assert ran.status == 2
    assert "is in use by process" in ran.stderr
    (tmp_path / "file").write_text("x")
    assert p2c_command("replay", run, "--to", tmp_path / "file").status == 2
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.tex").write_text("mine")
    ran = p2c_command("replay", run, "--to", tmp_path / "mine")
    assert ran.status == 2
    assert "mine is not empty and holds nothing of the run; name a new or an empty folder" in ran.stderr
    assert contents(tmp_path / "mine").keys() == {"thesis.tex"}


@pytest.mark.usefixtures("divides_by_zero")
def test_a_repaired_run_is_rebuilt_with_its_edits(tmp_path: Path, request: pytest.FixtureRequest, p2c_command):
    run = request.getfixturevalue("run")
    ran = p2c_command("replay", run, "--to", tmp_path / "again")
    assert ran.status == 0, ran.stderr
    assert contents(tmp_path / "again") == contents(run / "repository")
    log = History.create(tmp_path / "again").log()
    assert [c.subject for c in log] == [c.subject for c in History.create(run / "repository").log()]
    assert len(log) == 2
    assert b"start=1" in Tree.read(tmp_path / "again").files["mean.py"]


@pytest.mark.usefixtures("divides_by_zero", "no_sandbox")
def test_a_repair_whose_reduction_was_cut_short_lacks_nothing(
    tmp_path: Path, tiny_paper: Path, endpoint, p2c_command, monkeypatch: pytest.MonkeyPatch
):
    import p2c.repair.sandboxed

    line = "        return [float(i) for i in range(1, n + 1)]\n"
    longer = line.replace("return ", "numbers = ") + "        return numbers\n"
    endpoint.debug += f"\ndata/loader.py\n<<<<<<< SEARCH\n{line}=======\n{longer}>>>>>>> REPLACE\n"
    verify = p2c.repair.sandboxed.verify

    def interrupted(tree: Tree, **told):
        if b"start=1" in tree.files["mean.py"] and b"numbers =" not in tree.files["data/loader.py"]:
            raise KeyboardInterrupt
        return verify(tree, **told)

    monkeypatch.setattr(p2c.repair.sandboxed, "verify", interrupted)
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    assert "interrupted" in ran.stdout
    ran = p2c_command("replay", tmp_path / "run", "--to", tmp_path / "again")
    assert ran.status == 0, ran.stderr
    assert contents(tmp_path / "again") == contents(tmp_path / "run" / "repository")
    assert b"numbers =" in Tree.read(tmp_path / "again").files["data/loader.py"]
    assert "it may lack the repairs" not in ran.stdout


@pytest.mark.usefixtures("divides_by_zero")
def test_without_the_verdicts_it_does_not_pass_off_the_code_before_its_repair(
    tmp_path: Path, request: pytest.FixtureRequest, p2c_command
):
    run = request.getfixturevalue("run")
    shutil.rmtree(run / "verdicts")
    ran = p2c_command("replay", run, "--to", tmp_path / "again")
    assert ran.status == 2
    assert f"{run} cannot be rebuilt byte for byte: what the sandbox said of the code is missing in" in ran.stderr
    assert not (tmp_path / "again").exists()


@pytest.mark.usefixtures("divides_by_zero")
def test_edited_code_that_no_sandbox_has_seen_is_rebuilt_and_said_to_be_so(
    tmp_path: Path, request: pytest.FixtureRequest, p2c_command
):
    run = request.getfixturevalue("run")
    with (run / "code/mean.py").open("a") as code:
        code.write("# mine\n")
    ran = p2c_command("replay", run, "--to", tmp_path / "again")
    assert ran.status == 0, ran.stderr
    assert "The sandbox has said nothing of this code that is kept: it may lack the repairs" in ran.stdout
    assert (tmp_path / "again/mean.py").read_text().endswith("# mine\n")


def test_what_is_wrong_is_named_where_it_lies_in_the_run_and_not_in_a_copy(run: Path, p2c_command):
    (run / "run.json").write_text("{")
    ran = p2c_command("replay", run)
    assert ran.status == 2
    assert f"{run}/run.json is damaged, or of a newer p2c" in ran.stderr
    (run / "run.json").write_text('{"layout": "1"}')
    (run / "steps.json").write_text('{"paper": {"key": 5}}')
    ran = p2c_command("replay", run)
    assert f"{run}/steps.json is damaged (key: Input should be a valid string); delete it" in ran.stderr


@pytest.mark.parametrize(("number", "status", "said"), [(13, 2, "permission denied"), (28, 3, "the disk is full")])
def test_a_file_that_cannot_be_copied_is_named(
    run: Path, p2c_command, monkeypatch: pytest.MonkeyPatch, *, number: int, status: int, said: str
):
    copy = shutil.copy2

    def failing(source: str, target: str) -> None:
        if source.endswith("loader.py"):
            raise OSError(number, os.strerror(number), source)
        copy(source, target)

    monkeypatch.setattr(shutil, "copy2", failing)
    ran = p2c_command("replay", run)
    assert ran.status == status
    assert ran.stderr.startswith(f"Error: cannot copy {run}/code/data/loader.py: {said}")


def test_a_pipe_in_the_run_folder_is_named_and_not_waited_for(run: Path, p2c_command):
    os.mkfifo(run / "plan/pipe")
    ran = p2c_command("replay", run)
    assert ran.status == 2
    assert f"cannot copy {run}/plan/pipe" in ran.stderr
