"""The measure of requirement inference is the truth's own: what counts, what does not, where repositories lie."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")


def _measure(folder: Path, entries: Mapping[str, object]) -> subprocess.CompletedProcess[str]:
    (folder / "truth.json").write_text(json.dumps(entries))
    arguments = ["--truth", str(folder / "truth.json"), "--repos", str(folder)]
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.requirements", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def _entry(source: dict[str, str], required: list[list[str]], optional: list[list[str]]) -> dict[str, object]:
    return {"source": source, "required": required, "optional": optional, "unsatisfiable": [], "imports": []}


def test_alternates_optional_and_ignored_ones_count_as_the_truth_says(tmp_path: Path) -> None:
    code = "import cv2\nimport yaml\nimport setuptools\nimport seaborn\nimport scipy\nimport gone_q9\n"
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "main.py").write_text(code)
    _git(tmp_path, "init", "--quiet", "owner+name")
    (tmp_path / "sub").rename(tmp_path / "owner+name" / "sub")
    _git(tmp_path / "owner+name", "add", ".")
    _git(tmp_path / "owner+name", "commit", "--quiet", "-m", "x")
    commit = _git(tmp_path / "owner+name", "rev-parse", "HEAD")[:10]
    required = [["opencv-python", "opencv-python-headless"], ["pyyaml"], ["setuptools"], ["gone"]]
    source = {"repository": "owner/name", "commit": commit, "path": "sub/"}
    done = _measure(tmp_path, {"one": _entry(source, required, [["seaborn"]])})
    assert "| one | 6 |" in done.stdout
    assert "| 0.667 | 0.667 | 0.667 | scipy | gone |" in done.stdout
    assert "entries 3, right 2, wrong (each installable) 1" in done.stdout
    assert done.returncode == 1


def test_a_source_distribution_is_read_and_what_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import numpy\n")
    with tarfile.open(tmp_path / "my_thing-1.0.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "main.py", "my_thing-1.0/main.py")
    entries = {
        "one": _entry({"sdist": "my-thing 1.0"}, [["numpy"]], []),
        "two": _entry({"repository": "a/b", "commit": "abc", "path": ""}, [["numpy"]], []),
    }
    done = _measure(tmp_path, entries)
    assert "| 1.000 | 1.000 | 1.000 | - | - |" in done.stdout
    assert "not there, so not measured: two" in done.stdout
    assert _measure(tmp_path, {"two": entries["two"]}).returncode == 2
