"""A package index that is a folder of our own making: wheels and source distributions, hostile ones too; no network."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from sandbox.setup.host import HostIndex
from sandbox.setup.localindex import Shown


@dataclass(frozen=True)
class Wheelhouse:
    """A find-links folder with wheels and source distributions made on the spot."""

    folder: Path

    def wheel(
        self,
        name: str,
        version: str,
        *,
        requires: tuple[str, ...] = (),
        files: dict[str, str] | None = None,
        tag: str = "py3-none-any",
    ) -> Path:
        """A wheel with `files`, by default one module of its own name."""
        stem = name.replace("-", "_")
        path = self.folder / f"{stem}-{version}-{tag}.whl"
        path.write_bytes(wheel_bytes(name, version, requires, files or {f"{stem}.py": f"VERSION = {version!r}\n"}, tag))
        return path

    def sdist(self, name: str, version: str, backend: str) -> Path:
        """A source distribution that brings its own build back end, whose code is `backend`."""
        stem = f"{name.replace('-', '_')}-{version}"
        project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        project += f'[project]\nname = "{name}"\nversion = "{version}"\n'
        path = self.folder / f"{stem}.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            info = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            for file, text in (("pyproject.toml", project), ("backend.py", backend), ("PKG-INFO", info)):
                member = tarfile.TarInfo(f"{stem}/{file}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
        return path

    def host(self) -> HostIndex:
        """Settings of a host that has this folder and nothing else."""
        target = "/host/links/0"
        return HostIndex(find_links=(target,), no_index=True, shown=(Shown(str(self.folder), target),))


def wheel_bytes(name: str, version: str, requires: tuple[str, ...], files: dict[str, str], tag: str) -> bytes:
    """A wheel as it is on disk.

    Args:
        files: path -> content, besides the metadata that is made of the other arguments.
    """
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {line}\n" for line in requires)
    content = dict(files)
    content[f"{info}/METADATA"] = metadata
    content[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"
    rows = [f"{file},sha256={_digest(text)},{len(text)}" for file, text in content.items()]
    content[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for file, text in content.items():
            archive.writestr(zipfile.ZipInfo(file, (2026, 1, 1, 0, 0, 0)), text)
    return stream.getvalue()


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
