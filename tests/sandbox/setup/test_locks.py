"""The locks name every dependency, with hashes, and no index; the distribution ships what the set-up needs."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
LOCK = ROOT / "requirements.lock"
TOOLS = ROOT / "sandbox/inside/tools.txt"


def pins(lock: Path) -> dict[str, str]:
    """Normalised name -> version."""
    found = re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", lock.read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


@pytest.mark.parametrize("lock", [LOCK, TOOLS], ids=["project", "tools"])
def test_every_pin_has_hashes_and_no_index_is_named(lock: Path) -> None:
    text = lock.read_text()
    assert not re.search(r"://|^\s*-(?!-hash)", text, re.MULTILINE)
    blocks = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert blocks
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_satisfies_every_declared_dependency() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [Requirement(line) for line in declared["project"]["dependencies"] + declared["dependency-groups"]["dev"]]
    locked = pins(LOCK)
    for requirement in wanted:
        name = canonicalize_name(requirement.name)
        assert name in locked, f"run `make lock`: {name} is not in requirements.lock"
        assert requirement.specifier.contains(locked[name], prereleases=True), f"run `make lock`: {requirement}"


def test_the_image_has_the_tools_that_the_project_is_checked_with() -> None:
    tools, locked = pins(TOOLS), pins(LOCK)
    for name in ("uv", "ruff", "mypy", "coverage"):
        assert tools[name] == locked[name]


def test_the_wheel_ships_all_that_the_set_up_reads(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(built).namelist())
    inside = {f"sandbox/inside/{p.name}" for p in (ROOT / "sandbox/inside").iterdir() if p.suffix in {".py", ".txt"}}
    assert inside | {"sandbox/_data/Dockerfile.sandbox"} <= names
    assert {f"p2c/_data/prompts/{path.name}" for path in (ROOT / "prompts").glob("*.j2")} <= names
