"""What a repository wrote never reaches GitHub's runner as a workflow command, whichever command prints it."""

import json
import os
import re
import subprocess
import sys

import pytest

from p2c.cli import main, requirements
from p2c.cli.shield import error_line
from p2c.errors import P2cError
from sandbox.errors import SandboxError

HOSTILE = "a##[add-path]b.py"


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / HOSTILE).write_text("import numpy\n")
    return folder


def _run(*arguments, cwd, github="true"):
    env = {**os.environ, "GITHUB_ACTIONS": github, "DOCKER_HOST": "unix:///nowhere.sock"}
    return subprocess.run(
        [sys.executable, "-c", "from p2c.cli import main; main()", *map(str, arguments)],
        cwd=cwd, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _between(text):
    """What stands between the line that stops commands and the one that starts them again."""
    found = re.fullmatch(r"::stop-commands::(?P<token>[0-9a-f]{32})\n(?P<text>.*)::(?P=token)::\n", text, re.DOTALL)
    assert found, text
    return found["text"]


def test_requirements_stop_workflow_commands_where_github_reads_along(repository):
    done = _run("requirements", repository, cwd=repository.parent)
    assert f"{HOSTILE}:1" in _between(done.stdout)


def test_requirements_as_json_are_json_alone_without_a_command(repository):
    done = _run("requirements", repository, "--json", cwd=repository.parent)
    assert _between(done.stderr) == ""
    assert "##[" not in done.stdout
    assert HOSTILE in json.dumps(json.loads(done.stdout))


def test_elsewhere_nothing_is_added(repository):
    done = _run("requirements", repository, cwd=repository.parent, github="")
    assert "stop-commands" not in done.stdout + done.stderr


@pytest.mark.parametrize("words", [("repair", "repo", "--no-model"), ("generate", "paper.md", "-o", "run")])
def test_the_other_commands_stop_workflow_commands_as_well(repository, words):
    done = _run(*words, cwd=repository.parent)
    assert done.returncode in (2, 3)
    assert _between(done.stdout) == ""


@pytest.mark.parametrize("kind", [P2cError, SandboxError])
def test_an_error_s_message_is_one_line_without_escapes_or_commands(kind, monkeypatch, capsys):
    def fail(*_):
        raise kind("no\n::set-env name=A::b\r##[add-path]/x \x1b[31m" + "x" * 5000)

    monkeypatch.setattr(requirements.Tree, "read", fail)
    with pytest.raises(SystemExit):
        main(["requirements", "."])
    said = capsys.readouterr().err
    assert said.startswith("Error: no ::set-env")
    assert said.count("\n") == 1
    assert not re.search(r"##\[|\x1b|\r", said)
    assert len(said) < 2100


def test_a_bug_s_traceback_is_no_workflow_command(monkeypatch, capsys):
    def fail(*_):
        raise LookupError("\n::add-mask::x")

    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setattr(requirements.Tree, "read", fail)
    with pytest.raises(SystemExit) as ended:
        main(["requirements", "."])
    assert ended.value.code == 3
    said, _, rest = capsys.readouterr().err.partition("Error: this is a bug")
    assert rest
    assert "\n::add-mask::x" in _between(said)


def test_an_error_line_keeps_what_it_says():
    assert error_line(P2cError("the paper a::b.pdf is missing")) == "Error: the paper a::b.pdf is missing"
