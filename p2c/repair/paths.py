"""How models name a file: on a line of its own in many dresses, in a fence's info string, in a sentence."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from p2c.repair.marks import LONGEST
from sandbox.tree import Tree, check_path


@dataclass(frozen=True)
class Refused:
    """Why something was not done."""

    reason: str


_LEAD = re.compile(r"^(?:[#>*+\-\s]|//|\d+[.)]\s)*")
_LABEL = re.compile(
    r"^(?:(?:the|in|edit|update|modify|create|new|modified)\s+)*(?:file(?:\s?name|\s?path)?|path)\s*[:=]\s*", re.I
)
_NOTE = re.compile(r"\s*\((?:new|new file|modified|updated|unchanged|fixed|edited)\)\s*$", re.I)
_PLAIN = re.compile(r"^[\w.@+\-/\\]*[\w@+\-]\.[A-Za-z]\w{0,9}$")
_NAMES = frozenset({"Makefile", "Dockerfile", "LICENSE", ".gitignore", "Procfile", "Pipfile"})
_QUOTED = re.compile(r"[`*\"']+([^`*\"'\s]+)[`*\"']+")
_TAG = re.compile(r"^\s*<(?:path|file|file_?path|file_?name)>\s*(?P<path>[^<>]+?)\s*</\w+>\s*$", re.IGNORECASE)
_PLACE = re.compile(r"[`*\"']*\s*(?:[(,]?\s*(?:at\s+)?lines?\s+\d+(?:\s*(?:-|–|to)\s*\d+)?\)?|:\d+(?:-\d+)?)$", re.I)
_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
_INFO = re.compile(r"(?:title|file|filename|path|name)\s*=\s*[\"']?([^\"'\s}]+)")


def path_of_line(line: str, known: Collection[str]) -> str | None:
    """The path that `line` consists of, whatever is wrapped around it; None where it says more than a path."""
    if len(line) > LONGEST:
        return None
    tagged = _TAG.match(line)
    if tagged:
        return tagged["path"] if _is_path(tagged["path"], known) else None
    text = _LEAD.sub("", line.strip(), count=1)
    text = _NOTE.sub("", text)
    for _ in range(3):
        text = _LABEL.sub("", text.strip().strip("*`\"'<>:").strip(), count=1)
    text = _NOTE.sub("", text).strip("*`\"'<>: ")
    if not _is_path(text, known):
        text = _PLACE.sub("", text).strip("*`\"'<>: ")
    return text if _is_path(text, known) else None


def path_in_sentence(line: str, known: Collection[str]) -> str | None:
    """The one quoted path of a known file that a sentence mentions; None for none or several."""
    if len(line) > 4 * LONGEST:
        return None
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

    Taken off: `./`, the sandbox's `/workspace/`, the form's own `path/to/`, the `a/` and `b/` of diffs, one leading
    folder that the tree does not have (the repository's own name). A bare name means the one file of that name; an
    absolute path the one file that it ends with.
    """
    tidy = path if path in known else path.replace("\\", "/")
    tidy = tidy if tidy in known else new_path(tidy.removeprefix("/workspace/"), known)
    if tidy in known or ".." in tidy.split("/"):
        return tidy
    if tidy.startswith("/") or _DRIVE.match(tidy):
        parts = tidy.split("/")
        ends = [end for end in ("/".join(parts[i:]) for i in range(1, len(parts))) if end in known]
        return ends[0] if len(ends) == 1 else tidy
    head, _, rest = tidy.partition("/")
    folders = {k.partition("/")[0] for k in known if "/" in k}
    if rest and rest in known and head not in folders:
        return rest
    same_end = [k for k in known if k.endswith("/" + tidy)]
    return same_end[0] if len(same_end) == 1 else tidy


def new_path(path: str, known: Collection[str]) -> str:
    """`path` without `./`, and without the `path/to/` of where the form is explained, which small models copy."""
    path = path.removeprefix("./")
    return path if any(k.startswith("path/") for k in known) else path.removeprefix("path/to/")


def _is_path(text: str, known: Collection[str]) -> bool:
    if text.removeprefix("./") in known or text.rpartition("/")[2] in _NAMES:
        return True
    return len(text) < 200 and bool(_PLAIN.match(_DRIVE.sub("", text)))


def checked(path: str, tree: Tree) -> str | Refused:
    """`path` where a file may be written there, else why not."""
    if not PurePosixPath(path).parts:
        return Refused(f"`{path}` names no file; give the path relative to the root of the repository")
    try:
        check_path(path)
    except ValueError:
        return Refused(f"`{path}` is outside the repository; give the path relative to its root, without `..`")
    if path in tree.skipped:
        return Refused(f"`{path}` cannot be edited: it is {tree.skipped[path]}")
    above = path.split("/")[:-1]
    parents = {"/".join(above[: i + 1]) for i in range(len(above))}
    clash = sorted(parents & set(tree.files)) or [p for p in tree.files if p.startswith(path + "/")][:1]
    return Refused(f"`{path}` cannot be made: `{clash[0]}` is in its way") if clash else path
