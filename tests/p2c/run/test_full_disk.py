"""A full disk, a folder that may not be written to: said in words; what was paid for is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from p2c.errors import DiskFull
from p2c.run import reserve
from p2c.run.folder import RunFolder

SMALL_DISKS = Path(__file__).with_name("small_disks.py")


def test_what_happens_on_small_disks_and_read_only_ones(tmp_path: Path) -> None:
    own_mounts = ["unshare", *(() if os.geteuid() == 0 else ("--map-root-user",)), "--mount"]
    tried = subprocess.run(
        [*own_mounts, "mount", "-t", "tmpfs", "x", "/mnt"], check=False, capture_output=True, text=True
    )
    if tried.returncode:
        pytest.skip(f"this user may mount nothing here, not even in a namespace of its own: {tried.stderr.strip()}")
    words = ["-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'there'}", str(SMALL_DISKS)]
    ran = subprocess.run(
        [*own_mounts, sys.executable, "-m", "pytest", *words],
        cwd=SMALL_DISKS.parents[3], check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "skipped" not in ran.stdout, ran.stdout
    assert str(tmp_path) not in Path("/proc/mounts").read_text()


def test_a_folder_that_even_root_may_not_write_to_is_refused_in_one_line(
    tmp_path: Path, tiny_paper: Path, endpoint, p2c_command
) -> None:
    folder = tmp_path / "immutable"
    folder.mkdir(mode=0o555)
    if os.geteuid() == 0 and subprocess.run(["chattr", "+i", str(folder)], check=False, capture_output=True).returncode:
        pytest.skip("this file system has no immutable folders")
    try:
        ran = p2c_command("generate", tiny_paper, "-o", folder / "run", "--until", "planning", endpoint=endpoint)
    finally:
        if os.geteuid() == 0:
            subprocess.run(["chattr", "-i", str(folder)], check=True)
    assert (ran.status, endpoint.prompts) == (2, [])
    assert "permission denied; choose a folder that you may write to, or change its permissions" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_the_room_is_given_back_when_the_run_is_over(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run") as run:
        assert (run.path / reserve.RESERVE).stat().st_size == reserve.SIZE
    assert not (tmp_path / "run" / reserve.RESERVE).exists()


def test_a_write_that_fails_in_the_middle_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunFolder.open(tmp_path / "run") as run:
        run.journal.emit("note", message="first")
        before = (run.path / "journal.jsonl").read_bytes()
        write = os.write

        def quota(descriptor: int, data: bytes) -> int:
            if len(data) <= 20:
                raise OSError(122, "Disk quota exceeded")
            return write(descriptor, data[:20])

        with monkeypatch.context() as patched:
            patched.setattr(os, "write", quota)
            with pytest.raises(DiskFull, match="quota is used up"):
                run.journal.emit("note", message="a line that is longer than twenty bytes")
        assert (run.path / "journal.jsonl").read_bytes() == before
