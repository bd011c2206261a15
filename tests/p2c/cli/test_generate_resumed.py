"""What may have changed when a run goes on: said in one message, with its exit status, and nothing is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from p2c import prompts
from p2c.run.folder import RunFolder


@pytest.fixture
def planned(tmp_path: Path, tiny_paper: Path, endpoint, p2c_command) -> Path:
    """A run that stopped after planning."""
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", "--until", "planning", endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    return tmp_path / "run"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_changed_paper_is_refused_with_both_ways_on_and_nothing_is_touched(
    planned: Path, tiny_paper: Path, endpoint, p2c_command
):
    before, asked = contents(planned), len(endpoint.prompts)
    tiny_paper.write_text(tiny_paper.read_text().replace("good summary", "fine summary"))
    ran = p2c_command("generate", tiny_paper, "-o", planned, "--until", "coding", endpoint=endpoint)
    assert ran.status == 2
    assert 'holds the run of "Means of few numbers"' in ran.stderr
    assert "another paper or it has changed since" in ran.stderr
    assert "edit its paper/paper.md" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    after = contents(planned)
    assert {name: text for name, text in after.items() if name != ".holder"} == {
        name: text for name, text in before.items() if name != ".holder"
    }
    assert len(endpoint.prompts) == asked


def test_another_model_goes_on_with_what_is_finished_and_that_is_said(
    planned: Path, tiny_paper: Path, endpoint, p2c_command
):
    asked = len(endpoint.prompts)
    ran = p2c_command("generate", tiny_paper, "-o", planned, "--model", "other", "--until", "coding", endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    assert "until now this run asked tiny, now it asks other: what is finished stays" in ran.stderr
    models = [json.loads(line)["model"] for line in (planned / "exchanges.jsonl").read_text().splitlines()]
    assert models == ["tiny"] * asked + ["other"] * (len(endpoint.prompts) - asked)
    again = p2c_command(
        "generate", tiny_paper, "-o", planned, "--model", "other", "--until", "coding", endpoint=endpoint
    )
    assert "until now" not in again.stderr


def test_other_prompts_make_their_steps_anew_and_that_is_said_first(
    planned: Path, tiny_paper: Path, endpoint, p2c_command, monkeypatch: pytest.MonkeyPatch
):
    (planned / "plan/overview.md").write_text("My own plan.\n")
    render = prompts.render
    monkeypatch.setattr(prompts, "digest", lambda: "other")
    monkeypatch.setattr(
        "p2c.stages.planning.render",
        lambda name, **values: render(name, **values) + ("\nBe brief.\n" if name == "planning_overview" else ""),
    )
    ran = p2c_command("generate", tiny_paper, "-o", planned, "--until", "planning", endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    assert ran.stderr.index("has other prompts than the one that this run began with") < ran.stderr.index("overview")
    assert (planned / "plan/overview.md.yours").read_text() == "My own plan.\n"
    assert (planned / "plan/overview.md").read_text() != "My own plan.\n"
    replies = [json.loads(line)["step"] for line in (planned / "exchanges.jsonl").read_text().splitlines()]
    assert replies.count("planning/overview") == 2


def test_a_folder_that_is_held_is_refused_before_anything_is_asked(
    planned: Path, tiny_paper: Path, endpoint, p2c_command
):
    asked = len(endpoint.prompts)
    with RunFolder.open(planned):
        ran = p2c_command("generate", tiny_paper, "-o", planned, "--until", "coding", endpoint=endpoint)
    assert ran.status == 2
    assert "is in use by process" in ran.stderr
    assert len(endpoint.prompts) == asked


def test_a_damaged_or_deleted_run_json_costs_no_call(planned: Path, tiny_paper: Path, endpoint, p2c_command):
    asked = len(endpoint.prompts)
    words = ("generate", tiny_paper, "-o", planned, "--until", "planning")
    (planned / "run.json").write_text("")
    ran = p2c_command(*words, endpoint=endpoint)
    assert ran.status == 2
    assert "run.json is damaged" in ran.stderr
    assert "delete it, and the command that made the run makes it anew" in ran.stderr
    (planned / "run.json").unlink()
    ran = p2c_command(*words, endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    assert len(endpoint.prompts) == asked
    assert json.loads((planned / "run.json").read_text())["title"] == "Means of few numbers"


@pytest.mark.parametrize(
    ("name", "is_folder", "said"),
    [
        (".scratch", False, "cannot empty"),
        ("plan", False, "a part of the path is a file, not a folder; move it away"),
        ("plan/overview.md", True, "there is a folder where a file must be written; move it away"),
        ("journal.jsonl", True, "there is a folder where a file must be written; move it away"),
    ],
)
def test_what_is_in_the_way_of_a_file_is_named(
    planned: Path, tiny_paper: Path, endpoint, p2c_command, *, name: str, is_folder: bool, said: str
):
    place = planned / name
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    place.mkdir() if is_folder else place.touch()
    ran = p2c_command("generate", tiny_paper, "-o", planned, "--until", "planning", endpoint=endpoint)
    assert ran.status == 2
    assert said in ran.stderr
    assert str(place) in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_file_in_the_place_of_the_verdicts_is_named(
    planned: Path, tiny_paper: Path, endpoint, p2c_command, no_sandbox
):
    (planned / "verdicts").touch()
    ran = p2c_command("generate", tiny_paper, "-o", planned, endpoint=endpoint)
    assert ran.status == 2
    assert "a part of the path is a file, not a folder; move it away" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_what_lies_about_in_the_scratch_folder_is_no_bug(planned: Path, tiny_paper: Path, endpoint, p2c_command):
    (planned / ".scratch/deep/er").mkdir(parents=True)
    ran = p2c_command("generate", tiny_paper, "-o", planned, "--until", "planning", endpoint=endpoint)
    assert ran.status == 0, ran.stderr


def test_a_finished_run_goes_on_wherever_it_was_moved_or_copied(
    tmp_path: Path, tiny_paper: Path, endpoint, p2c_command, no_sandbox
):
    odd = tmp_path / 'ein Ördner, "so" $x 論文\udcff'
    ran = p2c_command("generate", tiny_paper, "-o", odd, endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    asked, judged = len(endpoint.prompts), len(no_sandbox)
    odd.rename(tmp_path / "moved")
    shutil.copytree(tmp_path / "moved", tmp_path / "copied  twice")
    for place in ("moved", "copied  twice"):
        ran = p2c_command("generate", tiny_paper, "-o", tmp_path / place, endpoint=endpoint)
        assert ran.status == 0, ran.stderr
        assert f"{tmp_path / place}/repository" in ran.stdout
        assert p2c_command("replay", tmp_path / place).status == 0
    assert (len(endpoint.prompts), len(no_sandbox)) == (asked, judged)


@pytest.mark.usefixtures("no_sandbox")
def test_what_was_being_written_when_the_process_was_killed_is_swept_away(
    planned: Path, tiny_paper: Path, endpoint, p2c_command, monkeypatch: pytest.MonkeyPatch
):
    words = ("generate", tiny_paper, "-o", planned)
    replace = Path.replace

    def die_at_the_verdict(self: Path, target: Path) -> Path:
        if target.parent.name == "verdicts":
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", die_at_the_verdict)
        assert p2c_command(*words, endpoint=endpoint).status == 130
    ran = p2c_command(*words, endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    assert {path.suffix for path in (planned / "verdicts").iterdir()} == {".json"}
    assert not list((planned / ".scratch").iterdir())
