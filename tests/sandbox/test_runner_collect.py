"""What comes out of the sandbox was made by hostile code: only regular files, by plain names, within bounds."""

from __future__ import annotations

import pytest

from sandbox.job import Job, RunResult
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.tree import Tree
from sandbox.verdict import Ended

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


def test_what_is_no_regular_file_is_refused_with_a_reason(runner: DockerRunner) -> None:
    code = """
os.symlink('/etc/passwd', 'link')
os.symlink('/proc/1/environ', 'dangling')
os.symlink('/etc', 'folder')
os.mkfifo('fifo')
socket.socket(socket.AF_UNIX).bind('socket')
open('secret', 'w').write('x')
os.chmod('secret', 0)
os.link('main.py', 'hard')
"""
    names = ("link", "dangling", "folder/passwd", "fifo", "socket", "secret", "hard")
    result = collect(runner, code, *names, "*")
    assert set(result.files) == {"main.py", "hard"}
    assert {"link", "dangling", "fifo", "socket", "secret"} <= set(result.uncollected)
    assert result.uncollected["fifo"] == "not a regular file"
    assert "folder/passwd" not in result.files


@pytest.mark.parametrize("pattern", ["../etc/passwd", "/etc/passwd", "/job/../etc/passwd", "/workspace/../etc/passwd"])
def test_a_pattern_does_not_lead_out(runner: DockerRunner, pattern: str) -> None:
    result = collect(runner, "pass", pattern)
    assert result.files == {}


def test_too_large_and_sparse_files_stay_inside(runner: DockerRunner) -> None:
    code = """
open('a', 'wb').truncate(1 << 45)
for name in 'bc':
    open(name, 'wb').write(bytes(900_000))
"""
    result = collect(runner, code, "[abc]")
    assert set(result.files) == {"b"}
    assert set(result.uncollected) == {"a", "c"}
    assert "bytes" in result.uncollected["a"]


def test_many_files_and_deep_folders_are_walked_within_bounds(runner: DockerRunner) -> None:
    code = """
for n in range(3000):
    open(f'f{n}', 'w')
for n in range(3000):
    os.mkdir('d' * 8)
    os.chdir('d' * 8)
open('deep', 'w')
"""
    result = collect(runner, code, "**")
    assert len(result.written) == 1000
    assert len(result.files) <= 1000
    assert result.ended is Ended.exited


def test_names_that_are_no_text_are_shown_but_not_taken(runner: DockerRunner) -> None:
    code = "for name in b'\\xff\\xfe', b'new\\nline', b'back\\\\slash':\n    open(name, 'w')"
    result = collect(runner, code, "*")
    assert "\ufffd\ufffd" in result.written
    assert not any("\\" in name or "\udcff" in name for name in result.files)
    assert any("\ufffd" in name for name in result.uncollected)
    "".join(result.written).encode()
