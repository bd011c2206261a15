"""Which version of each contestant was measured."""

from __future__ import annotations

import re
from importlib.metadata import version

import docker

from benchmarks.frame import P2C, Entrant
from benchmarks.venvs import REQUIREMENTS


def version_of(entrant: Entrant, client: docker.DockerClient) -> str:
    """Of an installed one as its requirements pin it; else p2c's own, or the engine's."""
    if entrant.requirements is not None:
        return pinned(entrant.requirements)
    return version("p2c") if entrant == P2C else str(client.version()["Version"])


def pinned(name: str) -> str:
    """The version in the line of `requirements/NAME.txt` that pins NAME. Raises ValueError where none does."""
    text = (REQUIREMENTS / f"{name}.txt").read_text("utf-8")
    found = re.search(rf"^{re.escape(name)}(?:\[[\w,-]+\])?==(\S+)", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"{name}.txt pins no version of {name}")
    return found[1]
