"""A virtual environment for each contestant, made by uv from pinned requirements, in this user's cache."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sandbox.setup.places import cache_folder, once

REQUIREMENTS = Path(__file__).parent / "contestants" / "requirements"
UV_SECONDS = 600


class NoEnvironment(Exception):
    """uv could not install a contestant; the message has its last words."""


def python_of(name: str, say: Callable[[str], None]) -> Path:
    """The interpreter of the environment of `requirements/NAME.txt`, which is made if it is not there.

    Raises:
        NoEnvironment: it cannot be made.
    """
    listed = REQUIREMENTS / f"{name}.txt"
    digest = hashlib.sha256(listed.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = cache_folder() / "bench" / f"{name}-{digest}"
    with once("bench"):
        if not (folder / "complete").is_file():
            say(f"installing {name}")
            shutil.rmtree(folder, ignore_errors=True)
            uv("venv", "--python", sys.executable, str(folder))
            python = str(folder / "bin" / "python")
            uv("pip", "install", "--compile-bytecode", "--python", python, "--requirements", str(listed))
            (folder / "complete").touch()
    return folder / "bin" / "python"


def install_into(folder: Path, name: str, python_version: str) -> None:
    """Install the wheels of `requirements/NAME.txt` into a plain folder, for the Python of an image.

    Raises:
        NoEnvironment: it cannot be done.
    """
    wheels = ("--only-binary", ":all:", "--python-version", python_version, "--python-platform", "linux")
    uv("pip", "install", "--target", str(folder), *wheels, "--requirements", str(REQUIREMENTS / f"{name}.txt"))


def uv(*arguments: str) -> None:
    """Run uv. Raises NoEnvironment."""
    program = Path(sys.executable).with_name("uv")
    command = [str(program) if program.is_file() else "uv", "--quiet", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=UV_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoEnvironment(f"uv could not be run: {error}") from error
    if done.returncode != 0:
        raise NoEnvironment(f"uv {arguments[0]}: {' '.join(done.stderr.split())[-300:]}")
