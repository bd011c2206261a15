"""Edits onto a tree: each file as a whole or not at all, each refusal with its reason.

A file of which one block is refused stays as it was; the blocks of it that are good are `held`, to be applied
together with the corrected one. Other files are not touched by that: a bad block throws no good one away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from p2c.repair.edits import Answer, Block, Malformed, WholeFile
from p2c.repair.paths import resolve
from p2c.repair.place import Change, Refused, changed_lines, merged
from p2c.repair.syntax import problem
from p2c.repair.text import SourceText, is_binary, new_text, read_text
from p2c.repair.whole import whole_file
from sandbox.tree import Tree, check_path


@dataclass(frozen=True)
class Refusal:
    """An edit that was not made."""

    number: int
    path: str | None
    reason: str
    """Precise, and addressed to who wrote the edit."""


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
    held: tuple[Block, ...] = ()


@dataclass
class _Work:
    tree: Tree
    changes: dict[str, bytes] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    held: list[Block] = field(default_factory=list)
    already: int = 0
    unchanging: int = 0


def apply(tree: Tree, answer: Answer) -> Applied:
    """`answer` applied to `tree`. Nothing is ever written half: refused files keep their content."""
    work = _Work(tree)
    for bad in answer.malformed:
        work.refusals.append(Refusal(bad.number, bad.path, bad.reason))
    by_path: dict[str, list[Block]] = {}
    for block in answer.blocks:
        path = _path_of(block, tree)
        if isinstance(path, Refused):
            work.refusals.append(Refusal(block.number, block.path, path.reason))
        else:
            by_path.setdefault(path, []).append(block)
    poisoned = _poisoned(answer.malformed, tree)
    for path, blocks in by_path.items():
        _edit_file(work, path, blocks, hold=path in poisoned)
    for whole in answer.files:
        _write_file(work, whole)
    work.refusals.sort(key=lambda r: r.number)
    changed = tuple(sorted(p for p, content in work.changes.items() if tree.files.get(p) != content))
    result = tree.changed({p: work.changes[p] for p in changed})
    return Applied(result, changed, work.already, work.unchanging, tuple(work.refusals), tuple(work.held))


def _poisoned(malformed: Sequence[Malformed], tree: Tree) -> set[str]:
    return {resolve(bad.path, tree.files) for bad in malformed if bad.path}


def _path_of(block: Block, tree: Tree) -> str | Refused:
    if block.path is None:
        return _only_place(block, tree)
    path = resolve(block.path, tree.files)
    if not any(line.strip() for line in block.search) and path not in tree.files:
        path = block.path.removeprefix("./")
    return _checked(path, tree)


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
    refused: dict[int, str] = {}
    if content is not None and is_binary(content):
        refused = {b.number: f"`{path}` is a binary file" for b in blocks}
    elif content is None or not content.strip():
        result = _new_file(work, path, blocks, refused)
    else:
        result = _edited(work, path, read_text(content), blocks, refused)
    if not refused and not hold:
        trouble = _broken(path, content, result)
        if trouble is None:
            work.changes[path] = result
            return
        refused = {b.number: trouble for b in blocks}
    work.refusals += [Refusal(number, path, reason) for number, reason in refused.items()]
    work.held += [b for b in blocks if b.number not in refused]


def _new_file(work: _Work, path: str, blocks: Sequence[Block], refused: dict[int, str]) -> bytes:
    content = work.tree.files.get(path, b"")
    for block in blocks:
        if any(line.strip() for line in block.search):
            alike = [p for p in work.tree.files if p.rpartition("/")[2] == path.rpartition("/")[2]]
            other = alike or sorted(work.tree.files)[:30]
            state = "is empty" if path in work.tree.files else "does not exist"
            refused[block.number] = (
                f"`{path}` {state}, so there is nothing to find in it; there are: {', '.join(other)}"
            )
    if len(blocks) > 1 and not refused:
        refused.update({b.number: f"`{path}` is new: give its whole content in one block" for b in blocks[1:]})
    return content if refused else new_text(blocks[0].replace).encode()


def _edited(work: _Work, path: str, text: SourceText, blocks: Sequence[Block], refused: dict[int, str]) -> bytes:
    changes: list[tuple[int, Change]] = []
    later: list[Block] = []
    for block in blocks:
        change = _first_found(text, block)
        if change.found:
            changes.append((block.number, change))
        elif change.missing:
            later.append(block)
        else:
            refused[block.number] = change.reason(path)
    result = merged(text, changes, refused, path)
    for block in later:
        change = _first_found(result, block)
        if change.found:
            result = merged(result, [(block.number, change)], refused, path)
            changes.append((block.number, change))
        else:
            refused[block.number] = change.reason(path)
    work.already += sum(c.already for _, c in changes)
    work.unchanging += sum(c.unchanging for _, c in changes)
    return result.encode()


def _first_found(text: SourceText, block: Block) -> Change:
    tried = [changed_lines(text, search, replace) for search, replace in block.readings]
    return next((c for c in tried if c.found), tried[0])


def _write_file(work: _Work, whole: WholeFile) -> None:
    path = resolve(whole.path, work.tree.files)
    path = path if path in work.tree.files else whole.path.removeprefix("./")
    checked = _checked(path, work.tree)
    content = work.tree.files.get(path)
    if isinstance(checked, Refused):
        work.refusals.append(Refusal(whole.number, path, checked.reason))
        return
    result = whole_file(content, whole.lines, parsed=content is not None and problem(path, content) is None)
    trouble = result.reason if isinstance(result, Refused) else _broken(path, content, result)
    if isinstance(result, Refused) or trouble:
        work.refusals.append(Refusal(whole.number, path, f"`{path}`: {trouble}"))
    elif path in work.changes and work.changes[path] != result:
        work.refusals.append(Refusal(whole.number, path, f"`{path}` is given twice, with different content"))
    else:
        work.changes[path] = result


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
