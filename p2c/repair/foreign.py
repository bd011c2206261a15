"""Edits in the forms of other tools, JSON and XML, where they say the same as blocks and whole files do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from p2c.model.text import clean
from p2c.repair.answer import Answer, Block, Lines, WholeFile
from p2c.repair.marks import unfenced

_PATH = ("path", "file", "file_path", "filepath", "filename", "file_name")
_OLD = ("search", "old_str", "old_string", "old_text", "old", "original", "SEARCH")
_NEW = ("replace", "new_str", "new_string", "new_text", "new", "updated", "REPLACE")
_WHOLE = ("content", "file_text", "contents", "code")
_DEPTH = 8

_NAME = r"""["'](?P<path>[^"'<>\n]{1,200})["']"""
_OPEN = re.compile(
    r"^[ \t]*<(?P<tag>file|write_to_file|create_file)\s[^<>\n]{0,200}?"
    rf"(?:path|name|filename)={_NAME}[^<>\n]{{0,200}}>",
    re.MULTILINE,
)
_NAMED = re.compile(
    rf"<(?:path|file|file_path|filename)>\s*(?P<inside>[^<>\n]{{1,200}}?)\s*</|\b(?:path|file|name)={_NAME}"
)
_SEARCH = re.compile(r"<(?P<tag>search|old_str|old_string|old|original)>", re.IGNORECASE)
_REPLACE = re.compile(r"\s{0,40}<(?P<tag>replace|new_str|new_string|new|updated)>", re.IGNORECASE)

Parse = Callable[[str], Answer]


def structured(text: str, parse: Parse) -> Answer | None:
    """The edits in `text` where it is JSON, or holds tags that other tools use; else None.

    `parse` reads what stands in a string of it.
    """
    return _json(text, parse) or _files(text) or _tags(text)


def _json(text: str, parse: Parse) -> Answer | None:
    bare = "\n".join(unfenced(tuple(text.strip().split("\n")))).strip()
    if bare[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(bare, strict=False)
    except (ValueError, RecursionError):
        return None
    blocks: list[Block] = []
    files: list[WholeFile] = []
    for part in _objects(value, 0):
        if isinstance(part, str):
            if "<<<<<" in part:
                return parse(part)
            continue
        path, old, new, whole = (_first(part, keys) for keys in (_PATH, _OLD, _NEW, _WHOLE))
        if old is not None and new is not None:
            blocks.append(Block(len(blocks) + 1, path, ((_lines(old), _lines(new)),)))
        elif path is not None and whole is not None:
            files.append(WholeFile(path, _lines(whole)))
    return Answer(tuple(blocks), tuple(files)) if blocks or files else None


def _objects(value: object, depth: int) -> Iterator[Mapping[str, object] | str]:
    """The objects and strings in a JSON value, outermost first."""
    if isinstance(value, str):
        yield value
    elif depth < _DEPTH and isinstance(value, list):
        for item in value:
            yield from _objects(item, depth + 1)
    elif depth < _DEPTH and isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _objects(item, depth + 1)


def _first(part: Mapping[str, object] | str, keys: tuple[str, ...]) -> str | None:
    if isinstance(part, str):
        return None
    return next((value for key in keys if isinstance(value := part.get(key), str)), None)


def _files(text: str) -> Answer | None:
    """`<file path="...">` with the content up to `</file>`."""
    files: list[WholeFile] = []
    at = 0
    while match := _OPEN.search(text, at):
        stop = text.find(f"</{match['tag']}>", match.end())
        if stop < 0 or "<search>" in text[match.end() : stop].lower():
            return None
        body = text[match.end() : stop].removeprefix("<![CDATA[").removesuffix("]]>")
        files.append(WholeFile(match["path"], unfenced(_lines(body.removeprefix("\n")))))
        at = stop
    return Answer(files=tuple(files)) if files else None


def _tags(text: str) -> Answer | None:
    """`<search>` and `<replace>` behind the path that is named last above them."""
    blocks: list[Block] = []
    at, path = 0, None
    while match := _SEARCH.search(text, at):
        named = [m["inside"] or m["path"] for m in _NAMED.finditer(text, at, match.start())]
        path = named[-1] if named else path
        old, behind = _inside(text, match["tag"], match.end())
        following = _REPLACE.match(text, behind) if old is not None else None
        new, behind = _inside(text, following["tag"], following.end()) if following else (None, behind)
        if old is None or new is None:
            return None
        blocks.append(Block(len(blocks) + 1, path, ((_lines(old), _lines(new)),)))
        at = behind
    return Answer(tuple(blocks)) if blocks else None


def _inside(text: str, tag: str, start: int) -> tuple[str | None, int]:
    """What stands between `start` and the closing tag, and where that ends."""
    stop = text.find(f"</{tag}>", start)
    return (None, start) if stop < 0 else (text[start:stop].removeprefix("\n"), stop + len(tag) + 3)


def _lines(text: str) -> Lines:
    lines = clean(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return tuple(lines[:-1] if not lines[-1].strip() else lines)
