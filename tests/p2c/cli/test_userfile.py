"""The user's own p2c.toml: read beside the repository, never inside it; options win over it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from p2c.cli.size import read_size
from p2c.cli.userfile import UserFile, read_user_file
from p2c.cli.verify import Options
from p2c.errors import UsageError
from p2c.policy import FailOn
from sandbox.verdict import Rung

EVERYTHING = """
timeout = 20
memory = "512m"
runtime = "runsc"
allow = ["Little_Known"]
smoke = "python main.py --fast"
metrics = "out/metrics.json"
min-rung = "imports"
fail-on = "never"
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "project" / "repo"
    folder.mkdir(parents=True)
    return folder


def _options(repository: Path, **given: object) -> Options:
    nothing: dict[str, object] = dict.fromkeys(Options.__dataclass_fields__)
    usual = {"allow": (), "no_replay": False, "again": False, "reports": (), "quiet": False}
    return Options(**{**nothing, **usual, "repo": repository, **given})  # type: ignore[arg-type]


def _write(folder: Path, text: str) -> Path:
    path = folder / "p2c.toml"
    path.write_text(text)
    return path


def test_every_key_sets_what_its_option_sets(tmp_path: Path, repository: Path) -> None:
    found = read_user_file(_write(tmp_path, EVERYTHING).parent, repository)
    chosen = _options(repository).with_file(found)
    settings, policy = chosen.settings(), chosen.policy()
    assert (settings.limits.wall_seconds, settings.limits.memory_bytes) == (20.0, 512 * 2**20)
    assert (settings.runtime, settings.smoke, settings.metrics_file) == (
        "runsc",
        "python main.py --fast",
        "out/metrics.json",
    )
    assert settings.allow == {"little-known"}
    assert (policy.min_rung, policy.fail_on) == (Rung.imports, FailOn.never)


def test_options_win_over_the_file_and_packages_of_both_are_allowed(tmp_path: Path, repository: Path) -> None:
    found = read_user_file(_write(tmp_path, EVERYTHING).parent, repository)
    given = {"timeout": 5.0, "memory": 2**30, "smoke": "python x.py", "allow": ("other",), "fail_on": "advice"}
    chosen = _options(repository, **given).with_file(found)
    settings = chosen.settings()
    assert (settings.limits.wall_seconds, settings.limits.memory_bytes, settings.smoke) == (5.0, 2**30, "python x.py")
    assert settings.allow == {"other", "little-known"}
    assert chosen.policy().fail_on is FailOn.advice


def test_without_a_file_the_defaults_hold(tmp_path: Path, repository: Path) -> None:
    found = read_user_file(tmp_path, repository)
    assert (found, found.sentence()) == (UserFile(), None)
    chosen = _options(repository).with_file(found)
    assert chosen.settings().limits.wall_seconds == 120.0
    assert (chosen.policy().fail_on, chosen.policy().min_rung) == (FailOn.fatal, None)


def test_the_working_directory_s_file_comes_before_the_one_beside_the_repository(
    tmp_path: Path, repository: Path
) -> None:
    beside = _write(repository.parent, "timeout = 7\n")
    assert read_user_file(tmp_path, repository).path == beside
    first = _write(tmp_path, "timeout = 8\n")
    found = read_user_file(tmp_path, repository)
    assert (found.path, found.values) == (first, {"timeout": 8.0})
    assert found.sentence() == f"settings of {first}: timeout"


@pytest.mark.parametrize("where", ["", "deep/er"])
def test_a_file_inside_the_repository_is_never_read(repository: Path, where: str) -> None:
    working = repository / where
    working.mkdir(parents=True, exist_ok=True)
    inside = _write(working, "memory = '64g'\n")
    found = read_user_file(working, repository)
    assert (found.values, found.passed_over) == ({}, inside)
    assert "may not set limits for itself" in str(found.sentence())
    beside = _write(repository.parent, "timeout = 7\n")
    assert read_user_file(working, repository).path == beside


