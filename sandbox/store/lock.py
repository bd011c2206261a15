"""A lock: pip's requirements format with hashes, as uv writes it."""

from __future__ import annotations

import hashlib
import re

from packaging.utils import canonicalize_name

_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def installed_versions(lock: str) -> dict[str, str]:
    """Normalised distribution name -> version, of every pin in `lock`."""
    return {canonicalize_name(name): version for name, version in _PIN.findall(lock)}


def environment_key(system: str, python: str, lock: str) -> str:
    """The key of an environment: 32 hex digits over the image's system, the Python version and the lock.

    Args:
        system: digest of the image's base and packages, as `ImageInfo.system`.
        python: major and minor version.
        lock: the resolved lock.
    """
    return hashlib.sha256("\0".join((system, python, lock)).encode()).hexdigest()[:32]
