"""`p2c verify` in front of generated code: reports, policy, what is known already, and GitHub reading along."""

import json
import os
import resource
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import junitparser
import pytest

from sandbox.verdict import Outcome, Verdict

ROOT = Path(__file__).parents[3]
WRONG_ARGUMENT = ROOT / "tests" / "broken" / "wrong_argument" / "repo"
NOWHERE = "unix:///nowhere/docker.sock"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache of this module's own: what one test verified, the others know."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def p2c(tmp_path, cache):
    """Runs `p2c verify` in an empty folder, with further variables."""

    def run(*arguments, options=(), **variables):
        names = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI_"))}
        return subprocess.run(
            [sys.executable, *options, "-c", "from p2c.cli import main; main()", "verify", *map(str, arguments)],
            cwd=tmp_path, capture_output=True, text=True, check=False,
            env=names | {"XDG_CACHE_HOME": str(cache)} | {name: str(value) for name, value in variables.items()},
        )  # fmt: skip

    return run


@pytest.fixture
def checkout(tmp_path):
    """A checkout with the broken repository in a sub-folder, as CI has it."""
    shutil.copytree(WRONG_ARGUMENT, tmp_path / "checkout" / "generated")
    (tmp_path / "checkout" / ".git").mkdir()
    return tmp_path / "checkout"


@pytest.mark.docker
def test_every_format_is_written_at_once_and_says_the_same(docker_client, p2c, checkout, tmp_path, github_reads):
    reports = ["--report", "junit=p2c.xml", "--report", "sarif=p2c.sarif", "--report", "codequality=cq.json"]
    step = tmp_path / "step-summary.md"
    done = p2c(
        "checkout/generated", *reports, "--report", "summary=summary.md",
        GITHUB_ACTIONS="true", GITHUB_WORKSPACE=checkout, GITHUB_STEP_SUMMARY=step,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    verdict = Verdict.model_validate_json((tmp_path / "verdict.json").read_bytes())
    assert verdict.decision is not None
    assert (verdict.decision.exit_status, verdict.decision.reason) == (1, "failed, rung 3 (starts) reached")
    (suite,) = junitparser.JUnitXml.fromstring((tmp_path / "p2c.xml").read_bytes())
    assert {case.name for case in suite if case.result and type(case.result[0]) is junitparser.Failure} == {
        "runs", "static",
    }  # fmt: skip
    (run,) = json.loads((tmp_path / "p2c.sarif").read_text())["runs"]
    places = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"]}
    assert places == {"generated/main.py"}
    assert {one["location"]["path"] for one in json.loads((tmp_path / "cq.json").read_text())} == {"generated/main.py"}
    assert (tmp_path / "summary.md").read_text() + "\n" == step.read_text()
    errors = github_reads(done.stdout)
    assert {(name, given["file"], given["line"]) for name, given, _ in errors} == {("error", "generated/main.py", "5")}
    assert any("unexpected keyword argument 'learning_rate'" in data for _, _, data in errors)


@pytest.mark.docker
def test_what_is_known_is_told_without_an_engine_s_client_in_a_blink(docker_client, p2c, cache):
    first = p2c(WRONG_ARGUMENT)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    second = p2c(WRONG_ARGUMENT, options=("-X", "importtime"))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (first.returncode, second.returncode) == (1, 1)
    assert "known since " in second.stdout
    assert "--again runs it" in second.stdout
    told = [line for line in second.stdout.splitlines() if "known since" not in line]
    assert set(told) <= set(first.stdout.splitlines())
    loaded = {line.rpartition("|")[2].strip() for line in second.stderr.splitlines()}
    assert not {"docker", "openai", "requests", "pymupdf", "filelock", "yaml", "sandbox.controller"} & loaded
    # CPU time, as others may keep this machine busy; -X importtime makes it a fifth slower.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.8


@pytest.mark.docker
def test_again_runs_it_and_a_change_is_not_known(docker_client, p2c, tmp_path):
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "main.py").write_text("print(1\n")
    p2c("repo", "--quiet")
    assert "known since" in p2c("repo").stdout
    assert "known since" not in p2c("repo", "--again").stdout
    (tmp_path / "repo" / "main.py").write_text("print(2\n")
    assert "known since" not in p2c("repo").stdout


@pytest.mark.docker
def test_a_policy_judges_the_same_verdict_differently(docker_client, p2c, tmp_path):
    assert p2c(WRONG_ARGUMENT, "-o", "base.json").returncode == 1
    enough = p2c(WRONG_ARGUMENT, "--min-rung", "imports", "--fail-on", "never", "--quiet")
    assert enough.returncode == 0
    assert "(exit status 0: failed, rung 3 (starts) reached; imports was asked for)" in enough.stdout
    assert p2c(WRONG_ARGUMENT, "--min-rung", "imports").returncode == 1, "it has a fatal finding"
    same = p2c(WRONG_ARGUMENT, "--baseline", "base.json")
    assert same.returncode == 0
    assert "exit status 0: nothing is new against the baseline (2 known, 0 fixed)" in same.stdout
    worse = p2c(ROOT / "tests/broken/syntax_error/repo", "--baseline", "base.json")
    assert worse.returncode == 1
    assert "new           it comes no further than" in worse.stdout
    assert "fixed         main.py:5: " in worse.stdout


