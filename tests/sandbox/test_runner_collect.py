"""Globs choose what is brought out of the sandbox; what hostile code does to it is tried in tests/escape."""

from __future__ import annotations

import pytest

from sandbox.job import Job, RunResult
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.tree import Tree

pytestmark = pytest.mark.docker


def collect(runner: DockerRunner, code: str, *patterns: str, limit: int = 1 << 20) -> RunResult:
    limits = Limits(wall_seconds=10, collect_bytes=limit)
    tree = Tree({"main.py": f"import os, socket\n{code}".encode()})
    result = runner.run(Job(("python3", "main.py"), tree, None, limits, collect=patterns))
    assert result.exit_status == 0, result.stderr.text()
    return result


def test_globs_choose_files(runner: DockerRunner) -> None:
    code = """
os.makedirs('out/deep')
for path in 'out/a.json', 'out/deep/b.json', 'c.json', 'c.txt':
    open(path, 'w').write(path)
"""
    assert set(collect(runner, code, "*.json").files) == {"c.json"}
    assert set(collect(runner, code, "out/**/*.json").files) == {"out/a.json", "out/deep/b.json"}
    assert collect(runner, code, "**/[ab].json", "c.txt").files["c.txt"] == b"c.txt"
