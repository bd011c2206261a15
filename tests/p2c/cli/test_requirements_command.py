"""`p2c requirements` as a person and as a program use it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FILES = {
    "main.py": (
        "import numpy\nimport yaml\nfrom missing_local_q9 import x\nfrom .utils import y\n"
        "try:\n    import wandb\nexcept ImportError:\n    wandb = None\n"
    ),
    "requirements.txt": "numpy>=1.20\nopenpyxl\ngit+https://name:secret@host/x.git\nbad\x1b[31m==1\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def _run(*arguments: str, cwd: Path, engine: str = "unix:///nowhere.sock") -> subprocess.CompletedProcess[str]:
    code = f"import os; os.environ.update({ {'DOCKER_HOST': engine} if engine else {} }); "
    return subprocess.run(
        [sys.executable, "-c", code + "from p2c.cli import main; main()", "requirements", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_each_requirement_is_shown_with_its_reason_and_no_engine_is_needed(repository: Path) -> None:
    done = _run(str(repository), cwd=repository.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert "  numpy>=1.20  main.py:1  import numpy  [declared: the repository's own choice]" in done.stdout
    assert "  pyyaml  main.py:2  import yaml  [map: known to provide it]" in done.stdout
    assert "  missing_local_q9  main.py:3  no rule explains this import" in done.stdout
    assert "  .utils  main.py:4  missing local module" in done.stdout
    optional = done.stdout.partition("optional\n")[2].partition("refused\n")[0]
    assert [line.split()[0] for line in optional.splitlines()] == ["openpyxl", "wandb"]
    assert "declared but not imported: openpyxl" in done.stdout
    assert "imported but not declared: pyyaml (main.py:2)" in done.stdout


def test_what_the_repository_wrote_is_shown_without_its_secrets_and_escapes(repository: Path) -> None:
    done = _run(str(repository), cwd=repository.parent)
    assert "secret" not in done.stdout
    assert "\x1b" not in done.stdout


def test_a_program_gets_one_json_object(repository: Path) -> None:
    shown = json.loads(_run(str(repository), "--json", "--allow", "missing-local-q9", cwd=repository.parent).stdout)
    assert {one["distribution"]: one["rule"] for one in shown["requirements"]} == {
        "missing-local-q9": "allowed", "numpy": "declared", "openpyxl": "declared", "pyyaml": "map", "wandb": "map",
    }  # fmt: skip
    assert "lock" not in shown


def test_a_folder_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    done = _run("gone", cwd=tmp_path)
    assert done.returncode == 2
    assert "gone is not a folder" in done.stderr


def test_a_lock_without_an_engine_is_infrastructure(repository: Path) -> None:
    assert _run(str(repository), "--lock", cwd=repository.parent).returncode == 3


@pytest.mark.docker
def test_the_lock_alone_goes_to_standard_output(docker_client, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import yaml\nimport packaging\n")
    (tmp_path / "requirements.txt").write_text("pyyaml==6.0.2\n")
    done = _run(str(tmp_path), "--lock", cwd=tmp_path, engine="")
    assert done.returncode == 0
    pinned = [line.split()[0] for line in done.stdout.splitlines() if "==" in line]
    assert "pyyaml==6.0.2" in pinned
    assert len(pinned) == 2
    assert "--hash=sha256:" in done.stdout
    assert "needed" not in done.stdout
    assert "needed" in done.stderr
