"""Taking a whole file out of a model's answer, whatever its habits with code fences."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from p2c.errors import AnswerError
from p2c.model.content import is_code_line, is_prose, is_well_formed, parses, suffix
from p2c.model.fences import Block, block, blocks, fences


class Truncated(AnswerError):
    """The answer ends inside an open code fence: the file was cut off. `partial` is what there is of it."""

    def __init__(self, path: str, partial: str) -> None:
        super().__init__(
            f"the answer for {path} was cut off inside the code ({len(partial.splitlines())} lines came); "
            "ask for the whole file again, or raise the limit on reply tokens"
        )
        self.partial = partial


class NotCode(AnswerError):
    """The answer holds no content for the file: it is empty, or prose, or one line of literal `\\n`."""


LANGUAGES = {
    ".py": {"python", "py", "python3", "ipython"},
    ".pyi": {"python", "py", "pyi"},
    ".md": {"markdown", "md"},
    ".yaml": {"yaml", "yml"},
    ".yml": {"yaml", "yml"},
    ".json": {"json", "jsonc", "json5"},
    ".toml": {"toml"},
    ".sh": {"bash", "sh", "shell", "zsh"},
    ".txt": {"text", "txt", "plaintext", "requirements", "pip-requirements"},
    ".cfg": {"ini", "cfg"},
    ".ini": {"ini", "cfg"},
    ".ipynb": {"json", "ipynb"},
}
MOST_REMARK_LINES = 30
"""Behind a file without a fence; each is one attempt to parse it."""
_START = re.compile(r"^(import \w|from [\w.]+ import |def \w|class \w|async def |@\w|#|\"\"\"|'''|[A-Z_]+ *= )")


def extract_code(text: str, path: str) -> str:
    """The content of the file `path` from an answer that was to hold the whole file.

    The content is verbatim and ends with exactly one line break (a package's `__init__.py` may be empty).
    Understood are: no fence at all (with or without a sentence before it), a fence of another language, fences
    inside the file (a README's examples), tildes, several blocks (the one that names the file, then of its
    language, then the longest).

    Raises:
        Truncated: the answer ends behind an open fence.
        NotCode: the answer is empty, prose, or one line of literal `\\n`.
    """
    content = _markdown(text) if suffix(path) == ".md" else _from_blocks(text, path)
    if isinstance(content, Block):
        if not content.closed:
            raise Truncated(path, content.content)
        content = content.content
    if content is None:
        content = _unfenced(text, path)
    _check(content, path)
    return content.strip("\r\n") + _line_break(content) if content.strip() else ""


def _line_break(content: str) -> str:
    return "\r\n" if content.rstrip(" \t").endswith("\r\n") else "\n"


def _from_blocks(text: str, path: str) -> Block | None:
    found = blocks(text)
    spanning = _span(text)
    if spanning and suffix(path) == ".py" and not any(parses(b.content) for b in found):
        found = [spanning] if parses(spanning.content) else found
    return max(found, key=lambda b: _rank(b, path), default=None)


def _rank(candidate: Block, path: str) -> tuple[bool, bool, bool, int]:
    name = PurePosixPath(path).name
    first_line = candidate.content.lstrip().partition("\n")[0]
    names_it = any(_mentions(name, place) for place in (candidate.info, candidate.before[-200:], first_line[:200]))
    language = re.split(r"[\s:{,]", candidate.info.lower().lstrip("{."), maxsplit=1)[0]
    of_language = language in LANGUAGES.get(suffix(path), ())
    return names_it and (of_language or not language), of_language, names_it, len(candidate.content)


def _mentions(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) is not None


def _markdown(text: str) -> Block | str:
    """A Markdown file: fences in it are content, so the outer fence reaches to the last one."""
    lines = text.splitlines(keepends=True)
    found = fences(lines)
    outer = next((f for f in found if f.info.lower().split(" ")[0].partition(":")[0] in LANGUAGES[".md"]), None)
    if outer is None and found and not found[0].info and not "".join(lines[: found[0].line]).strip():
        outer = found[0]
    if outer is None:
        return text
    last = found[-1]
    same = [f for f in found if f.line > outer.line and f.mark == outer.mark and not f.info]
    if len(outer.mark) > 3:
        return block(lines, outer, same[0].line if same else None)
    inner = [f for f in found if outer.line < f.line < last.line]
    is_closed = last.line > outer.line and not last.info and len(inner) % 2 == 0
    return block(lines, outer, last.line if is_closed else None)


def _span(text: str) -> Block | None:
    """Everything between the first fence and the last."""
    lines = text.splitlines(keepends=True)
    found = fences(lines)
    return block(lines, found[0], found[-1].line) if len(found) > 2 and not found[-1].info else None


def _unfenced(text: str, path: str) -> str:
    """An answer without a fence: all of it, or, for Python, what follows a sentence of introduction."""
    if suffix(path) != ".py" or parses(text):
        return text
    lines = text.splitlines(keepends=True)
    start = next((n for n, line in enumerate(lines) if _START.match(line)), None)
    if start is None:
        return text
    for end in range(len(lines), max(start, len(lines) - MOST_REMARK_LINES), -1):
        if end < len(lines) and lines[end].startswith((" ", "\t")):
            break
        candidate = "".join(lines[start:end])
        if parses(candidate) and not any(is_code_line(line) for line in lines[end:] if line.strip()):
            return candidate
    return text


def _check(content: str, path: str) -> None:
    stripped = content.strip()
    if not stripped and PurePosixPath(path).name not in ("__init__.py", ".gitkeep", "py.typed"):
        raise NotCode(f"the answer for {path} is empty; ask for the whole file again")
    if "\n" not in stripped and stripped.count("\\n") >= 2 and not is_well_formed(stripped, path):
        raise NotCode(f"the answer for {path} is one line of literal \\n; ask for the file with real line breaks")
    if is_prose(content, path):
        start = stripped.partition("\n")[0][:80]
        raise NotCode(f"the answer for {path} is prose, not the file's content (it begins {start!r}); ask again")