def test_a_link_into_the_repository_is_no_file_of_the_user_s(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "p2c.toml").symlink_to(_write(repository, "memory = '64g'\n"))
    found = read_user_file(tmp_path, repository)
    assert (found.values, found.passed_over) == ({}, tmp_path / "p2c.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tiemout = 3\n", "unknown key 'tiemout'; it may hold allow, fail-on, memory, metrics, min-rung, runtime"),
        ("[tool.p2c]\ntimeout = 3\n", "unknown key 'tool'"),
        ("network = true\n", "a run never has a network"),
        ("timeout = '2m'\n", "timeout must be a number of seconds, at least 1 and at most a year, not '2m'"),
        ("timeout = true\n", "timeout must be"),
        ("timeout = 0.5\n", "timeout must be"),
        ("timeout = inf\n", "timeout must be"),
        ("timeout = nan\n", "timeout must be"),
        ("timeout = 1e300\n", "timeout must be"),
        pytest.param(f"timeout = 1{'0' * 400}\n", "timeout must be", id="too long"),
        pytest.param(f"timeout = 0x{'f' * 5000}\n", "at most a year, not a number of thousands of digits", id="longer"),
        pytest.param(f"timeout = {'9' * 5000}\n", "is no TOML", id="longest"),
        pytest.param(f"memory = 0x{'f' * 5000}\n", "memory must be", id="too much"),
        pytest.param(f"memory = '{'9' * 310}'\n", "memory must be", id="much"),
        ("memory = 'much'\n", "memory must be an amount of memory such as '512m' or '4g', not 'much'"),
        ("memory = true\n", "memory must be"),
        ("memory = -5\n", "memory must be"),
        ("allow = 'numpy'\n", "allow must be a list of names of distributions, not 'numpy'"),
        ("allow = ['numpy', 3]\n", "allow must be"),
        ("allow = ['git+https://x']\n", "allow must be"),
        ("smoke = ''\n", "smoke must be a shell line"),
        ("metrics = '../metrics.json'\n", "metrics must be a relative path inside the repository"),
        ("min-rung = 'flies'\n", "min-rung must be one of parses, installs"),
        ("fail-on = 1\n", "fail-on must be one of advice, fatal, never"),
        ("timeout = \n", "is no TOML"),
    ],
)
def test_what_cannot_be_meant_is_an_error_that_names_the_file_and_the_key(
    tmp_path: Path, repository: Path, text: str, said: str
) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(UsageError) as raised:
        read_user_file(tmp_path, repository)
    assert str(raised.value).startswith(str(path))
    assert said in str(raised.value)


@pytest.mark.parametrize("amount", ["9" * 310, "9" * 400 + "g", "8388608t"], ids=["finite", "infinite", "2**63"])
def test_more_memory_than_can_be_is_no_amount(amount: str) -> None:
    with pytest.raises(ValueError, match="more memory than any machine has"):
        read_size(amount)
    assert read_size("8388607t") < 2**63


def test_bytes_that_are_no_text_are_an_error_too(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "p2c.toml").write_bytes(b"timeout = \xff\n")
    with pytest.raises(UsageError, match="is no TOML"):
        read_user_file(tmp_path, repository)


def _run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    code = "from p2c.cli import main; main()"
    line = [sys.executable, "-c", code, "verify", "--again", *arguments]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, check=False)


def test_the_command_ends_with_two_before_anything_is_run(tmp_path: Path, repository: Path) -> None:
    (repository / "main.py").write_text("print(1)\n")
    _write(tmp_path, "timeout = 'long'\n")
    done = _run(str(repository), cwd=tmp_path)
    assert done.returncode == 2
    assert "timeout must be a number of seconds" in done.stderr
    assert not (tmp_path / "verdict.json").exists()


@pytest.mark.docker
def test_the_command_says_what_it_read_and_obeys_it(tmp_path: Path, repository: Path) -> None:
    (repository / "main.py").write_text("print(1 / 0)\n")
    (repository / "other.py").write_text("print('other')\n")
    _write(tmp_path, "smoke = 'python other.py'\nmin-rung = 'runs'\n")
    done = _run(str(repository), "--no-replay", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"settings of {tmp_path / 'p2c.toml'}: smoke, min-rung" in done.stdout
    assert "python other.py" in done.stdout


def test_the_example_of_the_readme_can_be_read_and_holds_every_key(tmp_path: Path, repository: Path) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
    _write(tmp_path, readme.partition("```toml\n")[2].partition("```")[0])
    with pytest.raises(UsageError) as raised:
        read_user_file(_write(repository.parent, "x = 1\n").parent, repository)
    keys = str(raised.value).partition("it may hold ")[2].split(", ")
    assert sorted(read_user_file(tmp_path, repository).values) == keys
