"""`p2c repair` at its edges: what it refuses before it writes anything."""

import subprocess
import sys
from pathlib import Path

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
