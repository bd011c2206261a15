"""Debian packages of this host: where they come from (mirror, proxy), and installing them, as root only."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.errors import InfrastructureError

_ONE_LINE = re.compile(r"^deb\s+(?:\[[^\]]*\]\s+)?(https?://\S+)\s+(\S+)\s+(.*)$")
_DEBIAN = re.compile(r"(bookworm|trixie|forky|bullseye|sid|stable|testing|unstable|oldstable)$")


@dataclass(frozen=True)
class AptSource:
    """A mirror of Debian (None: debootstrap's default), and proxy variables for the programs that fetch."""

    mirror: str | None = None
    environment: dict[str, str] = field(default_factory=dict, repr=False)


def host_source(folder: Path = Path("/etc/apt")) -> AptSource:
    """Read apt's sources below `folder`, and apt's proxy where apt is installed."""
    return AptSource(_mirror(folder), _proxy())


def can_install() -> bool:
    """Whether packages can be installed without asking anybody: apt is here, and we are root."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def install(names: Iterable[str], progress: Callable[[str], None]) -> None:
    """Install Debian packages without a question.

    Raises:
        InfrastructureError: apt failed; the message has the end of what it said.
    """
    wanted = list(names)
    progress(f"installing {', '.join(wanted)} with apt-get")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], env=environment, capture_output=True, check=False)  # old lists may do
    done = subprocess.run(
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *wanted],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    if done.returncode:
        end = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
        raise InfrastructureError(f"apt-get install {' '.join(wanted)} ended with {done.returncode}:\n{end}")


def _mirror(folder: Path) -> str | None:
    """The first mirror that serves a Debian release's `main`; a host of another kind (Ubuntu) has none."""
    one_line = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*.list"))]
    entries = [entry for path in one_line for entry in _one_line(_lines(path))]
    for path in sorted((folder / "sources.list.d").glob("*.sources")):
        entries += _deb822("\n".join(_lines(path)))
    for uri, suites, components in entries:
        if "main" in components and any(_DEBIAN.match(suite) for suite in suites):
            return uri
    return None


def _one_line(lines: Iterable[str]) -> list[tuple[str, list[str], list[str]]]:
    matches = (_ONE_LINE.match(line.strip()) for line in lines)
    return [(match[1], [match[2]], match[3].split()) for match in matches if match]


def _deb822(text: str) -> list[tuple[str, list[str], list[str]]]:
    entries = []
    for stanza in re.split(r"\n\s*\n", text):
        lines = [line for line in stanza.splitlines() if not line.startswith("#")]
        pairs = (line.partition(":") for line in lines if not line.startswith((" ", "\t")))
        fields = {name.strip().lower(): value.split() for name, _, value in pairs}
        if "deb" in fields.get("types", []) and fields.get("enabled") != ["no"]:
            uris = [uri for uri in fields.get("uris", []) if uri.startswith(("http://", "https://"))]
            entries += [(uri, fields.get("suites", []), fields.get("components", [])) for uri in uris]
    return entries


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _proxy() -> dict[str, str]:
    """apt's own proxy as variables; the variables of the environment are inherited anyway."""
    try:
        told = subprocess.run(
            ["apt-config", "shell", "HTTP", "Acquire::http::Proxy", "HTTPS", "Acquire::https::Proxy"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return {}
    found = dict(re.findall(r"^(HTTPS?)='(https?://[^']+)'$", told.stdout, re.MULTILINE))
    return {f"{name.lower()}_proxy": url for name, url in found.items()}
