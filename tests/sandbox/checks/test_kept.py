"""What mypy remembers saves time and changes nothing; what is no memory of its own is neither kept nor fed to it."""

from __future__ import annotations

import io
import os
import sys
import tarfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sandbox.checks import Kept, mypy, parse
from sandbox.checks import kept as kept_module
from sandbox.checks.parse import COMMAND
from sandbox.errors import CheckFailed
from sandbox.inside.typecheck import GIVEN, KEPT, KEPT_BYTES
from sandbox.job import Job, Runner, RunResult
from sandbox.tree import Tree


@dataclass
class Watched:
    """A runner that tells which jobs it was given, and what they kept."""

    inner: Runner
    jobs: list[Job] = field(default_factory=list)
    results: list[RunResult] = field(default_factory=list)

    def run(self, job: Job) -> RunResult:
        self.jobs.append(job)
        self.results.append(self.inner.run(job))
        return self.results[-1]

    def close(self) -> None:
        """It is closed elsewhere."""


TREE = Tree(
    {
        "lib/__init__.py": b"",
        "lib/core.py": b"def f(x: int) -> int:\n    return x\n",
        "lib/user.py": b"from lib.core import f\n\n\ndef g() -> int:\n    return f(1)\n",
        "main.py": b"from lib.user import g\n\nprint(g())\ntotal: str = 1\n",
    }
)


@pytest.mark.docker
def test_an_edit_is_seen_in_the_files_that_depend_on_it_as_if_nothing_were_remembered(runner, tmp_path):
    watched, kept = Watched(runner), Kept(tmp_path / "a.tar")
    first = mypy(watched, TREE, kept=kept)
    assert [one.code for one in first] == ["assignment"]
    assert mypy(watched, TREE, kept=kept) == first
    changed = TREE.changed({"lib/core.py": b"def f(x: int, y: int) -> int:\n    return x + y\n"})
    found = mypy(watched, changed, kept=kept)
    assert found == mypy(watched, changed)
    assert {(one.file, one.code, one.severity) for one in found} == {
        ("lib/user.py", "call-arg", "fatal"),
        ("main.py", "assignment", "advice"),
    }
    assert mypy(watched, TREE, kept=kept) == first
    assert ["given.tar" in job.extra for job in watched.jobs] == [False, True, True, False, True]
    with tarfile.open(fileobj=io.BytesIO(kept.path.read_bytes())) as archive:
        names = archive.getnames()
    assert "3.11/lib/core.meta.ff" in names
    assert not any("builtins" in name for name in names)


def _times(kept: Kept) -> dict[str, float]:
    """When mypy wrote what it remembers of each module."""
    with tarfile.open(fileobj=io.BytesIO(kept.path.read_bytes())) as archive:
        return {one.name: one.mtime for one in archive if one.name.endswith(".data.ff")}


@pytest.mark.docker
def test_what_did_not_change_is_not_looked_at_again_and_an_edit_of_the_same_size_is(runner, tmp_path):
    kept = Kept(tmp_path / "a.tar")
    mypy(runner, TREE, kept=kept)
    first = _times(kept)
    time.sleep(1.1)  # the times are whole seconds
    changed = TREE.changed({"lib/core.py": TREE.files["lib/core.py"].replace(b"x: int", b"x: str")})
    found = mypy(runner, changed, kept=kept)
    assert ("lib/user.py", "arg-type") in {(one.file, one.code) for one in found}
    second = _times(kept)
    assert second["3.11/lib/core.data.ff"] > first["3.11/lib/core.data.ff"]
    assert second["3.11/lib/__init__.data.ff"] == first["3.11/lib/__init__.data.ff"]


@pytest.mark.docker
def test_a_module_that_is_gone_is_forgotten(runner, tmp_path):
    kept = Kept(tmp_path / "a.tar")
    mypy(runner, TREE, kept=kept)
    mypy(runner, TREE.changed({"lib/user.py": None}), kept=kept)
    with tarfile.open(fileobj=io.BytesIO(kept.path.read_bytes())) as archive:
        assert not any("user" in name for name in archive.getnames())


