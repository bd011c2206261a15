"""Edits onto a tree: each file as a whole or not at all, each refusal with its reason.

A file of which one block is refused stays as it was. Other files are not touched by that, and a bad block throws no
good one away: the blocks that are `fine` can be `kept` beside the next answer, until it gives their lines again.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace

from p2c.repair.answer import Answer, Block, Lines, Order, WholeFile
from p2c.repair.definitions import completed, home, spliced
from p2c.repair.orders import Settled, settle, where_kept
from p2c.repair.paths import Refused, checked, new_path, resolve
from p2c.repair.place import Change, change_of, merged, not_found, overlap
from p2c.repair.syntax import problem
from p2c.repair.text import SourceText, is_binary, new_text, read_text
from p2c.repair.whole import left_out, quotes, whole_file
from sandbox.tree import Tree

_SHOWN = 8
"""Refused blocks of a file to which the nearest lines are shown."""


@dataclass(frozen=True)
class Refusal:
    """An edit that was not made.

    Attributes:
        number: of the block; 0 where it is a whole file.
        what: the edit, as it is called towards who wrote it.
        form: whether it could not be read, or found no place: the model did not manage the form.
        reason: precise, and addressed to who wrote the edit.
    """

    number: int
    what: str
    path: str | None
    reason: str
    form: bool = False


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
    orders: tuple[Order, ...] = ()
    """Orders that were not refused, those among them that wait for a block of the renamed file."""


@dataclass
class _Work:
    tree: Tree
    changes: dict[str, bytes] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    fine: list[Block] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    already: int = 0
    unchanging: int = 0


def apply(tree: Tree, answer: Answer, *, lenient: bool = False) -> Applied:
    """`answer` applied to `tree`. Nothing is ever written half: refused files keep their content.

    `lenient` takes a whole file although much of it changes: it was asked for a second time.
    """
    settled = settle(tree, answer)
    answer = replace(answer, files=tuple(replace(whole, path=settled.now(whole.path)) for whole in answer.files))
    work = _Work(settled.tree, refusals=[Refusal(0, o.name, o.path, r.reason) for o, r in settled.refused])
    for bad in answer.malformed:
        work.refusals.append(Refusal(bad.number, bad.name, bad.path, bad.reason, form=True))
    by_path: dict[str, list[Block]] = {}
    for block in answer.blocks:
        path = _path_of(block, settled)
        if isinstance(path, Refused):
            work.refusals.append(Refusal(block.number, block.name, block.path, path.reason, form=True))
        else:
            by_path.setdefault(path, []).append(replace(block, path=path))
    poisoned = {settled.now(bad.path) for bad in answer.malformed if bad.path} | settled.held
    files = [*_given(work.tree, answer, poisoned), *_defined(work, answer), *_named(work, answer)]
    in_full = {_path_in_full(whole, work.tree) for whole in files}
    named = {_path_in_full(whole, work.tree) for whole in answer.named}
    for path, blocks in by_path.items():
        if path not in in_full or not all(block.kept for block in blocks):
            _edit_file(work, path, blocks, hold=path in poisoned)
    for path in dict.fromkeys(_path_in_full(whole, work.tree) for whole in files):
        versions = list(dict.fromkeys(whole.lines for whole in files if _path_in_full(whole, work.tree) == path))
        if len(versions) > 1:
            reason = f"it is given {len(versions)} times, with different content; give it once"
            work.refusals.append(Refusal(0, "the file", path, reason))
            work.changes.pop(path, None)
        else:
            _write_file(work, WholeFile(path, versions[0]), lenient=lenient, named=path in named)
    return _finished(tree, work, settled)


def _given(tree: Tree, answer: Answer, held: Set[str]) -> list[WholeFile]:
    """The files that are given in full; beside other edits what only quotes lines of a file is none."""
    found = [whole for whole in answer.files if _path_in_full(whole, tree) not in held]
    if not (answer.blocks or answer.malformed):
        return found
    edits = [*(block.path for block in answer.blocks if not block.kept), *(bad.path for bad in answer.malformed)]
    edited = {resolve(path, tree.files) for path in edits if path}
    paths = [_path_in_full(whole, tree) for whole in found]
    return [
        whole
        for whole, path in zip(found, paths, strict=True)
        if path not in edited and (path not in tree.files or not quotes(tree.files[path], whole.lines))
    ]


def _defined(work: _Work, answer: Answer) -> list[WholeFile]:
    """The files of which definitions are given, as they are with those; several of one file are put together."""
    parts: dict[str, Lines] = {}
    for given in answer.definitions:
        path = home(work.tree, given.lines, given.near)
        if isinstance(path, Refused):
            work.refusals.append(Refusal(0, "the definition", given.near, path.reason, form=True))
        else:
            parts[path] = (*parts.get(path, ()), *given.lines)
    files = {path: spliced(work.tree.files[path], lines) for path, lines in parts.items()}
    refused = [(path, came.reason) for path, came in files.items() if isinstance(came, Refused)]
    work.refusals += [Refusal(0, "the definition", path, reason, form=True) for path, reason in refused]
    return [WholeFile(path, came) for path, came in files.items() if not isinstance(came, Refused)]


def _named(work: _Work, answer: Answer) -> list[WholeFile]:
    """The files that a sentence names above a fence which holds all of them; of a part nobody knows what is meant."""
    found = []
    for whole in answer.named:
        path = _path_in_full(whole, work.tree)
        if quotes(work.tree.files.get(path, b""), whole.lines):
            reason = "what stands below its name is only a part of it; give all of it, or SEARCH/REPLACE blocks"
            work.refusals.append(Refusal(0, "the file", path, reason, form=True))
        else:
            found.append(WholeFile(path, whole.lines))
    return found


def _finished(tree: Tree, work: _Work, settled: Settled) -> Applied:
    work.refusals.sort(key=lambda r: r.number)
    work.fine.sort(key=lambda b: (not b.kept, b.number))
    start = where_kept(tree, settled, {settled.now(refusal.path) for refusal in work.refusals if refusal.path})
    result = start.changed({p: content for p, content in work.changes.items() if work.tree.files.get(p) != content})
    paths = tree.files.keys() | result.files.keys()
    changed = tuple(sorted(p for p in paths if tree.files.get(p) != result.files.get(p)))
    return Applied(
        result,
        changed,
        already=work.already + settled.already,
        unchanging=work.unchanging,
        refusals=tuple(work.refusals),
        fine=tuple(work.fine),
        written=tuple(work.written),
        orders=settled.orders,
    )


def _path_of(block: Block, settled: Settled) -> str | Refused:
    tree = settled.tree
    if block.path is None:
        return _only_place(block, tree)
    path = settled.now(block.path)
    if not any(line.strip() for line in block.search) and path not in tree.files:
        path = new_path(block.path, tree.files)
    return checked(path, tree)


def _path_in_full(whole: WholeFile, tree: Tree) -> str:
    path = resolve(whole.path, tree.files)
    return path if path in tree.files else new_path(whole.path, tree.files)


def _only_place(block: Block, tree: Tree) -> str | Refused:
    """A block without a path is meant for the one file in which its lines stand, once."""
    places = []
    for path, content in tree.files.items():
        if _may_hold(content, block) and change_of(read_text(content), block).found:
            places.append(path)
    if len(places) == 1:
        return places[0]
    seen = f"its lines stand in {', '.join(sorted(places)[:5])}" if places else "its lines stand in no file"
    return Refused(f"the block names no file, and {seen}; write the path on the line above `<<<<<<< SEARCH`")


def _may_hold(content: bytes, block: Block) -> bool:
    """Whether a line that the block names stands in the file at all; that is quickly seen."""
    lines = [max(lines, key=len, default="").strip() for reading in block.readings for lines in reading]
    return not is_binary(content) and any(x.encode("utf-8", "surrogateescape") in content for x in lines if x)


def _edit_file(work: _Work, path: str, blocks: Sequence[Block], *, hold: bool) -> None:
    content = work.tree.files.get(path)
    refused: dict[Block, str] = {}
    form = True
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
        refused, form = dict.fromkeys([b for b in blocks if not b.kept] or blocks, trouble), False
    work.refusals += [Refusal(b.number, b.name, path, reason, form) for b, reason in refused.items()]
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
        change = change_of(result, block)
        if change.found:
            result = merged(result, [(block, change)], refused, path)
            changes[block] = change
        elif change.missing:
            refused[block] = not_found(block.search, text.lines, path, near=len(refused) < _SHOWN)
        else:
            refused[block] = change.reason(path)
    work.already += sum(c.already for c in changes.values())
    work.unchanging += sum(c.unchanging for c in changes.values())
    return [b for b in blocks if b in changes or b in refused], result.encode()


def _without_replaced(text: SourceText, blocks: Sequence[Block]) -> dict[Block, Change]:
    """What each block does to `text`, but for the kept ones whose lines are given again."""
    found = {block: change_of(text, block) for block in blocks}
    again = [change for block, change in found.items() if not block.kept]
    return {b: c for b, c in found.items() if not (b.kept and any(overlap(c, other) for other in again))}


def _write_file(work: _Work, whole: WholeFile, *, lenient: bool, named: bool) -> None:
    """`named` where no more than a sentence says which file it is, so that it may as well be a part of it."""
    path = _path_in_full(whole, work.tree)
    may = checked(path, work.tree)
    content = work.tree.files.get(path)
    if isinstance(may, Refused):
        work.refusals.append(Refusal(0, "the file", path, may.reason))
        return
    parsed = content is not None and problem(path, content) is None
    lines = completed(content, whole.lines) if content and parsed and path.endswith(".py") else whole.lines
    result = whole_file(content, lines, python=path.endswith(".py"), parsed=parsed, lenient=lenient)
    if named and content and not isinstance(result, Refused) and (gone := left_out(content, result, parsed=parsed)):
        work.refusals.append(Refusal(0, "the file", path, _part(gone), form=True))
        return
    trouble = result.reason if isinstance(result, Refused) else _broken(path, content, result)
    if isinstance(result, Refused) or trouble:
        work.refusals.append(Refusal(0, "the file", path, str(trouble)))
    elif path in work.changes and work.changes[path] != result:
        del work.changes[path]
        work.refusals.append(Refusal(0, "the file", path, "it is given in blocks and in full; choose one of the two"))
    else:
        work.changes[path] = result
        work.written.append(path)


def _part(gone: Lines) -> str:
    more = f" and {len(gone) - 1} more lines" if len(gone) > 1 else ""
    return (
        f"what stands below its name is taken for a part of it, as `{gone[0]}`{more} would go; use SEARCH/REPLACE "
        "blocks or, if that is meant, give the whole file again below a line that holds its path and nothing else"
    )


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
