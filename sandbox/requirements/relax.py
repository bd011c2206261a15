"""Loosen a version specifier, smallest step first."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version


def looser(specifier: str) -> str | None:
    """The next looser form of `specifier`, empty for any version; None when it is loose already.

    `==1.19.5` -> the same minor version from there on -> the same major version -> the next major version
    too -> anything newer -> anything.
    """
    if not specifier:
        return None
    steps = list(dict.fromkeys([specifier, *_steps(specifier)]))
    return steps[1] if len(steps) > 1 else ""


def _steps(specifier: str) -> Iterator[str]:
    parts = sorted(SpecifierSet(specifier), key=str)
    if len(parts) == 1 and parts[0].operator in ("==", "==="):
        try:
            version = Version(parts[0].version.removesuffix(".*"))
        except InvalidVersion:
            yield ""
            return
        major, minor = version.major, version.minor
        yield f">={version.public},<{major}.{minor + 1}"
        return
    lower = [part for part in parts if part.operator in (">=", ">")]
    upper = [part for part in parts if part.operator in ("<", "<=")]
    if len(lower) == 1 and len(upper) == 1:
        low, high = Version(lower[0].version), Version(upper[0].version)
        following = Version(f"{low.major + 1}")
        if high <= following:
            yield f">={low},<{low.major + (1 if high < following else 2)}"
            return
    if lower and len(lower) < len(parts):
        yield ",".join(str(part) for part in lower)
        return
    yield ""
