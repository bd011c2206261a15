"""Reads the traceback that ended a Python process, and names a failure so that the same one is known again.

The text comes from untrusted code, so what is read here is evidence for a person or an agent; whether a run
failed is decided by its exit status alone.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sandbox.tree import Tree
from sandbox.verdict import Frame

WORKSPACE = "/workspace/"
MAX_FRAMES = 60
MAX_TEXT = 12_000
GROUP = "Exception Group Traceback"
"""Its members come with tracebacks of their own if they were raised, else as lines below it."""

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_GROUP_PREFIX = re.compile(r"^ {2,}(?:[|+] ?)+(?:-+\+?-* ?\d* ?-*)?")
_HEADER = re.compile(r"^(?:\s*\S.*)?Traceback \(most recent call last\):\s*$")
_HEAD_ALONE = re.compile(r"^.*?(?P<head>(?:Exception Group )?Traceback \(most recent call last\):\s*)$")
"""Behind a progress bar, which may begin with a space, the header stands in the middle of a line."""
_FRAME = re.compile(r'^\s+File "(?P<file>[^"\n]+)", line (?P<line>\d{1,9})(?:, in (?P<function>.*))?$')
_EXCEPTION = re.compile(r"^(?P<name>[A-Za-z_][\w.]*(?:\.<locals>\.\w+)*)(?:: ?(?P<message>.*))?$")
_CARETS = re.compile(r"^\s*[~^]+\s*$")
_FATAL = re.compile(r"^Fatal Python error: (?P<message>.+)$", re.MULTILINE)
_FATAL_FRAME = re.compile(r'^  File "(?P<file>[^"\n]+)", line (?P<line>\d{1,9}) in (?P<function>.+)$', re.MULTILINE)
_NOT_RAISED = ("Exception ignored in", "--- Logging error ---")

_MASKS = (
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "<uuid>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b0x[0-9a-fA-F]+\b"), "<address>"),
    (re.compile(r"(?P<quote>['\"`])(?:[A-Za-z]:)?[^'\"`\n]*[/\\][^'\"`\n]*(?P=quote)"), "<path>"),
    (re.compile(r"(?<![\w.])/(?:[\w.+-]+/)*[\w.+-]+"), "<path>"),
    (re.compile(r"(?:(?<=\dx)|(?<![A-Za-z_\d]))[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"), "<n>"),
)


class Traceback(NamedTuple):
    """What a traceback says.

    Attributes:
        exception: the qualified name as printed, e.g. `torch.cuda.OutOfMemoryError`.
        message: the exception's message in one line; may be empty.
        frames: outermost first; a syntax error's own place is the last one.
        text: the traceback itself, as printed.
    """

    exception: str
    message: str
    frames: tuple[Frame, ...]
    text: str

    @property
    def deepest(self) -> Frame | None:
        """The deepest frame inside the repository."""
        return deepest_frame(self.frames)


def read_traceback(text: str, tree: Tree) -> Traceback | None:
    """The last traceback in `text`, which is that of the exception that ended the process.

    In a chain (`raise ... from ...`) the exception that was raised last is the failure; a traceback inside a
    message (`Original Traceback`, as worker processes print it) is nearer to the cause and is preferred.
    Tracebacks of exceptions that Python ignored and of the logging module's own errors are passed over.
    A crash of the interpreter (`faulthandler`) is read when there is no traceback.
    """
    lines = plain_lines(text.splitlines())
    for start in reversed([number for number, line in enumerate(lines) if _HEADER.match(line)]):
        if start and lines[start - 1].startswith(_NOT_RAISED):
            continue
        if found := _read_at(lines, start, tree):
            return found
    return _read_bare_syntax_error(lines, tree) or _read_fatal(text, tree)


def plain_lines(printed: Iterable[str]) -> list[str]:
    """The lines that a traceback is read from: without colours, and without the frame around an exception group."""
    lines = [_ANSI.sub("", line) for line in printed]
    is_group = any(GROUP in line for line in lines)
    return [_GROUP_PREFIX.sub("", line) for line in lines] if is_group else lines


def deepest_frame(frames: Sequence[Frame]) -> Frame | None:
    """The last of `frames` that lies inside the repository."""
    return next((frame for frame in reversed(frames) if frame.in_repository), None)


def failure_signature(exception: str | None, message: str, frames: Sequence[Frame]) -> str:
    """Tells the same failure from a new one.

    It holds the exception's type, file, function and source text of the deepest frame inside the repository
    (not its line number, which every edit above it changes), and the message with numbers, addresses, paths,
    times and UUIDs masked.
    """
    frame = deepest_frame(frames)
    place = f"{frame.file}:{frame.function}: {' '.join(frame.code.split())}" if frame else "-"
    return f"{exception or 'exit'} | {place} | {mask(message)}"


def mask(message: str) -> str:
    """`message` in one line, with what changes from run to run replaced by marks; at most 200 characters."""
    masked = " ".join(message.split())
    for pattern, mark in _MASKS:
        masked = pattern.sub(mark, masked)
    return masked[:200]


def make_frame(file: str, line: int, function: str, code: str, tree: Tree) -> Frame:
    """A frame; a file below the workspace, or a relative path of the tree, is inside the repository."""
    inside = posixpath.normpath(file.removeprefix(WORKSPACE)) if file.startswith(WORKSPACE) else None
    if inside is None and not posixpath.isabs(file) and posixpath.normpath(file) in tree.files:
        inside = posixpath.normpath(file)
    if inside is not None and not code and inside in tree.files:
        source = tree.text(inside).splitlines()
        code = source[line - 1].strip() if 0 < line <= len(source) else ""
    return Frame(file=inside or file, line=line, function=function, code=code[:300], in_repository=inside is not None)


def _read_at(lines: list[str], start: int, tree: Tree) -> Traceback | None:
    frames: list[Frame] = []
    number = start + 1
    while number < len(lines):
        line = lines[number]
        if match := _FRAME.match(line):
            code = _source_after(lines, number)
            function = match["function"] or ""
            frames.append(make_frame(match["file"], int(match["line"]), function, code, tree))
        elif line.strip() and not line[0].isspace() and (match := _EXCEPTION.match(line)):
            end, message = _message(lines, number, match["message"] or "")
            text = "\n".join([_HEAD_ALONE.sub(r"\g<head>", lines[start]), *lines[start + 1 : end]])
            return Traceback(match["name"], message, _shortened(frames), _cut(text))
        elif line.strip() and not line[0].isspace():
            return None
        number += 1
    return None


def _source_after(lines: list[str], number: int) -> str:
    following = lines[number + 1] if number + 1 < len(lines) else ""
    is_source = following.startswith("    ") and not _FRAME.match(following) and not _CARETS.match(following)
    return following.strip() if is_source else ""


def _message(lines: list[str], number: int, first: str) -> tuple[int, str]:
    """The end of the exception's text (exclusive), and its message in one line."""
    end = number + 1
    while end < len(lines) and lines[end].strip() and not _HEADER.match(lines[end]):
        end += 1
    parts = [first.strip()]
    for line in lines[number + 1 : end]:
        if parts[-1] and not parts[-1].endswith(":"):
            break
        parts.append(line.strip())
    return end, " ".join(part for part in parts if part)[:1000]


