"""Whether an edit got the repository further: the ratchet. Text that the program prints decides nothing."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from p2c.repair.diff import Opcode, opcodes
from p2c.repair.failing import headline, place, signature
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
    order = _order(one.tree, other.tree, _trail(old), _trail(new)) or 0
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
    order = _order(before.tree, after.tree, _trail(old), _trail(new))
    if order is not None and order != 0:
        return Judgement(order > 0, f"it fails {'later' if order > 0 else 'earlier'} in the program: {now}")
    if _alike(old, new) and not _another_module(before, after, old, new):
        return Judgement(False, f"the same failure is still there: {now}")
    if _in_edit(before.tree, after.tree, new):
        return Judgement(False, f"the edit itself fails: {now}")
    return Judgement(True, f"that failure is mended and another one uncovered: {now}")


def _now(verdict: Verdict) -> str:
    where = place(verdict.failure)
    if verdict.outcome is Outcome.blocked:
        return f"it is blocked: {verdict.summary}"
    return f"`{headline(verdict)}`" + (f" at {where}" if where else "")


def _now_blocked(old: Verdict, new: Verdict) -> Judgement:
    """Needing what the sandbox withholds is no progress where the edit brought a need of a package with it."""
    packages = {m.what for m in new.missing if m.kind in ("package", "system")}
    packages -= {m.what for m in old.missing}
    if packages:
        return Judgement(False, f"the edit needs what cannot be installed: {', '.join(sorted(packages))}")
    return Judgement(True, _now(new))


def _step(failure: Failure) -> int:
    return _STEPS.index(failure.step) if failure.step in _STEPS else len(_STEPS)


def _fatal(verdict: Verdict) -> int:
    return sum(f.severity == "fatal" and not f.refuted for f in verdict.findings)


def _alike(old: Failure, new: Failure) -> bool:
    """The same exception with the same masked message, whatever the edited line reads now."""
    return (old.exception, old.kind, mask(old.message)) == (new.exception, new.kind, mask(new.message))


def _another_module(before: Seen, after: Seen, old: Failure, new: Failure) -> bool:
    """Whether another module now fails to import, which the edit left as it was: it failed before, only not first."""
    was, now = _trail(old), _trail(new)
    if old.step != "import" or not was or not now or was[0].file == now[0].file:
        return False
    return all(before.tree.files.get(frame.file) == after.tree.files.get(frame.file) for frame in now)


def _trail(failure: Failure) -> list[Frame]:
    inside = [f for f in failure.frames if f.in_repository]
    if not inside and failure.file and failure.line:
        inside = [Frame(file=failure.file, line=failure.line, function="", in_repository=True)]
    return inside


def _order(before: Tree, after: Tree, old: list[Frame], new: list[Frame]) -> int | None:
    """Whether the new failure lies later (1), at the same place (0), or earlier (-1); None where nobody can tell.

    The calls that lead to both are followed from the outermost one until they part.
    """
    for one, other in zip(old, new, strict=False):
        if (one.file, one.function) != (other.file, other.function):
            return None
        low, high = _moved(before, after, one.file, one.line)
        if other.line > high:
            return 1
        if other.line < low:
            return -1
    if not old or not new:
        return None
    return 0 if len(old) == len(new) else (1 if len(new) > len(old) else None)


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


def _opcodes(before: Tree, after: Tree, path: str) -> list[Opcode]:
    old, new = (read_text(tree.files.get(path, b"")).lines for tree in (before, after))
    return opcodes(old, new)
