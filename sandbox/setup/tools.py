"""The wheels of the tools inside the image, fetched by this host with pip's own settings, checked by hash."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from sandbox.errors import ImageUnavailable
from sandbox.setup.places import INSIDE, cache_folder
from sandbox.setup.scratch import scratch

_PLATFORMS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")


def tool_wheels(machine: str) -> tuple[Path, ...]:
    """The wheels that `inside/tools.txt` locks, for Python 3.11 on Linux; fetched once, then kept.

    Args:
        machine: as wheels name it, e.g. `x86_64`.

    Raises:
        ImageUnavailable: pip is missing, or could not fetch them.
    """
    lock = INSIDE / "tools.txt"
    digest = hashlib.sha256(lock.read_bytes() + machine.encode()).hexdigest()[:16]
    kept = cache_folder() / f"tools-{digest}"
    if not kept.is_dir():
        with scratch() as folder:
            _download(lock, machine, folder / "wheels")
            for old in cache_folder().glob("tools-????????????????"):
                shutil.rmtree(old, ignore_errors=True)
            (folder / "wheels").rename(kept)
    return tuple(sorted(kept.glob("*.whl")))


def _download(lock: Path, machine: str, folder: Path) -> None:
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--require-hashes", "--only-binary", ":all:", "--python-version", "3.11", "--implementation", "cp",
        "--dest", str(folder), "--requirement", str(lock),
    ]  # fmt: skip
    for platform in _PLATFORMS:
        command += ["--platform", f"{platform}_{machine}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        end = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise ImageUnavailable(f"pip could not fetch the tools for the sandbox image; does `pip download` work?\n{end}")
