"""`p2c verify` as a CI engineer uses it: exit status, terminal, verdict.json."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from p2c.cli.size import Size
from p2c.cli.verify import schema
from sandbox.tree import Tree
from sandbox.verdict import Verdict

ROOT = Path(__file__).parents[3]
BROKEN = ROOT / "tests" / "broken"


def _run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from p2c.cli import main; main()", "verify", "--again", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.docker
def test_a_repository_that_runs_ends_with_zero_and_writes_its_verdict_beside(tmp_path):
    repository = tmp_path / "repo"
    repository.mkdir()
    (repository / "main.py").write_text("print('[bold]hello[/bold]')\n")
    before = Tree.read(repository).digest()
    done = _run("repo", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "verified: passed, rung 5 (replays)" in done.stdout
    assert "\x1b" not in done.stdout
    verdict = Verdict.model_validate_json((tmp_path / "verdict.json").read_bytes())
    assert verdict.verified
    assert Tree.read(repository).digest() == before


@pytest.mark.docker
def test_a_repository_that_fails_ends_with_one_and_shows_where(tmp_path):
    done = _run(str(BROKEN / "syntax_error" / "repo"), "-o", "-", cwd=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["failure"]["file"] == "util.py"
    assert "util.py:1" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.docker
def test_the_folder_that_one_stands_in_is_verified_and_the_verdict_goes_beside_it(tmp_path):
    repository = tmp_path / "repo"
    repository.mkdir()
    (repository / "main.py").write_text("print(1\n")
    done = _run(".", cwd=repository)
    assert done.returncode == 1, done.stderr
    assert str(tmp_path / "repo-verdict.json") in done.stdout
    assert Verdict.model_validate_json((tmp_path / "repo-verdict.json").read_bytes()).failure is not None
    assert [path.name for path in repository.iterdir()] == ["main.py"]


@pytest.mark.docker
def test_quiet_is_one_line(tmp_path):
    done = _run(str(BROKEN / "syntax_error" / "repo"), "--quiet", cwd=tmp_path)
    assert done.stdout.count("\n") == 1
    assert done.stdout.startswith("failed: ")


@pytest.mark.docker
def test_the_smoke_command_and_the_limits_are_the_user_s(tmp_path):
    repository = tmp_path / "repo"
    repository.mkdir()
    (repository / "a.py").write_text("import time\ntime.sleep(60)\n")
    done = _run("repo", "--smoke", "python a.py", "--timeout", "2", "--memory", "256m", "--no-replay", cwd=tmp_path)
    assert done.returncode == 1
    verdict = Verdict.model_validate_json((tmp_path / "verdict.json").read_bytes())
    assert verdict.failure is not None
    assert verdict.failure.limit == "wall"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name the folder"),
        (("absent",), "is not a folder"),
        (("empty",), "holds no file"),
        (("repo", "-o", "repo/verdict.json"), "inside the repository"),
        (("repo", "-o", "absent/verdict.json"), "cannot be written to absent/verdict.json"),
        (("repo", "-o", "empty"), "cannot be written to empty"),
        (("repo", "--memory", "lots"), "no amount of memory"),
        (("repo", "--timeout", "0"), "Invalid value"),
        (("repo", "--unknown"), "No such option"),
    ],
)
def test_bad_usage_ends_with_two_and_says_what_to_do(tmp_path, arguments, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "main.py").write_text("print(1)\n")
    done = _run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "repo" / "verdict.json").exists()


def test_no_engine_ends_with_three(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "main.py").write_text("print(1)\n")
    done = _run("repo", cwd=tmp_path)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "size"), [("512m", 512 << 20), ("4g", 4 << 30), ("4GiB", 4 << 30), ("1.5k", 1536), ("100", 100)]
)
def test_amounts_of_memory(text, size):
    assert Size().convert(text, None, None) == size


def test_the_committed_schema_is_the_verdict_s():
    committed = (ROOT / "docs" / "verdict.schema.json").read_text("utf-8")
    assert committed == schema() + "\n", "p2c verify --schema > docs/verdict.schema.json"