@pytest.mark.docker
def test_a_memory_that_makes_mypy_crash_is_thrown_away(runner, tmp_path):
    watched, kept = Watched(runner), Kept(tmp_path / "a.tar")
    first = mypy(watched, TREE, kept=kept)
    with tarfile.open(fileobj=io.BytesIO(kept.path.read_bytes())) as archive:
        names = [name for name in archive.getnames() if name.endswith(".data.ff")]
        others = {name: archive.extractfile(name).read() for name in archive.getnames() if name not in names}
    kept.write(_tar(others | dict.fromkeys(names, b"\xff" * 64)))
    assert mypy(watched, TREE, kept=kept) == first


def _tar(files: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.type, member.linkname = len(content), kind, "/etc/passwd"
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"no tar",
        _tar({"3.11/../../a.meta.ff": b"x"}),
        _tar({"/3.11/a.meta.ff": b"x"}),
        _tar({"3.11/.hidden/a.meta.ff": b"x"}),
        _tar({"3.11/a.py": b"x"}),
        _tar({"3.12/a.meta.ff": b"x"}),
        _tar({"3.11/a.meta.ff": b""}, tarfile.SYMTYPE),
        _tar({"3.11/a.meta.ff": b""}, tarfile.FIFOTYPE),
        _tar({"3.11/a.meta.ff": bytes(KEPT_BYTES + 1)}),
    ],
)
def test_what_is_no_memory_of_mypy_s_is_neither_kept_nor_read(tmp_path, content):
    kept = Kept(tmp_path / "a.tar")
    kept.write(content)
    assert not kept.path.exists()
    kept.path.write_bytes(content)
    assert kept.read() is None


def test_all_together_stay_within_their_bound_and_the_oldest_go_first(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_module, "TOTAL_BYTES", 50_000)
    content = _tar({"3.11/a.meta.ff": bytes(9_000)})
    for number in range(6):
        one = Kept(tmp_path / f"{number}.tar")
        one.write(content)
        os.utime(one.path, (number, number))
    Kept(tmp_path / "new.tar").write(content)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 50_000
    assert "new.tar" in left
    assert "0.tar" not in left


def test_two_repositories_of_one_name_share_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    places = {Kept.of("/a/repo", "").path, Kept.of("/b/repo", "").path, Kept.of("/a/repo", "src").path}
    assert len(places) == 3
    assert all(path.is_relative_to(tmp_path) for path in places)


@pytest.mark.docker
def test_only_a_container_in_which_mypy_runs_alone_is_given_the_memory(runner, tmp_path):
    watched, kept = Watched(runner), Kept(tmp_path / "a.tar")
    for _ in range(2):
        mypy(watched, TREE, kept=kept)
    given = [job for job in watched.jobs if Path(GIVEN).name in job.extra]
    assert [job.argv[1] for job in given] == ["/opt/p2c/inside/typecheck.py"]
    assert all(job.environment is None and job.collect == (str(KEPT),) for job in watched.jobs)


@pytest.mark.docker
@pytest.mark.parametrize(
    ("command", "said"),
    [(("sh", "-c", "kill -SEGV $$"), "exit status -11"), (("no-such-tool",), "cannot be started")],
)
def test_a_crash_of_ruff_leaves_the_parser_s_word(runner, monkeypatch, command, said):
    monkeypatch.setattr(sys.modules["sandbox.checks.parse"], "COMMAND", (*COMMAND[:2], *command))
    parsed = parse(runner, TREE.changed({"bad.py": b"def f(:\n"}))
    assert [one.file for one in parsed.findings] == ["bad.py"]
    with pytest.raises(CheckFailed, match=said):
        parsed.ruff()


@pytest.mark.docker
def test_a_file_on_which_both_crash_is_named_by_the_parser(runner):
    parsed = parse(runner, Tree({"deep.py": b"x = " + b"-" * 200_000 + b"1\n", "good.py": b"x = 1\n"}))
    assert [(one.file, one.code) for one in parsed.findings] == [("deep.py", "too-deep")]
    assert "overflowed its stack" in parsed.trouble
