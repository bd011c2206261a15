"""A manifest: the set of papers and repositories, read as a whole and refused as a whole."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar
from unicodedata import normalize

from pydantic import ValidationError

from p2c.bench.entry import ONLY_FOR, Entry, Kind, Options, Written, kebab
from p2c.errors import UsageError

_M = TypeVar("_M", bound=Options)
_WILD = re.compile(r"[*?\[]")
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*entries[ \t]*\]\]", re.M)
_SOURCES: dict[str, Kind] = {
    "repository": "repository",
    "paper": "paper",
    "repositories": "repository",
    "papers": "paper",
}
_MOST_NAME_BYTES = 200
_MOST_ENTRIES = 10_000


@dataclass(frozen=True)
class Manifest:
    """A set as it is to be run.

    Attributes:
        path: of the manifest.
        title: the user's own, or the file's name.
        entries: in the manifest's order; their names differ, case aside.
    """

    path: Path
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class _Place:
    """Where in the manifest something stands, for messages."""

    manifest: Path
    text: str

    def refuse(self, why: str) -> UsageError:
        return UsageError(f"{self.manifest}, {self.text}: {why}")


def read_manifest(path: Path, *, model: str | None = None, no_model: bool = False) -> Manifest:
    """The set that `path` (TOML, JSON or JSON Lines, by its suffix) describes.

    Args:
        model: in place of the defaults' own.
        no_model: no entry asks a model, whatever the manifest says.

    Raises:
        UsageError: it cannot be read, or something in it makes no sense: an unknown key, a value of the wrong type, a
            file that is not there, a pattern without a match, names that are alike. The entry is named.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise UsageError(f"the manifest {path} cannot be read: {why}") from error
    table, written = _parsed(path, text)
    unknown = sorted(table.keys() - {"title", "defaults", "entries"})
    if unknown:
        raise UsageError(f"{path}: unknown key {unknown[0]!r}; it may hold title, defaults and entries")
    title = table.get("title", path.name)
    if not isinstance(title, str) or not title.strip():
        raise UsageError(f"{path}: title must be a text")
    given = _mapping(table.get("defaults", {}), _Place(path, "defaults"))
    _checked(Options, given, _Place(path, "defaults"))
    if model is not None:
        given = {**{key: value for key, value in given.items() if key != "no-model"}, "model": model}
    entries = tuple(entry for one, place in written for entry in _entries(one, given, place))
    _refuse_alike(path, entries)
    return Manifest(path, title.strip(), tuple(map(_without_model, entries)) if no_model else entries)


def _without_model(entry: Entry) -> Entry:
    if entry.kind == "paper":
        raise UsageError(f"--no-model: entry {entry.name!r} is a paper, of which nothing comes without a model")
    options = entry.options.model_copy(update={"no_model": True})
    return entry.model_copy(update={"options": options, "recorded": None})


def _parsed(path: Path, text: str) -> tuple[dict[str, object], list[tuple[object, _Place]]]:
    """The manifest's table, and its entries, each with where it stands."""
    if path.suffix == ".jsonl":
        full = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        table: object = {"entries": [_json(path, line, f", line {number}") for number, line in full]}
        starts = [number for number, _ in full]
    elif path.suffix == ".json":
        table, starts = _json(path, text, ""), []
    else:
        try:
            table = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path} is no TOML: {error}") from error
        starts = [text.count("\n", 0, match.start()) + 1 for match in _HEADER.finditer(text)]
    entries = table.get("entries") if isinstance(table, dict) else None
    if not isinstance(table, dict) or not isinstance(entries, list) or not entries:
        raise UsageError(f"{path} names no entries; docs/bench.md says what a manifest looks like")
    known = starts if len(starts) == len(entries) else []  # a header in a text of several lines is none
    lines = zip_longest(entries, known)
    return table, [(entry, _place(path, number, entry, line)) for number, (entry, line) in enumerate(lines, 1)]


def _json(path: Path, text: str, where: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}{where} is no JSON: {error}") from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return table


def _place(path: Path, number: int, entry: object, line: int | None) -> _Place:
    name = entry.get("name") if isinstance(entry, dict) else None
    named = f" {name!r}" if isinstance(name, str) else ""
    return _Place(path, f"entry {number}{named}{f' (line {line})' if line else ''}")


def _mapping(value: object, place: _Place) -> dict[str, object]:
    if not isinstance(value, dict):
        raise place.refuse("it must be a table of keys and values")
    return value


def _checked(kind: type[_M], values: Mapping[str, object], place: _Place) -> _M:
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(sorted(kebab(name) for name in kind.model_fields))
            raise place.refuse(f"unknown key {key!r}; it may hold {known}") from error
        raise place.refuse(f"{key}: {first['msg']}, not {_shown(first['input'])}") from error


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}..."