def _shortened(frames: list[Frame]) -> tuple[Frame, ...]:
    if len(frames) <= MAX_FRAMES:
        return tuple(frames)
    half = MAX_FRAMES // 2
    return (*frames[:half], *frames[-half:])


def _cut(text: str) -> str:
    half = MAX_TEXT // 2
    return text if len(text) <= MAX_TEXT else f"{text[:half]}\n...\n{text[-half:]}"


def _read_bare_syntax_error(lines: list[str], tree: Tree) -> Traceback | None:
    """A script that does not compile prints its place and the error, without a `Traceback` line."""
    for start in reversed([number for number, line in enumerate(lines) if _FRAME.match(line)]):
        for end in range(start + 1, min(start + 5, len(lines))):
            match = _EXCEPTION.match(lines[end])
            if match and match["name"] in ("SyntaxError", "IndentationError", "TabError"):
                return _read_at(["", *lines[start : end + 1]], 0, tree)
    return None


def _read_fatal(text: str, tree: Tree) -> Traceback | None:
    match = _FATAL.search(text)
    if match is None:
        return None
    report = text[match.start() :].partition("\nExtension modules: ")[0]
    frames = [make_frame(f["file"], int(f["line"]), f["function"], "", tree) for f in _fatal_frames(report)]
    return Traceback("Fatal Python error", match["message"].strip(), _shortened(frames[::-1]), _cut(report))


def _fatal_frames(report: str) -> Iterator[re.Match[str]]:
    """The frames of the thread that was running, else of the first that the report lists; innermost first."""
    current = report.partition("Current thread ")[2] or report
    return _FATAL_FRAME.finditer(current.split("\nThread ", 1)[0])
