"""Taking a whole file out of a model's answer, whatever its habits with code fences."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from p2c.errors import AnswerError
from p2c.model.content import is_code_line, is_prose, is_well_formed, parses, suffix, wrong_line
from p2c.model.fences import Block, block, blocks, fences
from sandbox.words import counted


class Truncated(AnswerError):
    """The answer ends inside an open code fence: the file was cut off. `partial` is what there is of it."""

    def __init__(self, path: str, partial: str) -> None:
        super().__init__(
            f"the answer for {path} was cut off inside the code ({counted(len(partial.splitlines()), 'line')} came); "
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
"""Behind a file without a fence; each may be one attempt to parse it."""
MOST_BLOCKS = 100
"""Of an answer, the longest; each may be one attempt to parse it."""
MOST_WRAPPINGS = 3
"""Of fences around one another."""
_MARK = "\ufeff"
_PATH = re.compile(r"[\w./\\-]*\w\.[A-Za-z]\w{0,5}(?!\w)")
"""What looks like a file: a name with an ending that begins with a letter."""
_COMMAND = re.compile(r"\b(?:python3?|bash|sh) [\w./\\-]+")
_COMMENT = re.compile(r"^\s*(?:#|//|--|;|<!--)\s*|\s*-->\s*$")
_START = re.compile(r"^(import \w|from [\w.]+ import |def \w|class \w|async def |@\w|#|\"\"\"|'''|[A-Z_]+ *= )")


def extract_code(text: str, path: str) -> str:
    """The content of the file `path` from an answer that was to hold the whole file.

    The content is verbatim but for a byte order mark, and ends with exactly one line break (a package's `__init__.py`
    may be empty). Understood are: no fence at all (with or without a sentence before it), a fence of another language,
    fences inside the file (a README's examples), a fence in a fence, tildes, several blocks (the one that names the
    file, then one that names no other, then of its language, then the longest). Where the file goes is for the caller
    to say, never for the answer: a block that names another file, or a place outside the tree, is taken for the one
    that was asked for.

    Raises:
        Truncated: the answer ends behind an open fence.
        NotCode: the answer is empty, prose, or one line of literal `\\n`.
    """
    text = text.lstrip(_MARK)
    content = _markdown(text) if suffix(path) == ".md" else _from_blocks(text, path)
    if isinstance(content, Block):
        if not content.closed:
            raise Truncated(path, content.content)
        content = _unwrapped(content.content, path)
    if content is None:
        content = _unfenced(text, path)
    content = content.lstrip(_MARK)
    _check(content, path)
    return content.strip("\r\n") + _line_break(content) if content.strip() else ""


def _unwrapped(content: str, path: str) -> str:
    """What is in a block that holds nothing but another one; in a README that is content."""
    for _ in range(MOST_WRAPPINGS):
        if suffix(path) == ".md" or not content.lstrip().startswith(("```", "~~~")):
            break
        inner = blocks(content)
        lines = content.strip().count("\n") + 1
        if len(inner) != 1 or not inner[0].closed or inner[0].content.count("\n") != lines - 2:
            break
        content = inner[0].content
    return content


def _line_break(content: str) -> str:
    return "\r\n" if content.rstrip(" \t").endswith("\r\n") else "\n"


def _from_blocks(text: str, path: str) -> Block | None:
    found = _longest(blocks(text))
    spanning = _span(text)
    if spanning and suffix(path) == ".py" and not any(parses(b.content) for b in found):
        found = [spanning] if parses(spanning.content) else found
    return max(found, key=lambda b: _rank(b, path), default=None)


def _longest(found: list[Block]) -> list[Block]:
    """The blocks, in order; of very many, the longest."""
    if len(found) <= MOST_BLOCKS:
        return found
    least = sorted((len(block.content) for block in found), reverse=True)[MOST_BLOCKS - 1]
    return [block for block in found if len(block.content) >= least][:MOST_BLOCKS]


def _rank(candidate: Block, path: str) -> tuple[bool, bool, bool, bool, bool, int]:
    name = PurePosixPath(path).name
    first_line = candidate.content[:1000].lstrip().partition("\n")[0]
    places = (candidate.info[:200], candidate.before[-200:], first_line[:200])
    names_it = any(_mentions(name, place) for place in places)
    language = re.split(r"[\s:{,]", candidate.info[:200].lower().lstrip("{."), maxsplit=1)[0]
    of_language = language in LANGUAGES.get(suffix(path), ())
    return (
        names_it and (of_language or not language),
        any(_mentions(path, place, whole=True) for place in places),
        names_it or not _names_another(candidate.info[:200], places[1], places[2]),
        of_language,
        names_it,
        len(candidate.content),
    )


def _mentions(name: str, text: str, *, whole: bool = False) -> bool:
    """Whether `text` has the name, other than in a command that runs it; `whole`: and no folder before it."""
    before = r"(?:^|[^\w./\\-]|(?<![\w.])\./)" if whole else r"(?<![\w.-])"
    return re.search(rf"{before}{re.escape(name)}(?![\w-])", _COMMAND.sub("", text)) is not None


def _names_another(info: str, before: str, first_line: str) -> bool:
    """Whether the block says that it is a file: in its info string, on a line of its own, or in its first comment."""
    alone = (before.strip("#*`:. \t"), _COMMENT.sub("", first_line).strip())
    is_named = any(_PATH.fullmatch(place) for place in alone if place != first_line)
    return is_named or _PATH.search(info) is not None


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
    last = end = len(lines)
    while end > max(start, len(lines) - MOST_REMARK_LINES):
        if any(line.startswith((" ", "\t")) for line in lines[end:last]):
            break
        candidate, last = "".join(lines[start:end]), end
        wrong = wrong_line(candidate)
        if wrong is None and parses(candidate) and not any(is_code_line(line) for line in lines[end:] if line.strip()):
            return candidate
        end = end - 1 if wrong is None else min(end - 1, start + wrong - 1)
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
