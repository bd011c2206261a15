"""A sandbox without a GPU: which builds are meant, what is left out, which CPU builds this host has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from sandbox.requirements.names import table
from sandbox.setup.host import HostIndex
from sandbox.verdict import Requirement

NEVER = "python_version < '0'"
"""As the marker of an override it takes a distribution out of the resolution, whoever depends on it."""


def substitute(distribution: str) -> str | None:
    """What is installed in place of `distribution`, or None."""
    found: str | None = table()["cpu"]["substitutes"].get(distribution)
    return found


def companions() -> frozenset[str]:
    """Distributions that are built against one version of torch."""
    return frozenset(table()["cpu"]["companions"]["names"])


def is_cuda(distribution: str) -> bool:
    """Whether it is a part of CUDA, or does nothing without it."""
    never = table()["cpu"]["never"]
    return distribution.startswith(tuple(never["prefixes"])) and distribution not in never["but"]


def is_needless(need: Requirement) -> bool:
    """Whether it is only declared, and only a GPU would use it."""
    return not need.modules and need.distribution in table()["cpu"]["never"]["unless_imported"]


def cpu_torch(host: HostIndex, python: str) -> tuple[Version, ...]:
    """Versions of torch whose CPU wheel lies in a find-links folder of this host, newest first.

    Args:
        python: major and minor version that the wheel must be for, e.g. `3.11`.
    """
    tag = f"cp{python.replace('.', '')}"
    folders = [Path(item.source) for item in host.shown if item.target in host.find_links]
    return tuple(sorted(set(_torch_wheels(folders, tag)), reverse=True))


def _torch_wheels(folders: Iterable[Path], tag: str) -> Iterable[Version]:
    for folder in folders:
        for path in folder.glob("torch-*.whl"):
            try:
                name, version, _, tags = parse_wheel_filename(path.name)
            except InvalidWheelFilename:
                continue
            fits = any(found.interpreter == tag and "linux" in found.platform for found in tags)
            if canonicalize_name(name) == "torch" and version.local == "cpu" and fits:
                yield version