def _entries(written: object, defaults: Mapping[str, object], place: _Place) -> Iterator[Entry]:
    """The entries that one table of the manifest stands for."""
    own = _checked(Written, _mapping(written, place), place)
    sources = [key for key in _SOURCES if getattr(own, key) is not None]
    if len(sources) != 1:
        said = " and ".join(sources) or "none of them"
        raise place.refuse(f"it must have one of {', '.join(_SOURCES)}, and has {said}")
    kind = _SOURCES[sources[0]]
    foreign = next((name for name in sorted(own.model_fields_set) if ONLY_FOR.get(name, kind) != kind), None)
    if foreign:
        raise place.refuse(f"{kebab(foreign)} is no option of a {kind}")
    if own.no_model and (own.recorded or own.model):
        raise place.refuse("no-model asks no model, so neither model nor recorded belongs beside it")
    options = _options(own, defaults, kind)
    named = getattr(own, sources[0])
    patterns = named if isinstance(named, tuple) else None
    found = list(_matches(patterns, place)) if patterns else [(str(named), _name_of(place, str(named)))]
    if own.name is not None and len(found) != 1:
        raise place.refuse(f"{len(found)} {sources[0]} cannot share the name {own.name!r}; leave it out")
    for at, name in found:
        yield Entry(
            name=_good_name(own.name or name, place),
            kind=kind,
            path=_there(place, at, kind),
            place=at,
            options=options,
            minimum=own.minimum,
            recorded=_there(place, own.recorded, "recorded") if own.recorded else None,
        )


def _options(own: Written, defaults: Mapping[str, object], kind: Kind) -> Options:
    """The entry's own options over the defaults that its kind has."""
    aliases = {kebab(name): name for name in Options.model_fields}
    ours = {key: value for key, value in defaults.items() if ONLY_FOR.get(aliases[key], kind) == kind}
    mine = own.model_dump(by_alias=True, exclude_unset=True, include=set(Options.model_fields))
    if "model" in mine or own.recorded:
        ours.pop("no-model", None)
    return Options.model_validate({**ours, **mine})


def _matches(patterns: Iterable[str], place: _Place) -> Iterator[tuple[str, str]]:
    """Path and name of what the patterns match, sorted; the name is what the wildcards stand for."""
    folder = place.manifest.parent
    for pattern in patterns:
        if not _WILD.search(pattern):
            yield pattern, _name_of(place, pattern)
            continue
        parts = Path(pattern).parts
        fixed = next(number for number, part in enumerate(parts) if _WILD.search(part))
        base = folder.joinpath(*parts[:fixed])
        rest = "/".join(parts[fixed:])
        is_folder = pattern.endswith("/")
        found = sorted(one for one in base.glob(rest) if _is_meant(one, base) and (one.is_dir() or not is_folder))
        if not found:
            raise place.refuse(f"nothing matches {pattern!r}")
        tail = _fixed_tail(parts[fixed:])
        for one in found[: _MOST_ENTRIES + 1]:
            words = one.relative_to(base).parts
            name = "-".join(words[: len(words) - tail] or words)
            yield "/".join([*parts[:fixed], *words]), name


def _is_meant(found: Path, base: Path) -> bool:
    """Hidden files and folders are matched by no pattern."""
    return not any(part.startswith(".") for part in found.relative_to(base).parts)


def _fixed_tail(parts: tuple[str, ...]) -> int:
    """How many parts at the end have no wildcard."""
    return next(number for number, part in enumerate(reversed(parts)) if _WILD.search(part))


def _name_of(place: _Place, at: str) -> str:
    return (place.manifest.parent / at).resolve().name


def _there(place: _Place, at: str, what: str) -> Path:
    """The absolute path; refused where there is nothing of the kind."""
    path = (place.manifest.parent / at).absolute()
    is_there = path.is_dir() if what == "repository" else path.exists()
    if not is_there:
        kind = "folder" if what == "repository" else "file or folder"
        raise place.refuse(f"{what}: there is no {kind} {path}")
    return path


def _good_name(name: str, place: _Place) -> str:
    is_text = name.isprintable() and not any("\ud800" <= sign <= "\udfff" for sign in name)
    if not is_text or "/" in name or name[0] in ".-" or len(name.encode("utf-8", "replace")) > _MOST_NAME_BYTES:
        raise place.refuse(
            f"{name!r} cannot be a name: at most {_MOST_NAME_BYTES} bytes, without / and control characters, "
            "not beginning with . or -; set one with name"
        )
    return name


def _refuse_alike(path: Path, entries: tuple[Entry, ...]) -> None:
    if len(entries) > _MOST_ENTRIES:
        raise UsageError(f"{path} stands for more than {_MOST_ENTRIES:,} entries; make several sets of it")
    seen: dict[str, Entry] = {}
    for entry in entries:
        other = seen.setdefault(normalize("NFC", entry.name).casefold(), entry)
        if other is not entry:
            raise UsageError(
                f"{path}: two entries have the name {entry.name!r} ({other.place} and {entry.place}); "
                "set another one with name"
            )
