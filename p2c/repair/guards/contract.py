"""What must run stays what must run: the smoke command, its script, its branch in the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from p2c.repair.guards.change import Objection, Repair, Sighting, dotted, scoped

_WEAK = re.compile(
    r"\|\|\s*(?:true|:|exit\s+0|echo)|;\s*true\s*$|^\s*exit(?:\s+0)?\s*(?:#.*)?$|\bset\s+\+e|\bset\s+\+o|^\s*trap\b.*\bexit\s+0"
    r"|--help\b|--dry[-_]run\b|^-\s*\w*python",
)
_WORK = re.compile(r"\b(?:python[\d.]*|torchrun|accelerate|bash|sh|make|pytest)\b\s+\S")
_ECHO = re.compile(r"^\s*(?:echo|printf|true|:|#)")
_SHELL = ("Makefile", "makefile", "GNUmakefile")
_IDLE = frozenset(
    {"print", "dump", "dumps", "write", "open", "exit", "makedirs", "mkdir", "info", "write_text", "Path"}
)


def weakened(repair: Repair) -> Iterator[Objection]:
    """Shell scripts that no longer fail or no longer work, and smoke branches with nothing in them."""
    named = {word.strip("'\"") for word in re.split(r"[\s;&|]+", repair.smoke_command())}
    for path in sorted(named & set(repair.before.files) - set(repair.after.files)):
        yield Objection("smoke", path, None, "the smoke command needs this file; it must stay")
    for path in repair.changed:
        script = path.endswith((".sh", ".bash")) or path.rpartition("/")[2] in _SHELL or path in named
        if script and not path.endswith(".py") and path in repair.before.files:
            yield from _script(repair, path)
    for change in repair.python:
        for seen in change.new(_idle_branches):
            reason = "the smoke run must do the real work on a small scale; this branch does nothing"
            yield Objection("smoke", change.path, seen.line, reason)


def _script(repair: Repair, path: str) -> Iterator[Objection]:
    before = repair.before.text(path).splitlines()
    after = repair.after.text(path).splitlines() if path in repair.after.files else []
    old = {line.strip() for line in before}
    for number, line in enumerate(after, 1):
        if line.strip() not in old and _WEAK.search(line):
            yield Objection("smoke", path, number, f"`{line.strip()}` weakens what must run")
    if _strict(before) and not _strict(after):
        yield Objection("smoke", path, None, "`set -e` is taken out, so that failures go unseen")
    if sum(map(_works, after)) < sum(map(_works, before)):
        yield Objection("smoke", path, None, "a command that did the work is taken out of the script")


def _strict(lines: list[str]) -> bool:
    return any(re.match(r"\s*set\s+-\w*e", line) or "errexit" in line for line in lines)


def _works(line: str) -> bool:
    return bool(_WORK.search(line)) and not _ECHO.match(line)


def _idle_branches(module: ast.Module) -> Iterator[Sighting]:
    for scope, node in scoped(module):
        if not isinstance(node, ast.If) or "smoke" not in ast.unparse(node.test).lower():
            continue
        names = [dotted(n.func).rpartition(".")[2] for s in node.body for n in ast.walk(s) if isinstance(n, ast.Call)]
        leaves = isinstance(node.body[-1], ast.Return) or "exit" in names
        if leaves and all(name in _IDLE for name in names):
            yield Sighting(f"{scope}|{ast.unparse(node.test)}", node.lineno)
