"""Whether an edit got the repository further: the ratchet. Text that the program prints decides nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from p2c.repair.diff import Opcode, opcodes
from p2c.repair.failing import headline, place, signature
from p2c.repair.oneline import was_behind
from p2c.repair.syntax import python_tree
from p2c.repair.text import read_text
from sandbox.traceback import mask
from sandbox.tree import Tree
from sandbox.verdict import Failure, Frame, Outcome, Rung, Verdict

_STEPS = ("parse", "requirements", "install", "import", "start", "smoke", "replay", "ruff", "mypy")
"""In the order in which they fail a tree: static findings count only once the program has run."""


@dataclass(frozen=True)
class Judgement:
    """Whether the edited repository is kept, and why (or why not), for people and for the agent."""

    further: bool
    reason: str


@dataclass(frozen=True)
class Seen:
    """A tree and what the sandbox said of it."""

    tree: Tree
    verdict: Verdict


def judge(before: Seen, after: Seen, mended: Set[str] = frozenset()) -> Judgement:
    """Whether `after` reached further than `before`.

    Further is: verified; a higher rung (whether it also replays is not asked here); on the same rung a later step,
    fewer fatal findings, or another failure later in the program. `mended` holds the signatures of failures
    mended so far: none may come back.
    """
    old, new = before.verdict, after.verdict
    if new.verified:
        return Judgement(True, f"it runs (rung {new.rung.name})")
    up = min(new.rung, Rung.runs) - min(old.rung, Rung.runs)
    if up:
        word = "further" if up > 0 else "less far"
        reason = f"it came {word}: from rung `{old.rung.name}` to `{new.rung.name}`; now {_now(new)}"
        return Judgement(up > 0, reason)
    if signature(new) == signature(old):
        return Judgement(False, f"the same failure is still there: {headline(new)}")
    if signature(new) in mended:
        return Judgement(False, f"a failure that was mended before came back: {headline(new)}")
    return _now_blocked(old, new) if new.outcome is Outcome.blocked else _same_rung(before, after)


def later(one: Seen, other: Seen) -> int:
    """Whether `other` fails later (1) or earlier (-1) than `one` on the same rung; 0 where nobody can tell."""
    old, new = one.verdict.failure, other.verdict.failure
    if old is None or new is None:
        return 0
    step = _step(new) - _step(old)
    fatal = _fatal(one.verdict) - _fatal(other.verdict) if old.kind in ("static", "syntax") else 0
    order = _order(one, other, old, new) or 0
    return next((1 if sign > 0 else -1 for sign in (step, fatal, order) if sign), 0)


def _same_rung(before: Seen, after: Seen) -> Judgement:
    old, new, now = before.verdict.failure, after.verdict.failure, _now(after.verdict)
    if old is None or new is None:
        return Judgement(after.verdict.outcome is not Outcome.vacuous, f"now {now}")
    step = _step(new) - _step(old)
    if step:
        return Judgement(step > 0, f"it fails {'later' if step > 0 else 'earlier'}, now {now}")
    fatal = _fatal(after.verdict) - _fatal(before.verdict)
    if old.kind in ("static", "syntax") and fatal:
        return Judgement(fatal < 0, f"{'fewer' if fatal < 0 else 'more'} findings that would fail; now {now}")
    return _same_step(before, after, old, new)


def _same_step(before: Seen, after: Seen, old: Failure, new: Failure) -> Judgement:
    now = _now(after.verdict)
    order, is_alike = _order(before, after, old, new), _alike(old, new)
    is_in_edit = _in_edit(before.tree, after.tree, new)
    if is_in_edit and order == 0 and _was_behind(before, after, old, new):
        return Judgement(True, f"that failure is mended, and another one further on in the same line uncovered: {now}")
    if is_alike and is_in_edit:
        return Judgement(False, f"the same failure is still there: {now}")
    if order is not None and order != 0:
        return Judgement(order > 0, f"it fails {'later' if order > 0 else 'earlier'} in the program: {now}")
    if is_alike and not _is_elsewhere(old, new):
        return Judgement(False, f"the same failure is still there: {now}")
    if is_in_edit:
        return Judgement(False, f"the edit itself fails: {now}")
    return Judgement(True, f"that failure is mended and another one uncovered: {now}")


def _now(verdict: Verdict) -> str:
    where = place(verdict.failure)
    if verdict.outcome is Outcome.blocked:
        needs = ", ".join(f"{missing.what} ({missing.kind})" for missing in verdict.missing)
        return f"it needs what the sandbox withholds: {needs}" if needs else verdict.summary
    return f"`{headline(verdict)}`" + (f" at {where}" if where else "")


def _now_blocked(old: Verdict, new: Verdict) -> Judgement:
    """Needing what the sandbox withholds is no progress where the edit brought a need of a package with it."""
    packages = {m.what for m in new.missing if m.kind in ("package", "system")}
    packages -= {m.what for m in old.missing}
    if packages:
        return Judgement(False, f"the edit needs what cannot be installed: {', '.join(sorted(packages))}")
    return Judgement(True, f"that failure is mended, and now {_now(new)}")


def _step(failure: Failure) -> int:
    return _STEPS.index(failure.step) if failure.step in _STEPS else len(_STEPS)


def _fatal(verdict: Verdict) -> int:
    return sum(f.severity == "fatal" and not f.refuted for f in verdict.findings)


def _alike(old: Failure, new: Failure) -> bool:
    """The same exception with the same masked message, whatever the edited line reads now."""
    return (old.exception, old.kind, mask(old.message)) == (new.exception, new.kind, mask(new.message))


def _trail(failure: Failure) -> list[Frame]:
    inside = [f for f in failure.frames if f.in_repository]
    if not inside and failure.file and failure.line:
        inside = [Frame(file=failure.file, line=failure.line, function="", in_repository=True)]
    return inside


def _is_elsewhere(old: Failure, new: Failure) -> bool:
    """Whether the two happen in different functions: what one module lacks, another may lack as well."""
    mine, its = _trail(old), _trail(new)
    if not mine or not its or "limit" in (old.kind, new.kind):
        return False
    return (mine[-1].file, mine[-1].function) != (its[-1].file, its[-1].function)


def _order(before: Seen, after: Seen, old: Failure, new: Failure) -> int | None:
    """Whether the new failure lies later (1), at the same place (0), or earlier (-1); None where nobody can tell.

    The calls that lead to both are followed from the outermost one until they part. Two lines of one statement
    that calls are the same place: Python evaluates the later lines of a call, its arguments, first. Where a limit ended
    both runs, two places within one loop are the same: which of them a hang is seen at is chance.
    """
    mine, its = _trail(old), _trail(new)
    for number, (one, other) in enumerate(zip(mine, its, strict=False), 1):
        if (one.file, one.function) != (other.file, other.function):
            return None
        low, high = _moved(before.tree, after.tree, one.file, one.line)
        if old.kind == new.kind == "limit" and _in_one_loop(after.tree, other.file, low, other.line):
            return 0
        are_last = number == len(mine) == len(its)
        if low <= other.line <= high or (not are_last and _in_one_statement(after.tree, other.file, low, other.line)):
            continue
        return 1 if other.line > high else -1
    if not mine or not its:
        return None
    return 0 if len(mine) == len(its) else (1 if len(its) > len(mine) else None)


def _in_one_loop(tree: Tree, path: str, line: int, other: int) -> bool:
    """Whether one loop of the file holds both lines."""
    loops = (node for node in _statements(tree, path) if isinstance(node, ast.For | ast.While | ast.AsyncFor))
    return any(_holds(loop.lineno, loop.end_lineno or loop.lineno, line, other) for loop in loops)


def _in_one_statement(tree: Tree, path: str, line: int, other: int) -> bool:
    """Whether one statement of the file, or the head of one that holds others, has both lines."""
    return any(_holds(node.lineno, _last_line(node), line, other) for node in _statements(tree, path))


def _last_line(node: ast.stmt) -> int:
    """The last line of a statement without the statements that it holds."""
    inner = [case.pattern for case in node.cases] if isinstance(node, ast.Match) else getattr(node, "body", [])
    return max(node.lineno, inner[0].lineno - 1) if inner else node.end_lineno or node.lineno


def _holds(first: int, last: int, *lines: int) -> bool:
    return all(first <= line <= last for line in lines)


def _statements(tree: Tree, path: str) -> Iterator[ast.stmt]:
    parsed = python_tree(tree.files.get(path, b""))
    return (node for node in ast.walk(parsed) if isinstance(node, ast.stmt)) if parsed else iter(())


def _moved(before: Tree, after: Tree, path: str, line: int) -> tuple[int, int]:
    """The lines (from 1, both inclusive) of the edited file at which `line` of the file before stands now."""
    for tag, start, stop, low, high in _opcodes(before, after, path):
        if start < line <= stop:
            if tag == "equal":
                return low + line - start, low + line - start
            return low + 1, max(low + 1, high)
    return line, line


def _in_edit(before: Tree, after: Tree, failure: Failure) -> bool:
    """Whether the failure lies in a line that the edit wrote."""
    trail = _trail(failure)
    if not trail:
        return False
    deepest = trail[-1]
    codes = _opcodes(before, after, deepest.file)
    return any(tag != "equal" and low < deepest.line <= high for tag, _, _, low, high in codes)


def _was_behind(before: Seen, after: Seen, old: Failure, new: Failure) -> bool:
    """Whether a failure in a line that the edit wrote was there all along."""
    path = _trail(new)[-1].file
    return was_behind(_lines(before.tree, path), _lines(after.tree, path), old, new)


def _opcodes(before: Tree, after: Tree, path: str) -> list[Opcode]:
    return opcodes(_lines(before, path), _lines(after, path))


def _lines(tree: Tree, path: str) -> Sequence[str]:
    return read_text(tree.files.get(path, b"")).lines
