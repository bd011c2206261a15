"""`p2c repair` at its edges: what it refuses before it writes anything."""

import importlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from p2c.cli.limits import limits
from sandbox.settings import Limits


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "main.py").write_text("print(1)\n")
    return folder


def _run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from p2c.cli import main; main()", "repair", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_without_an_engine_it_ends_with_three_and_makes_no_folder(repository, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    done = _run("repo", "--no-model", cwd=repository.parent)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert [path.name for path in repository.parent.iterdir()] == ["repo"]


def test_the_run_folder_is_never_inside_the_repository(repository):
    done = _run("repo", "--no-model", "-o", "repo/run", cwd=repository.parent)
    assert done.returncode == 2
    assert "would lie in the repository" in done.stderr
    assert [path.name for path in repository.iterdir()] == ["main.py"]


def test_a_longer_timeout_allows_the_cpu_time_that_goes_with_it():
    assert limits(None) == Limits()
    assert limits(600.0).cpu_seconds == 1200.0
    assert limits(5.0).cpu_seconds == Limits().cpu_seconds
    assert limits(None, 256).memory_bytes == 256


@pytest.fixture
def broken(tmp_path: Path, endpoint, no_sandbox, divides_by_zero, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that divides by zero; `p2c repair` is without an engine."""
    monkeypatch.setattr("p2c.cli.repair.connect", lambda: SimpleNamespace(close=lambda: None))
    monkeypatch.setattr("p2c.cli.repair.Sandbox", importlib.import_module("p2c.cli.generate").Sandbox)
    for path, text in endpoint.tiny.code.items():
        (tmp_path / "repo" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "repo" / path).write_text(text)
    return tmp_path / "repo"


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("is_written", [False, True])
def test_a_repair_in_place_that_was_killed_while_it_wrote_goes_on(
    broken: Path, endpoint, p2c_command, *, is_written: bool
):
    words = ("repair", broken, "--smoke", "python main.py --smoke")
    assert p2c_command(*words, endpoint=endpoint).status == 0
    asked = len(endpoint.prompts)
    mended = {**files(broken), "mean.py": (broken.parent / "repo-repaired/repository/mean.py").read_text()}
    assert mended != files(broken)
    (broken / ".p2c-writing").write_text("def mean(xs")
    if is_written:
        (broken / "mean.py").write_text(mended["mean.py"])
    for _ in range(2):
        ran = p2c_command(*words, "--in-place", endpoint=endpoint)
        assert ran.status == 0, ran.stderr
        assert files(broken) == mended
    assert len(endpoint.prompts) == asked


def test_a_repository_that_the_user_changed_is_still_another_one(broken: Path, endpoint, p2c_command):
    words = ("repair", broken, "--smoke", "python main.py --smoke", "--in-place")
    assert p2c_command(*words, endpoint=endpoint).status == 0
    (broken / "mean.py").write_text("mine = 1\n")
    ran = p2c_command(*words, endpoint=endpoint)
    assert ran.status == 2
    assert "holds the repair of another state of the repository" in ran.stderr
    assert (broken / "mean.py").read_text() == "mine = 1\n"


def test_packages_that_the_user_allows_are_allowed_by_their_normalised_names(broken: Path, no_sandbox, p2c_command):
    p2c_command("repair", broken, "--no-model", "--allow", "Little_Known", "--allow", "other")
    assert {frozenset(settings.allow) for _, settings in no_sandbox} == {frozenset({"little-known", "other"})}
