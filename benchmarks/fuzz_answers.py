"""Answers of a debugging agent, made by chance: honest edits of real programs in every habit, and damaged ones."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from p2c.repair.edits import render
from p2c.repair.text import read_text
from sandbox.tree import Tree

BASES = Path(__file__).parent / "broken" / "bases"
_MOST_FILES = 6
_MOST_LINES = 45


@dataclass(frozen=True)
class Case:
    """An answer to a tree.

    Attributes:
        expected: the tree that an honest answer asks for, where nothing about it is ambiguous; None for a damaged one.
        exact: whether it must come out byte for byte; a whole file may keep its layout.
    """

    tree: Tree
    answer: str
    habit: str
    expected: Tree | None = None
    exact: bool = True


@dataclass(frozen=True)
class Edit:
    """Lines `start:stop` (from 0) of a file become `lines`; `context` lines around them are quoted."""

    path: str
    start: int
    stop: int
    lines: tuple[str, ...]
    context: int = 0


def trees() -> tuple[Tree, ...]:
    """The bases of the public set of broken repositories."""
    return tuple(Tree.read(folder) for folder in sorted(BASES.iterdir()) if folder.is_dir())


def case(bases: Sequence[Tree], chance: Random) -> Case:
    """One case: an honest answer in some habit, in two of three cases damaged."""
    tree = _small(chance.choice(bases), chance)
    made = _honest(tree, chance)
    if chance.random() < 0.33:
        return made
    answer = made.answer
    for _ in range(chance.randint(1, 4)):
        answer = chance.choice(DAMAGES)(answer, chance)
    return Case(tree, answer, f"{made.habit}, damaged")


# ---------------------------------------------------------------- trees


def _small(base: Tree, chance: Random) -> Tree:
    """A few files of `base`, some with other line endings, indentation or ends."""
    paths = chance.sample(sorted(base.files), min(len(base.files), chance.randint(1, _MOST_FILES)))
    files = {}
    for path in paths:
        lines = base.files[path].split(b"\n")[:_MOST_LINES]
        content = b"\n".join(lines)
        style = chance.random()
        if style < 0.1:
            content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        elif style < 0.2:
            content = content.replace(b"    ", b"\t")
        elif style < 0.25:
            content = content.rstrip(b"\n")
        elif style < 0.28:
            content = b"\xef\xbb\xbf" + content
        elif style < 0.30:
            content += b"# \xff\xfe\n"
        files[path] = content
    return Tree(files)


# ---------------------------------------------------------------- honest answers


def _honest(tree: Tree, chance: Random) -> Case:
    edits = _edits(tree, chance)
    name = chance.choice(sorted(HABITS))
    if not edits:
        return Case(tree, "UNREPAIRABLE: it needs a GPU", "unrepairable", tree)
    answer = HABITS[name](tree, edits, chance)
    return Case(tree, answer, name, _expected(tree, edits), exact=name != "whole")


def _edits(tree: Tree, chance: Random) -> list[Edit]:
    """One edit for each of one to three files, of lines that stand there once."""
    found = []
    paths = [p for p in sorted(tree.files) if tree.files[p].strip() and tree.files[p].isascii()]
    for path in chance.sample(paths, min(len(paths), chance.randint(1, 3))):
        lines = read_text(tree.files[path]).lines
        start = chance.randrange(len(lines))
        stop = min(len(lines), start + chance.randint(1, 4))
        context = chance.randint(0, 3)
        low, high = max(0, start - context), min(len(lines), stop + context)
        if not any(line.strip() for line in lines[low:high]) or _count(lines, lines[low:high]) != 1:
            continue
        found.append(Edit(path, start, stop, _replaced(lines[start:stop], chance), context))
    return found


def _count(lines: Sequence[str], part: Sequence[str]) -> int:
    bare, wanted = [x.strip() for x in lines], [x.strip() for x in part]
    return sum(bare[i : i + len(wanted)] == wanted for i in range(len(bare) - len(wanted) + 1))


def _replaced(lines: Sequence[str], chance: Random) -> tuple[str, ...]:
    kind = chance.random()
    if kind < 0.15:
        return ()
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    if kind < 0.45:
        return (f"{indent}added_{chance.randint(0, 9)} = {chance.randint(0, 99)}", *lines)
    if kind < 0.6:
        return (*lines, f"{indent}# {chance.choice(['A note.', 'é', 'x < y & z', '=' * 7])}")
    at = chance.randrange(len(lines))
    changed = lines[at].replace("=", "= 1 +", 1) if "=" in lines[at] else f"{lines[at]}  # was {at}"
    return (*lines[:at], changed, *lines[at + 1 :])


def _expected(tree: Tree, edits: Sequence[Edit]) -> Tree:
    changes: dict[str, bytes | None] = {}
    for edit in edits:
        changes[edit.path] = read_text(tree.files[edit.path]).spliced(edit.start, edit.stop, edit.lines).encode()
    return tree.changed(changes)


def _sides(tree: Tree, edit: Edit) -> tuple[tuple[str, ...], tuple[str, ...]]:
    lines = read_text(tree.files[edit.path]).lines
    low, high = max(0, edit.start - edit.context), min(len(lines), edit.stop + edit.context)
    return lines[low:high], (*lines[low : edit.start], *edit.lines, *lines[edit.stop : high])


Writer = Callable[[Tree, Sequence[Edit], Random], str]


def _blocks(tree: Tree, edits: Sequence[Edit], chance: Random) -> str:
    blocks = [render(edit.path, *_sides(tree, edit)) for edit in edits]
    chance.shuffle(blocks)
    return "The cause is this.\n\n" + "\n".join(blocks)


def _fenced(tree: Tree, edits: Sequence[Edit], chance: Random) -> str:
    parts = []
    for edit in edits:
        path, body = render(edit.path, *_sides(tree, edit)).split("\n", 1)
        fence = "`" * (3 if "```" not in body else 5)
        dressed = chance.choice(["{}", "`{}`", "**{}**", "### `{}`", "File: {}", "1. `{}`:"]).format(path)
        inside = chance.random() < 0.3
        tag = chance.choice(["", "python", "text"])
        above = "" if inside else f"{dressed}\n"
        parts.append(f"{above}{fence}{tag}\n{path + chr(10) if inside else ''}{body}{fence}\n")
    return "\n".join(parts)


def _windows(tree: Tree, edits: Sequence[Edit], chance: Random) -> str:
    return _blocks(tree, edits, chance).replace("\n", "\r\n")


def _as_json(tree: Tree, edits: Sequence[Edit], chance: Random) -> str:
    keys = chance.choice([("path", "search", "replace"), ("file", "old_str", "new_str")])
    parts = []
    for edit in edits:
        old, new = _sides(tree, edit)
        ended = ["\n".join(side) + "\n" if side else "" for side in (old, new)]
        parts.append(dict(zip(keys, (edit.path, *ended), strict=True)))
    return json.dumps({"edits": parts}, indent=chance.choice([None, 2]))


def _as_diff(tree: Tree, edits: Sequence[Edit], chance: Random) -> str:
    del chance
    parts = []
    for edit in edits:
        lines = read_text(tree.files[edit.path]).lines
        low, high = max(0, edit.start - edit.context), min(len(lines), edit.stop + edit.context)
        parts += [f"--- a/{edit.path}", f"+++ b/{edit.path}", f"@@ -{low + 1},{high - low} +{low + 1},9 @@"]
        parts += [f" {x}" for x in lines[low : edit.start]] + [f"-{x}" for x in lines[edit.start : edit.stop]]
        parts += [f"+{x}" for x in edit.lines] + [f" {x}" for x in lines[edit.stop : high]]
    return "```diff\n" + "\n".join(parts) + "\n```\n" if not any("```" in x for x in parts) else "\n".join(parts)


def _as_patch(tree: Tree, edits: Sequence[Edit], chance: Random) -> str:
    text = _as_diff(tree, edits, chance).replace("```diff\n", "").replace("\n```\n", "\n")
    kept = [line for line in text.split("\n") if not line.startswith("--- a/")]
    lines = [f"*** Update File: {x[6:]}" if x.startswith("+++ b/") else x for x in kept]
    return "\n".join(["*** Begin Patch", *("@@" if x.startswith("@@ ") else x for x in lines), "*** End Patch"])


def _whole(tree: Tree, edits: Sequence[Edit], chance: Random) -> str:
    del chance
    after = _expected(tree, edits)
    parts = []
    for edit in edits:
        body = "\n".join(read_text(after.files[edit.path]).lines)
        fence = "`" * (3 if "```" not in body else 5)
        parts.append(f"{edit.path}\n{fence}python\n{body}\n{fence}\n")
    return "\n".join(parts)


def _escaped(tree: Tree, edits: Sequence[Edit], chance: Random) -> str:
    return html.escape(_blocks(tree, edits, chance), quote=False)


HABITS: Mapping[str, Writer] = {
    "blocks": _blocks,
    "fenced": _fenced,
    "crlf": _windows,
    "json": _as_json,
    "diff": _as_diff,
    "patch": _as_patch,
    "whole": _whole,
    "html": _escaped,
}


# ---------------------------------------------------------------- damage

SIGNS = (
    "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "------- SEARCH", "+++++++ REPLACE", "```", "```python", "````",
    "~~~",
    "", "    ", "\t", "...", "# ... rest of the code", "DELETE: train.py", "DELETE: ../x", "RENAME: train.py -> a/b.py",
    "RENAME: a -> b", "UNREPAIRABLE: no", "*** Begin Patch", "*** Add File: x.py", "*** Delete File: README.md", "@@",
    "--- a/x.py", "+++ b/x.py", "+++ /dev/null", "<file path=\"x.py\">", "</file>", "<search>", "</search>", "{", "}",
    "../../etc/passwd", "/etc/passwd", "C:\\x.py", ".git/config", "train.py", "README.md", "x = (",
    "\\ No newline at end of file",
)  # fmt: skip
_CHARACTERS = "\0\r\x0b\x0c\x1c\u2028\u00a0\u201c\ufeff\ud800<>=`~+- \t\\/\"'{}#é"

Damage = Callable[[str, Random], str]


def _on_lines(change: Callable[[list[str], Random], None]) -> Damage:
    def damage(text: str, chance: Random) -> str:
        lines = text.split("\n")
        change(lines, chance)
        return "\n".join(lines)

    return damage


def _drop(lines: list[str], chance: Random) -> None:
    del lines[chance.randrange(len(lines))]
    if not lines:
        lines.append("")


def _double(lines: list[str], chance: Random) -> None:
    at = chance.randrange(len(lines))
    stop = at + chance.randint(1, 8)
    lines[at:at] = lines[at:stop]


def _swap(lines: list[str], chance: Random) -> None:
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]


def _sign(lines: list[str], chance: Random) -> None:
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(SIGNS))


def _overwrite(lines: list[str], chance: Random) -> None:
    lines[chance.randrange(len(lines))] = chance.choice(SIGNS)


def _indent(lines: list[str], chance: Random) -> None:
    by = chance.choice(["  ", "    ", "\t", " "])
    lines[:] = [by + x for x in lines]


def _number(lines: list[str], chance: Random) -> None:
    at = chance.randrange(len(lines))
    for offset in range(at, min(len(lines), at + chance.randint(1, 6))):
        lines[offset] = f"{offset}| {lines[offset]}"


def _cut(text: str, chance: Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _character(text: str, chance: Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(_CHARACTERS) * chance.choice([1, 1, 1, 7, 60]) + text[at + chance.randint(0, 2) :]


def _translated(text: str, chance: Random) -> str:
    old, new = chance.choice(
        [("    ", "\t"), ("\n", "\r\n"), ("\n", "\r"), (" ", "\u00a0"), ("<", "&lt;"), ('"', "\u201c"), (".py", ""),
         ("SEARCH", "search"), ("REPLACE", "SEARCH"), ("=======", "======="[:-1]), ("/", "\\"), ("\n", "\n\n")]
    )  # fmt: skip
    return text.replace(old, new)


def _twice(text: str, chance: Random) -> str:
    return text + chance.choice(["", "\n", "\n\nOnce more:\n\n"]) + text


def _thought(text: str, chance: Random) -> str:
    return chance.choice(["<think>\n", ""]) + _cut(text, chance) + "\n</think>\n" + text


def _nested(text: str, chance: Random) -> str:
    return chance.choice(["```\n{}\n```", "```markdown\n{}\n```", "<answer>{}</answer>", "> {}"]).replace("{}", text)


DAMAGES: tuple[Damage, ...] = (
    *(_on_lines(change) for change in (_drop, _double, _swap, _sign, _sign, _overwrite, _indent, _number)),
    _cut, _character, _character, _translated, _twice, _thought, _nested,
)  # fmt: skip
