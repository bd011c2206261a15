"""Two distributions made on the spot, so that installing and building need no index: a wheel and an sdist."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

WHEEL = "p2c-check-wheel"
SOURCE = "p2c-check-source"
MODULES = 600
"""Of the wheel; so many that compiling them takes a moment in which to be killed."""
_BACKEND = """
import os, time, zipfile
def build_wheel(folder, config=None, metadata=None):
    time.sleep(0.7)
    file = "p2c_check_source-VERSION-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, file), "w") as archive:
        archive.writestr("p2c_check_source.py", "VALUE = 1\\n")
        info = "p2c_check_source-VERSION.dist-info/"
        archive.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: p2c-check-source\\nVersion: VERSION\\n")
        archive.writestr(info + "WHEEL", "Wheel-Version: VERSION\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(info + "RECORD", "")
    return file
"""
_PROJECT = """[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "p2c-check-source"
version = "VERSION"
"""


def write_packages(folder: Path, version: str) -> None:
    """Write both into `folder`, as a find-links folder that containers may read."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    _write_wheel(folder / f"p2c_check_wheel-{version}-py3-none-any.whl", version)
    _write_source(folder / f"p2c_check_source-{version}.tar.gz", version)
    for path in folder.iterdir():
        path.chmod(0o644)


def _write_wheel(path: Path, version: str) -> None:
    info = f"p2c_check_wheel-{version}.dist-info"
    files = {f"p2c_check_wheel/m{number}.py": f"X = {number}\n" for number in range(MODULES)}
    files |= {
        "p2c_check_wheel/__init__.py": "VALUE = 1\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {WHEEL}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)


def _write_source(path: Path, version: str) -> None:
    info = f"Metadata-Version: 2.1\nName: {SOURCE}\nVersion: {version}\n"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in (
            ("pyproject.toml", _PROJECT.replace("VERSION", version)),
            ("backend.py", _BACKEND.replace("VERSION", version)),
            ("PKG-INFO", info),
        ):
            member = tarfile.TarInfo(f"p2c_check_source-{version}/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