@pytest.mark.docker
def test_the_baseline_is_never_written_over(docker_client, p2c, tmp_path):
    p2c(WRONG_ARGUMENT)
    before = (tmp_path / "verdict.json").read_bytes()
    done = p2c(WRONG_ARGUMENT, "--baseline", "verdict.json")
    assert done.returncode == 0
    assert (tmp_path / "verdict.json").read_bytes() == before
    assert (tmp_path / "verdict-now.json").is_file()


@pytest.mark.docker
def test_what_a_program_prints_is_no_command_to_github(docker_client, p2c, tmp_path, github_reads):
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "main.py").write_text(
        "import sys\n"
        "for line in ('::error::owned', '   ::add-mask::the', 'x ##[add-path]/evil', '::stop-commands::a'):\n"
        "    print(line)\n    print(line, file=sys.stderr)\nraise RuntimeError('%0A::error::owned\\n::error::owned')\n"
    )
    done = p2c("repo", "--annotations", "--no-replay")
    assert [(name, given["title"]) for name, given, _ in github_reads(done.stdout)] == [
        ("error", "p2c failure/exception")
    ]
    onto_stdout = p2c("repo", "--annotations", "--no-replay", "-o", "-")
    assert github_reads(onto_stdout.stdout) == []
    assert "add-path" in json.loads(onto_stdout.stdout)["smoke"]["stdout"]
    assert len(github_reads(onto_stdout.stderr)) == 1


def test_without_annotations_github_is_told_to_read_nothing_all_the_same(p2c, tmp_path, github_reads):
    (tmp_path / "repo ##[add-path]").mkdir()
    (tmp_path / "repo ##[add-path]" / "main.py").write_text("print(1)\n")
    arguments = ("repo ##[add-path]", "--no-annotations")
    assert github_reads(p2c(*arguments, DOCKER_HOST=NOWHERE).stdout) != []
    assert github_reads(p2c(*arguments, DOCKER_HOST=NOWHERE, GITHUB_ACTIONS="true").stdout) == []


def test_every_format_is_written_when_the_sandbox_itself_fails(p2c, tmp_path):
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "main.py").write_text("print(1)\n")
    names = {"junit": "j", "sarif": "s", "codequality": "c", "summary": "m"}
    reports = [part for name, file in names.items() for part in ("--report", f"{name}={file}")]
    done = p2c("repo", *reports, DOCKER_HOST=NOWHERE)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert Verdict.model_validate_json((tmp_path / "verdict.json").read_bytes()).outcome is Outcome.infrastructure
    assert ET.parse(tmp_path / "j").find(".//error") is not None  # noqa: S314 - we wrote it ourselves
    assert json.loads((tmp_path / "s").read_text())["runs"][0]["invocations"][0]["exitCode"] == 3
    assert json.loads((tmp_path / "c").read_text()) == []
    assert "says nothing about the code" in (tmp_path / "m").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--report", "xml=a"), "is no report; write FORMAT=FILE"),
        (("--report", "sarif"), "is no report"),
        (("--report", "sarif="), "is no report"),
        (("--report", "sarif=a", "--report", "sarif=b"), "is given twice"),
        (("--report", "sarif=a", "--report", "junit=a"), "would both be written to a"),
        (("--report", "sarif=repo/a"), "inside the repository, which is never written to"),
        (("--report", "sarif=absent/a"), "the sarif report cannot be written to absent/a"),
        (("--baseline", "absent.json"), "the baseline absent.json cannot be read"),
        (("--baseline", "old.json"), "is no verdict of p2c verify; make it anew"),
        (("--baseline", "old.json", "-o", "old.json"), "would be written over the baseline"),
        (("--min-rung", "high"), "Invalid value"),
        (("--fail-on", "all"), "Invalid value"),
        (("--min-rung", "replays", "--no-replay"), "leave one of them out"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_runs(p2c, tmp_path, arguments, said):
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "main.py").write_text("print(1)\n")
    (tmp_path / "old.json").write_text("{}")
    done = p2c("repo", *arguments, DOCKER_HOST=NOWHERE)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.json", "repo"]


def test_a_bug_of_ours_is_no_failure_of_the_code(tmp_path):
    (tmp_path / "main.py").write_text("print(1)\n")
    program = (
        "from sandbox.tree import Tree\nTree.digest = lambda self: 1 / 0\n"
        "from p2c.cli import main\nmain(['verify', '.', '-o', '-'])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "ZeroDivisionError" in done.stderr
    assert "says nothing about the code" in done.stderr
