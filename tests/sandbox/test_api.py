"""The door for callers in Python: a folder in, a verdict out; the example and the documents are run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import sandbox as package
from sandbox import InputError, KnownVerdicts, Outcome, Rung, Sandbox, Settings, Tree, Verdict, verify

ROOT = Path(__file__).parents[2]
BROKEN = ROOT / "tests" / "broken"


@pytest.mark.docker
def test_a_folder_is_enough(docker_client, tmp_path):
    (tmp_path / "main.py").write_text("print(1)\n")
    steps = []
    verdict = verify(str(tmp_path), until=Rung.imports, on_step=steps.append)
    assert (verdict.repository, verdict.rung, verdict.outcome) == (tmp_path.name, Rung.imports, Outcome.passed)
    assert tuple(steps) == verdict.steps
    assert verdict.decision is None


@pytest.mark.docker
def test_a_known_verdict_needs_no_sandbox(docker_client, tmp_path, monkeypatch):
    known = KnownVerdicts(tmp_path)
    tree = Tree({"main.py": b"def f(:\n"})
    with Sandbox.open() as opened:
        first = verify(tree, sandbox=opened, known=known)
    assert first.outcome is Outcome.failed
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setattr(Sandbox, "open", None)
    with pytest.raises(TypeError):
        verify(tree, known=known)  # another engine is another key
    monkeypatch.delenv("DOCKER_HOST")
    assert verify(tree, known=known, name="other") == first.model_copy(update={"repository": "other"})


@pytest.mark.docker
def test_names_and_messages_that_are_no_unicode_still_give_a_verdict(docker_client, tmp_path):
    (tmp_path / "main.py").write_text("import sys\nsys.exit(chr(0xD800) + 'no character')\n")
    Path(str(tmp_path) + "/\udcff.py").write_text("x = absent\n")
    Path(str(tmp_path) + "/\udcfe").symlink_to("/etc/passwd")
    verdict = verify(tmp_path, Settings(replay=False))
    assert verdict.outcome is Outcome.failed
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


def test_without_an_engine_the_verdict_says_so_and_nothing_about_the_code(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    (tmp_path / "main.py").write_text("print(1)\n")
    verdict = verify(tmp_path)
    assert (verdict.outcome, verdict.rung, verdict.repairable) == (Outcome.infrastructure, Rung.none, False)
    assert "no Docker engine is running" in verdict.summary


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_a_folder_that_cannot_be_read_raises(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=name):
        verify(tmp_path / name)


def test_every_public_name_is_there_and_none_besides():
    assert all(getattr(package, name) is not None for name in package.__all__)
    with pytest.raises(AttributeError, match="'nothing'"):
        _ = package.nothing


def test_importing_the_package_loads_neither_docker_nor_pydantic():
    program = "import sandbox, sys; print(sorted({'docker', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.docker
def test_the_example_verifies_several_repositories(docker_client):
    folders = [BROKEN / name / "repo" for name in ("syntax_error", "missing_dataset")]
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "api.py", *folders], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith("repo: failed, rung none at util.py:1")
    assert second.startswith("repo: blocked, rung starts")
    assert "(data)" in second


@pytest.mark.docker
def test_the_shown_programs_run(docker_client, tmp_path):
    programs = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text("utf-8"), re.S)
    repository = tmp_path / "path" / "to" / "repository"
    repository.mkdir(parents=True)
    (repository / "main.py").write_text("print(1\n")
    assert len(programs) >= 2
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(programs)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
