"""What must run stays what must run: the smoke command, its script, its branch in the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from p2c.repair.guards.change import Objection, Repair, Sighting, dotted, scoped, tokens
from p2c.repair.guards.commands import NARROWED, WEAK, is_script, targets, works
from sandbox.smoke.table import FILE, read_table

_SMALL = frozenset({"smoke", "quick", "fast", "dry", "debug", "demo", "ci"})
_IDLE = frozenset(
    {"print", "dump", "dumps", "write", "open", "exit", "makedirs", "mkdir", "info", "write_text", "Path", "save"}
    | {"touch", "join", "dict", "str", "len"}
)


def weakened(repair: Repair) -> Iterator[Objection]:
    """Shell scripts that no longer fail or no longer work, and smoke branches with nothing in them."""
    named = {word.strip("'\"") for word in re.split(r"[\s;&|]+", repair.smoke_command())}
    for path in sorted(named & set(repair.before.files) - set(repair.after.files)):
        yield Objection("smoke", path, None, "the smoke command needs this file; it must stay")
    for path in repair.changed:
        if (is_script(path) or path in named) and not path.endswith(".py") and path in repair.before.files:
            yield from _script(repair, path)
    if FILE in repair.changed and FILE in repair.before.files:
        yield from _table(repair)
    for change in repair.python:
        for seen in change.new(_idle_branches):
            reason = "the smoke run must do the real work on a small scale; this branch does nothing"
            yield Objection("smoke", change.path, seen.line, reason)


def _script(repair: Repair, path: str) -> Iterator[Objection]:
    before = repair.before.text(path).splitlines()
    after = repair.after.text(path).splitlines() if path in repair.after.files else []
    old = {line.strip() for line in before}
    for number, line in enumerate(after, 1):
        if line.strip() not in old and _is_weak(line):
            reason = f"`{line.strip()}` weakens what must run; let it run in full and fail when something fails"
            yield Objection("smoke", path, number, reason)
    if _strict(before) and not _strict(after):
        yield Objection("smoke", path, None, "`set -e` is taken out, so that failures go unseen; put it back")
    if gone := _lost(repair, before, after):
        reason = f"a command that did the work is taken out of the script{gone}; keep it, and mend what it runs"
        yield Objection("smoke", path, None, reason)


def _table(repair: Repair) -> Iterator[Objection]:
    """The smoke command in pyproject.toml's `[tool.p2c]`."""
    before, after = read_table(repair.before).smoke, read_table(repair.after).smoke
    if not before or before == after:
        return
    old, new = re.split(r"&&|;|\n", before), re.split(r"&&|;|\n", after or "")
    if _is_weak(after or "") or _lost(repair, old, new):
        reason = "`[tool.p2c] smoke` runs less than before; leave it, and mend what it runs"
        yield Objection("smoke", FILE, None, reason)


def _is_weak(line: str) -> bool:
    return bool(WEAK.search(line)) or ("pytest" in line.lower() and bool(NARROWED.search(line)))


def _lost(repair: Repair, before: list[str], after: list[str]) -> str:
    """Names of what the lines ran and run no more, as a part of a sentence; a file that never was there is no loss."""
    there = {path.removesuffix(".py").rpartition("/")[2] for path in repair.before.files} | {"pytest", "__main__"}
    names = [name for name in targets(before) - targets(after) if name in there]
    if names:
        return f" ({', '.join(names)})"
    fewer = sum(map(works, after)) < sum(map(works, before)) and targets(after).total() < targets(before).total()
    return " (a line)" if fewer else ""


def _strict(lines: list[str]) -> bool:
    return any(re.match(r"\s*set\s+-\w*e", line) or "errexit" in line for line in lines)


def _idle_branches(module: ast.Module) -> Iterator[Sighting]:
    for scope, node in scoped(module):
        if not isinstance(node, ast.If) or not tokens(ast.unparse(node.test)) & _SMALL:
            continue
        names = [dotted(n.func).rpartition(".")[2] for s in node.body for n in ast.walk(s) if isinstance(n, ast.Call)]
        leaves = isinstance(node.body[-1], ast.Return) or "exit" in names
        if leaves and all(name in _IDLE for name in names):
            yield Sighting(f"{scope}|{ast.unparse(node.test)}", node.lineno)
