"""How models name a file: on a line of its own in many dresses, in a fence's info string, in a sentence."""

from __future__ import annotations

import re
from collections.abc import Collection

_LEAD = re.compile(r"^(?:[#>*+\-\s]|//|\d+[.)]\s)*")
_LABEL = re.compile(
    r"^(?:(?:the|in|edit|update|modify|create|new|modified)\s+)*(?:file(?:\s?name|\s?path)?|path)\s*[:=]\s*", re.I
)
_NOTE = re.compile(r"\s*\((?:new|new file|modified|updated|unchanged|fixed|edited)\)\s*$", re.I)
_PLAIN = re.compile(r"^[\w.@+\-/\\]*[\w@+\-]\.[A-Za-z]\w{0,9}$")
_NAMES = frozenset({"Makefile", "Dockerfile", "LICENSE", ".gitignore", "Procfile", "Pipfile"})
_QUOTED = re.compile(r"[`*\"']+([^`*\"'\s]+)[`*\"']+")
_INFO = re.compile(r"(?:title|file|filename|path|name)\s*=\s*[\"']?([^\"'\s}]+)")


def path_of_line(line: str, known: Collection[str]) -> str | None:
    """The path that `line` consists of, whatever is wrapped around it; None where it says more than a path."""
    text = _LEAD.sub("", line.strip(), count=1)
    text = _NOTE.sub("", text)
    for _ in range(3):
        text = _LABEL.sub("", text.strip().strip("*`\"'<>:").strip(), count=1)
    text = _NOTE.sub("", text).strip("*`\"'<>: ")
    return text if _is_path(text, known) else None


def path_in_sentence(line: str, known: Collection[str]) -> str | None:
    """The one quoted path of a known file that a sentence mentions; None for none or several."""
    mentioned = {m for m in _QUOTED.findall(line) if m.removeprefix("./") in known}
    return mentioned.pop() if len(mentioned) == 1 else None


def path_of_info(info: str, known: Collection[str]) -> str | None:
    """The path in a fence's info string: `a.py`, `python a.py`, `python:a.py`, `python title="a.py"`."""
    named = _INFO.search(info)
    if named:
        return named.group(1) if _is_path(named.group(1), known) else None
    for word in reversed(info.replace("{", " ").replace("}", " ").split()):
        for candidate in (word, word.partition(":")[2]):
            if candidate and _is_path(candidate, known):
                return candidate
    return None


def resolve(path: str, known: Collection[str]) -> str:
    """The file of the tree that `path` means, or `path` tidied where none is meant without doubt.

    Taken off: `./`, the sandbox's `/workspace/`, the `a/` and `b/` of diffs, one leading folder that the tree does
    not have (the repository's own name). A bare name means the one file of that name.
    """
    tidy = path.replace("\\", "/")
    for prefix in ("/workspace/", "./"):
        tidy = tidy.removeprefix(prefix)
    if tidy in known or tidy.startswith("/") or ".." in tidy.split("/"):
        return tidy
    head, _, rest = tidy.partition("/")
    folders = {k.partition("/")[0] for k in known if "/" in k}
    if rest and rest in known and head not in folders:
        return rest
    same_end = [k for k in known if k.endswith("/" + tidy)]
    return same_end[0] if len(same_end) == 1 else tidy


def _is_path(text: str, known: Collection[str]) -> bool:
    if text.removeprefix("./") in known or text.rpartition("/")[2] in _NAMES:
        return True
    return bool(_PLAIN.match(text)) and len(text) < 200
