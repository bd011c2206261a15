"""Which files of a run are handed out."""

from __future__ import annotations

import pytest

from sandbox.fake import LocalRunner
from sandbox.job import Job
from sandbox.settings import Limits
from sandbox.smoke.written import MAX_FILES, PATTERNS, written_files
from sandbox.tree import Tree

WRITES = """
import os
for name, content in {files!r}.items():
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    open(name, "w").write(content)
os.symlink("/etc/passwd", "link.txt")
os.symlink("/etc", "folder")
os.mkfifo("pipe.txt")
"""


def written(files: dict[str, str], tree: dict[str, bytes]) -> dict[str, bytes]:
    job = Job(
        ("python", "main.py"),
        Tree({"main.py": WRITES.format(files=files).encode(), **tree}),
        None,
        Limits(),
        collect_written=PATTERNS,
    )
    return written_files(LocalRunner().run(job))


def test_tables_and_figures_that_the_run_wrote_are_and_nothing_else():
    files = {
        "results/figure.png": "1", "loss.csv": "2", "deep/er/notes.txt": "3", "changed.json": "4",
        "model.pt": "5", ".cache/a.txt": "6", "results/.hidden.png": "7", "new\nline.txt": "8", "nopng": "9",
    }  # fmt: skip
    found = written(files, {"README.md": b"was there", "changed.json": b"before"})
    assert found == {"results/figure.png": b"1", "loss.csv": b"2", "deep/er/notes.txt": b"3", "changed.json": b"4"}


def test_they_are_few_and_none_that_is_large_takes_the_place_of_the_small_ones(monkeypatch: pytest.MonkeyPatch):
    many = {f"{number:03}.txt": "x" for number in range(MAX_FILES + 10)}
    assert len(written(many, {})) == MAX_FILES
    monkeypatch.setattr("sandbox.smoke.written.MAX_BYTES", 10)
    large = written({"a.csv": "x" * 8, "b.csv": "x" * 9, "c.png": "cc"}, {})
    assert sorted(large) == ["a.csv", "c.png"]
