"""Edits onto a tree: each file as a whole or not at all, each refusal with its reason.

A file of which one block is refused stays as it was. Other files are not touched by that, and a bad block throws no
good one away: the blocks that are `fine` can be `kept` beside the next answer, until it gives their lines again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from p2c.repair.edits import Answer, Block, Malformed, WholeFile
from p2c.repair.paths import resolve
from p2c.repair.place import Change, Refused, changed_lines, merged, overlap
from p2c.repair.syntax import problem
from p2c.repair.text import SourceText, is_binary, new_text, read_text
from p2c.repair.whole import whole_file
from sandbox.tree import Tree, check_path


@dataclass(frozen=True)
class Refusal:
    """An edit that was not made.

    Attributes:
        number: of the block; 0 where it is a whole file.
        what: the edit, as it is called towards who wrote it.
        reason: precise, and addressed to who wrote the edit.
    """

    number: int
    what: str
    path: str | None
    reason: str


@dataclass(frozen=True)
class Applied:
    """What became of an answer."""

    tree: Tree
    changed: tuple[str, ...] = ()
    already: int = 0
    """Blocks whose result was there before."""
    unchanging: int = 0
    """Blocks that replace lines by themselves."""
    refusals: tuple[Refusal, ...] = ()
    fine: tuple[Block, ...] = ()
    """Blocks that were not refused, those among them that wait for another block of their file."""
    written: tuple[str, ...] = ()
    """Files that were given in full."""


@dataclass
class _Work:
    tree: Tree
    changes: dict[str, bytes] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    fine: list[Block] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    already: int = 0
    unchanging: int = 0


def apply(tree: Tree, answer: Answer) -> Applied:
    """`answer` applied to `tree`. Nothing is ever written half: refused files keep their content."""
    work = _Work(tree)
    for bad in answer.malformed:
        work.refusals.append(Refusal(bad.number, f"block {bad.number}", bad.path, bad.reason))
    by_path: dict[str, list[Block]] = {}
    for block in answer.blocks:
        path = _path_of(block, tree)
        if isinstance(path, Refused):
            work.refusals.append(Refusal(block.number, block.name, block.path, path.reason))
        else:
            by_path.setdefault(path, []).append(replace(block, path=path))
    poisoned = _poisoned(answer.malformed, tree)
    in_full = {_path_in_full(whole, tree) for whole in answer.files}
    for path, blocks in by_path.items():
        if path not in in_full or not all(block.kept for block in blocks):
            _edit_file(work, path, blocks, hold=path in poisoned)
    for whole in answer.files:
        _write_file(work, whole)
    work.refusals.sort(key=lambda r: r.number)
    work.fine.sort(key=lambda b: (not b.kept, b.number))
    changed = tuple(sorted(p for p, content in work.changes.items() if tree.files.get(p) != content))
    result = tree.changed({p: work.changes[p] for p in changed})
    refused, fine, written = tuple(work.refusals), tuple(work.fine), tuple(work.written)
    return Applied(result, changed, work.already, work.unchanging, refused, fine, written)


def _poisoned(malformed: Sequence[Malformed], tree: Tree) -> set[str]:
    return {resolve(bad.path, tree.files) for bad in malformed if bad.path}


def _path_of(block: Block, tree: Tree) -> str | Refused:
    if block.path is None:
        return _only_place(block, tree)
    path = resolve(block.path, tree.files)
    if not any(line.strip() for line in block.search) and path not in tree.files:
        path = block.path.removeprefix("./")
    return _checked(path, tree)


def _path_in_full(whole: WholeFile, tree: Tree) -> str:
    path = resolve(whole.path, tree.files)
    return path if path in tree.files else whole.path.removeprefix("./")


def _checked(path: str, tree: Tree) -> str | Refused:
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


def _only_place(block: Block, tree: Tree) -> str | Refused:
    """A block without a path is meant for the one file in which its lines stand, once."""
    places = []
    for path, content in tree.files.items():
        if not is_binary(content):
            text = read_text(content)
            places += [path for search, replace in block.readings if changed_lines(text, search, replace).found]
    places = list(dict.fromkeys(places))
    if len(places) == 1:
        return places[0]
    seen = f"its lines stand in {', '.join(sorted(places)[:5])}" if places else "its lines stand in no file"
    return Refused(f"the block names no file, and {seen}; write the path on the line above `<<<<<<< SEARCH`")


def _edit_file(work: _Work, path: str, blocks: Sequence[Block], *, hold: bool) -> None:
    content = work.tree.files.get(path)
    refused: dict[Block, str] = {}
    if content is not None and is_binary(content):
        result, refused = content, dict.fromkeys(blocks, f"`{path}` is a binary file")
    elif content is None or not content.strip():
        blocks = [b for b in blocks if not b.kept] or blocks
        result = _new_file(work, path, blocks, refused)
    else:
        blocks, result = _edited(work, path, read_text(content), blocks, refused)
    if not refused and not hold:
        trouble = _broken(path, content, result)
        if trouble is None:
            work.changes[path] = result
            work.fine += blocks
            return
        refused = dict.fromkeys([b for b in blocks if not b.kept] or blocks, trouble)
    work.refusals += [Refusal(b.number, b.name, path, reason) for b, reason in refused.items()]
    work.fine += [b for b in blocks if b not in refused]


def _new_file(work: _Work, path: str, blocks: Sequence[Block], refused: dict[Block, str]) -> bytes:
    content = work.tree.files.get(path, b"")
    for block in blocks:
        if any(line.strip() for line in block.search):
            alike = [p for p in work.tree.files if p.rpartition("/")[2] == path.rpartition("/")[2]]
            other = alike or sorted(work.tree.files)[:30]
            state = "is empty" if path in work.tree.files else "does not exist"
            refused[block] = f"`{path}` {state}, so there is nothing to find in it; there are: {', '.join(other)}"
    if len(blocks) > 1 and not refused:
        refused.update(dict.fromkeys(blocks[1:], f"`{path}` is new: give its whole content in one block"))
    return content if refused else new_text(blocks[0].replace).encode()


def _edited(
    work: _Work, path: str, text: SourceText, blocks: Sequence[Block], refused: dict[Block, str]
) -> tuple[list[Block], bytes]:
    """The blocks that count, and what the file is with those of them that fit; the others get into `refused`."""
    found = _without_replaced(text, blocks)
    later = [block for block, change in found.items() if change.missing]
    changes = {block: change for block, change in found.items() if change.found}
    refused.update({b: c.reason(path) for b, c in found.items() if not c.found and not c.missing})
    result = merged(text, list(changes.items()), refused, path)
    later = list(_without_replaced(result, later))
    for block in later:
        change = _first_found(result, block)
        if change.found:
            result = merged(result, [(block, change)], refused, path)
            changes[block] = change
        else:
            refused[block] = change.reason(path)
    work.already += sum(c.already for c in changes.values())
    work.unchanging += sum(c.unchanging for c in changes.values())
    return [b for b in blocks if b in changes or b in refused], result.encode()


def _without_replaced(text: SourceText, blocks: Sequence[Block]) -> dict[Block, Change]:
    """What each block does to `text`, but for the kept ones whose lines are given again."""
    found = {block: _first_found(text, block) for block in blocks}
    again = [change for block, change in found.items() if not block.kept]
    return {b: c for b, c in found.items() if not (b.kept and any(overlap(c, other) for other in again))}


def _first_found(text: SourceText, block: Block) -> Change:
    tried = [changed_lines(text, search, replace) for search, replace in block.readings]
    return next((c for c in tried if c.found), tried[0])


def _write_file(work: _Work, whole: WholeFile) -> None:
    path = _path_in_full(whole, work.tree)
    checked = _checked(path, work.tree)
    content = work.tree.files.get(path)
    if isinstance(checked, Refused):
        work.refusals.append(Refusal(0, "the file", path, checked.reason))
        return
    result = whole_file(content, whole.lines, parsed=content is not None and problem(path, content) is None)
    trouble = result.reason if isinstance(result, Refused) else _broken(path, content, result)
    if isinstance(result, Refused) or trouble:
        work.refusals.append(Refusal(0, "the file", path, str(trouble)))
    elif path in work.changes and work.changes[path] != result:
        work.refusals.append(Refusal(0, "the file", path, "it is given twice, with different content"))
    else:
        work.changes[path] = result
        work.written.append(path)


def _broken(path: str, before: bytes | None, after: bytes) -> str | None:
    """Why the edited file may not be taken: it parsed before, or is new, and does not parse now."""
    trouble = problem(path, after)
    if trouble is None or (before is not None and problem(path, before) is not None):
        return None
    where = f" at line {trouble.line}" if trouble.line else ""
    lines = read_text(after).lines
    near = lines[max(0, (trouble.line or 1) - 3) : (trouble.line or 1) + 1] if trouble.line else ()
    shown = "\n".join(near)
    return f"with this edit `{path}` no longer parses ({trouble.message}{where}):\n{shown}".rstrip(":\n")
