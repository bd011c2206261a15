"""What Poetry's tables and a Pipfile declare, in the words of PEP 508."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from sandbox.requirements.entries import Entry, Note, Places


def poetry_entries(places: Places, wanted: Mapping[str, Any], *, primary: bool = True) -> Iterator[Entry | Note]:
    """A table of Poetry's or pipenv's; one that gives several constraints, each for some Pythons, gives several."""
    for name, said in wanted.items():
        if name == "python":
            continue
        number = places.line_of(name)
        for one in said if isinstance(said, list) else [said]:
            options = one if isinstance(one, Mapping) else {"version": one}
            version = str(options.get("version", ""))
            if "|" in version:
                yield Note(
                    f"{name} {version} names alternatives, which PEP 440 cannot say; any version may be installed"
                )
                options = {**options, "version": "*"}
            yield _poetry_line(name, options), number, primary and not options.get("optional")


def _poetry_line(name: str, options: Mapping[str, Any]) -> str:
    """One entry as PEP 508; a source elsewhere stays in it, so that it is refused."""
    source = next((str(options[key]) for key in ("git", "path", "url") if key in options), None)
    if source:
        return f"{name} @ {source}" if "://" in source else f"../{source}"
    extras = f"[{','.join(map(str, options['extras']))}]" if options.get("extras") else ""
    marker = " and ".join(f"({one})" for one in (options.get("markers"), _python_marker(options.get("python"))) if one)
    return f"{name}{extras}{_translated(str(options.get('version', '*')))}{f' ; {marker}' if marker else ''}"


def _python_marker(wanted: object) -> str:
    """The Pythons that a constraint is for, such as `<3.9` or `^3.8`, as a marker; empty where it cannot be read."""
    try:
        parts = SpecifierSet(_translated(str(wanted or "*")))
    except InvalidSpecifier:
        return ""
    return " and ".join(sorted(f"python_version {part.operator} '{part.version}'" for part in parts))


def _translated(version: str) -> str:
    """Poetry's `^1.2`, `~1.2`, `1.2` and `*` as PEP 440; several parts, split by commas, must all hold."""
    return ",".join(filter(None, (_part(one.strip()) for one in version.split(","))))


def _part(version: str) -> str:
    if version in ("*", ""):
        return ""
    if re.match(r"\^\d", version):
        return f">={version[1:]},<{_next_breaking(version[1:])}"
    if re.match(r"~\d", version):
        parts = version[1:].split(".")[:2]
        return f"=={'.'.join(parts)}.*"
    return f"=={version}" if version[0].isdigit() else version


def _next_breaking(version: str) -> str:
    """The first version that `^` excludes: its leftmost number that is not 0, else its last one, goes up by one.

    Source: Poetry's documentation, "Dependency specification", caret requirements: `^0.0.3` is <0.0.4, `^0.0` is <0.1.
    """
    numbers = [int(one) for one in re.findall(r"\d+", re.split(r"[^\d.]", version)[0])[:3]]
    last = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    return ".".join(map(str, [*numbers[:last], numbers[last] + 1]))


def pipfile(text: str) -> Iterator[Entry | Note]:
    """The packages of a Pipfile; its sources are passed over. Raises ValueError where it is no TOML."""
    data, places = tomllib.loads(text), Places(text)
    yield from poetry_entries(places, data.get("packages", {}))
    yield from poetry_entries(places, data.get("dev-packages", {}), primary=False)
