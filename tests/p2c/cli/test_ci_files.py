"""The files for other people's CI: valid by their readers' schemas, and safe against what a pull request names."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


def _checked(*arguments):
    return subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "arguments",
    [
        ("check_jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"),
        ("check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci",
         "ci/gitlab-ci.example.yml"),
        ("pre_commit", "validate-manifest", ".pre-commit-hooks.yaml"),
    ],
)  # fmt: skip
def test_each_is_valid_by_its_reader_s_schema(arguments):
    done = _checked(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_script_of_the_action_holds_an_expression():
    scripts = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    assert len(scripts) == 2
    assert not any("${{" in script for script in scripts)


def test_every_input_reaches_the_script_and_every_output_comes_from_it():
    script = (ROOT / "ci" / "verify.sh").read_text("utf-8")
    (verify,) = [step for step in ACTION["runs"]["steps"] if step.get("id") == "verify"]
    given = {re.search(r"inputs\.([\w-]+)", value)[1]: name for name, value in verify["env"].items()}
    assert set(given) == set(ACTION["inputs"]) - {"upload-sarif"}
    assert all(f"${{{name}:-" in script for name in given.values())
    assert all(re.search(rf"\b{name}=", script) for name in ACTION["outputs"])


def _lines_of_the_gitlab_job():
    job = yaml.safe_load((ROOT / "ci" / "gitlab-ci.example.yml").read_text("utf-8"))["p2c-verify"]
    return [line for line in job["script"] if "p2c verify" in line]


def test_the_options_in_these_files_exist():
    from p2c.cli.verify import command

    known = {option for parameter in command.params for option in parameter.opts}
    lines = [*(ROOT / "ci" / "verify.sh").read_text("utf-8").splitlines(), *_lines_of_the_gitlab_job()]
    used = {option for line in lines for option in re.findall(r"--[a-z-]+", line) if not line.startswith("#")}
    assert len(used) >= 7
    assert used <= known
    assert set(re.findall(r"--\w+", HOOKS[0]["entry"])) <= known


@pytest.fixture
def action(tmp_path):
    """Runs the action's script as a runner does, with the installed p2c; returns the exit status and the outputs."""

    def run(**inputs):
        output = tmp_path / "output"
        output.write_text("")
        env = os.environ | {
            "RUNNER_TEMP": str(tmp_path), "P2C_BIN": str(Path(sys.executable).parent), "GITHUB_OUTPUT": str(output),
            "XDG_CACHE_HOME": str(tmp_path / "cache"), **inputs,
        }  # fmt: skip
        done = subprocess.run(
            [ROOT / "ci" / "verify.sh"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        pairs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        return done, pairs

    return run


@pytest.mark.docker
def test_the_action_s_script_gives_its_outputs_and_the_exit_status_of_p2c(docker_client, action):
    done, outputs = action(P2C_REPO=str(ROOT / "tests/broken/syntax_error/repo"), P2C_MIN_RUNG="", P2C_TIMEOUT="30")
    assert done.returncode == 1, done.stderr
    assert (outputs["rung"], outputs["outcome"]) == ("none", "failed")
    assert outputs["reason"] == "failed, no rung reached"
    assert all(Path(outputs[name]).is_file() for name in ("verdict", "sarif", "junit"))


def test_what_a_pull_request_names_stays_data(action, tmp_path):
    done, outputs = action(
        P2C_REPO="--help", P2C_SMOKE="'; touch owned; $(touch owned) `touch owned`", P2C_FAIL_ON="x y"
    )
    assert (done.returncode, outputs) == (2, {})
    done, outputs = action(P2C_REPO="--help", P2C_SMOKE="$(touch owned)")
    assert done.returncode == 2
    assert "--help is not a folder" in done.stderr
    assert not (tmp_path / "owned").exists()


def test_no_module_of_the_checkout_is_imported_by_a_script_of_the_action(action, tmp_path):
    for name in ("pathlib", "p2c", "sandbox", "venv", "pip"):
        (tmp_path / f"{name}.py").write_text("open('owned', 'w').close()\n")
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "main.py").write_text("print(1)\n")
    done, outputs = action(P2C_REPO="repo", DOCKER_HOST="unix:///nowhere/docker.sock")
    assert (done.returncode, outputs["outcome"]) == (3, "infrastructure"), done.stderr
    assert not (tmp_path / "owned").exists()
    install = (ROOT / "ci" / "install.sh").read_text("utf-8")
    assert len(re.findall(r" -I -m (?:venv|pip)\b", install)) == len(re.findall(r" -m (?:venv|pip)\b", install)) == 2


def test_a_p2c_toml_that_a_pull_request_brings_sets_nothing(action, tmp_path):
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "main.py").write_text("print(1)\n")
    (tmp_path / "p2c.toml").write_text("timeout = 'no number: bad usage, were it read'\n")
    done, outputs = action(P2C_REPO="repo", DOCKER_HOST="unix:///nowhere/docker.sock")
    assert (done.returncode, outputs["outcome"]) == (3, "infrastructure"), done.stderr
    (line,) = _lines_of_the_gitlab_job()
    assert "--no-user-file" in line.split()


@pytest.mark.docker
def test_the_hook_s_command_judges_the_folder_it_stands_in_and_leaves_nothing(docker_client, tmp_path):
    repository = tmp_path / "repo"
    repository.mkdir()
    (repository / "main.py").write_text("print(1\n")
    program = [sys.executable, "-c", "from p2c.cli import main; main()", *HOOKS[0]["entry"].split()[1:]]
    env = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(program, cwd=repository, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("failed: It fails in step parse at main.py:1")
    assert [path.name for path in repository.iterdir()] == ["main.py"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "repo"]
