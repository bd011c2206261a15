"""Code fences in Markdown, as models write them (CommonMark 0.31, section 4.5, and its usual violations)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r"( {0,3})(`{3,}+|~{3,}+)([^`\n]*+)")


@dataclass(frozen=True)
class Fence:
    """A line that opens or closes a block."""

    line: int
    indent: int
    mark: str
    info: str


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        info: what stands behind the opening fence, for example `python`.
        before: the last line with text before the block.
        content: what is between the fences, verbatim; it ends with a line break unless it is empty.
        closed: whether there is a closing fence.
    """

    info: str
    before: str
    content: str
    closed: bool


def fences(lines: list[str]) -> list[Fence]:
    """Every fence line, in order."""
    found = []
    for number, line in enumerate(lines):
        if "```" not in line and "~~~" not in line:
            continue
        match = _FENCE.fullmatch(line.rstrip("\r\n"))
        if match:
            found.append(Fence(number, len(match[1]), match[2], match[3].strip(" \t")))
    return found


def blocks(text: str) -> list[Block]:
    """The outermost fenced blocks. Inside a block, a fence with an info string opens an inner block."""
    lines = text.splitlines(keepends=True)
    found: list[Block] = []
    stack: list[Fence] = []
    for fence in fences(lines):
        if stack and _closes(fence, stack[-1]):
            opening = stack.pop()
            if not stack:
                found.append(block(lines, opening, fence.line))
        elif not stack or (fence.info and fence.mark[0] == stack[-1].mark[0]):
            stack.append(fence)
    if stack:
        found.append(_unclosed(lines, stack[0]))
    return found


def block(lines: list[str], opening: Fence, end: int | None) -> Block:
    """The block from `opening` to the closing fence on line `end` (None: it is never closed)."""
    above = (lines[number].strip() for number in range(opening.line - 1, -1, -1))
    before = next((line for line in above if line), "")
    inside = [_dedent(line, opening.indent) for line in lines[opening.line + 1 : end]]
    return Block(opening.info, before, "".join(inside), end is not None)


def _closes(fence: Fence, opening: Fence) -> bool:
    return not fence.info and fence.mark[0] == opening.mark[0] and len(fence.mark) >= len(opening.mark)


def _unclosed(lines: list[str], opening: Fence) -> Block:
    """A block without a closing fence; one glued to the end of the last line (`x = 1````) does close it."""
    whole = block(lines, opening, None)
    content = whole.content.rstrip()
    if content.endswith(opening.mark) and len(content) > len(opening.mark):
        return Block(whole.info, whole.before, content[: -len(opening.mark)].rstrip(" \t") + "\n", closed=True)
    return whole


def _dedent(line: str, indent: int) -> str:
    return line[min(indent, len(line) - len(line.lstrip(" "))) :] if indent else line
