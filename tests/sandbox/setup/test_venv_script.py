"""`.ci/venv` installs what the lock names, by hash, and does nothing when nothing has changed."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BACKEND = """
import zipfile
def get_requires_for_build_editable(config_settings=None): return []
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("demo.py", "")
        wheel.writestr("demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n")
        about = "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        wheel.writestr("demo-1.0.dist-info/WHEEL", about)
        wheel.writestr("demo-1.0.dist-info/RECORD", "")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "demo"
version = "1.0"
"""


def wheel(folder: Path, version: str) -> str:
    """Write the wheel of `p2c-locked` to `folder`; its line in a lock."""
    stream = io.BytesIO()
    info = f"p2c_locked-{version}.dist-info"
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("p2c_locked.py", f"VERSION = {version!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: p2c-locked\nVersion: {version}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    (folder / f"p2c_locked-{version}-py3-none-any.whl").write_bytes(stream.getvalue())
    return f"p2c-locked=={version} --hash=sha256:{hashlib.sha256(stream.getvalue()).hexdigest()}\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project with a lock and the real script; its environment is made once for all tests."""
    tmp_path = tmp_path_factory.mktemp("venv-script")
    folder = tmp_path / "project"
    (folder / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci/venv", folder / ".ci/venv")
    (folder / "backend.py").write_text(BACKEND)
    (folder / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "wheels").mkdir()
    return folder


def run(project: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {
        "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(project.parent / "wheels"),
        "P2C_PYTHON": sys.executable,
    }  # fmt: skip
    return subprocess.run([project / ".ci/venv"], env=environ | more, capture_output=True, text=True, check=False)


def locked_version(project: Path) -> str:
    command = [project / ".venv/bin/python", "-c", "import p2c_locked, demo; print(p2c_locked.VERSION)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_lock_is_installed_once_and_again_only_when_it_changes(project: Path) -> None:
    (project / "requirements.lock").write_text(wheel(project.parent / "wheels", "1.0"))
    first = run(project)
    assert first.returncode == 0, first.stderr
    assert locked_version(project) == "1.0"
    started = time.monotonic()
    second = run(project)
    assert (second.returncode, second.stderr) == (0, "")
    assert time.monotonic() - started < 2
    (project / "requirements.lock").write_text(wheel(project.parent / "wheels", "2.0"))
    assert run(project).returncode == 0
    assert locked_version(project) == "2.0"


def test_a_file_that_is_not_the_locked_one_is_refused_and_tried_again_next_time(project: Path) -> None:
    (project / "requirements.lock").write_text(wheel(project.parent / "wheels", "3.0"))
    path = project.parent / "wheels/p2c_locked-3.0-py3-none-any.whl"
    good = path.read_bytes()
    path.write_bytes(good + b"tampered")
    refused = run(project)
    assert refused.returncode != 0
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    path.write_bytes(good)
    assert run(project).returncode == 0
    assert locked_version(project) == "3.0"


def test_without_a_python_that_is_new_enough_the_message_says_so(project: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "env", "cat", "cksum", "dirname", "id", "flock"):
        (tools / name).symlink_to(shutil.which(name) or name)
    (project / "requirements.lock").write_text("p2c-locked==4.0\n")
    done = run(project, PATH=str(tools), P2C_PYTHON="no-such-python")
    assert done.returncode == 3
    assert done.stderr.startswith("Error: Python 3.11 or later is needed")
