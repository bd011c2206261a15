"""Folders of the dead go with the next start, those of the living stay, however deep and in whichever state."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.engine import LABEL, labels
from sandbox.setup import scratch as module
from sandbox.setup.scratch import delete, is_abandoned, owner_of, scratch, scratch_folders, sweep_scratch

HOLD = """
import sys
from pathlib import Path
from sandbox.setup.scratch import scratch
with scratch(Path(sys.argv[1]) if sys.argv[1:] else None) as folder:
    (folder / "file").touch()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder and a place for what is large of the test's own; gives the latter."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "large").mkdir()
    monkeypatch.setattr(module, "LARGE", tmp_path / "large")
    return tmp_path / "large"


@pytest.mark.parametrize("is_large", [False, True])
def test_a_killed_process_leaves_its_folder_to_the_next_start_and_a_live_one_keeps_it(
    large: Path, is_large: bool
) -> None:
    command = [sys.executable, "-c", HOLD, *([str(large)] if is_large else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert owner_of(folder.parent).startswith(f"{process.pid}:")
        assert (sweep_scratch(), folder.exists()) == (0, True)
        process.kill()
    assert (sweep_scratch(), folder.parent.exists()) == (1, False)


def test_a_folder_is_its_process_s_until_it_is_gone() -> None:
    with scratch() as folder:
        assert owner_of(folder.parent) == labels()[LABEL]
        assert not is_abandoned(folder.parent)
        assert list(scratch_folders()) == [folder.parent]
    assert list(scratch_folders()) == []


def test_a_folder_that_is_being_made_is_not_swept(large: Path) -> None:
    young, old = large / "p2c-scratch-young", large / "p2c-scratch-old"
    for folder in (young, old):
        folder.mkdir()
        (folder / ".alive.new").touch()
    os.utime(old, (time.time() - 3600, time.time() - 3600))
    assert sweep_scratch() == 1
    assert (young.exists(), old.exists()) == (True, False)


def test_folders_thousands_deep_go_as_well(tmp_path: Path) -> None:
    doomed = tmp_path / "doomed"
    doomed.mkdir()
    code = "import os\nfor _ in range(2500):\n    os.mkdir('deep')\n    os.chdir('deep')\n"
    subprocess.run([sys.executable, "-c", code], cwd=doomed, check=True)
    delete(doomed)
    assert not doomed.exists()
