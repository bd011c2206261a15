"""Nothing that speaks of trouble may be silenced."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from p2c.repair.guards.change import Objection, Repair, Sighting, dotted, scoped


def silenced(repair: Repair) -> Iterator[Objection]:
    """Warnings, standard error, logging and mismatch checks newly switched off."""
    for change in repair.python:
        for seen in change.new(_silencers):
            reason = f"`{seen.key.partition('|')[2]}` silences what speaks of the trouble; mend the trouble"
            yield Objection("silence", change.path, seen.line, reason)
    for path in repair.changed:
        if not path.endswith((".sh", ".bash")) and path.rpartition("/")[2] != "Makefile":
            continue
        old = set(repair.before.files.get(path, b"").decode("utf-8", "replace").splitlines())
        for number, line in enumerate(repair.after.files.get(path, b"").decode("utf-8", "replace").splitlines(), 1):
            if line not in old and any(
                mark in line for mark in ("2>/dev/null", "&>/dev/null", "2> /dev/null", "-W ignore")
            ):
                yield Objection("silence", path, number, f"`{line.strip()}` throws the program's errors away")


def _silencers(module: ast.Module) -> Iterator[Sighting]:
    for scope, node in scoped(module):
        if isinstance(node, ast.Call):
            shown = _silencing_call(node)
            if shown:
                yield Sighting(f"{scope}|{shown}", node.lineno)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if dotted(target) in ("sys.stderr", "sys.stdout", "sys.excepthook", "threading.excepthook"):
                    yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", node.lineno)
                if isinstance(target, ast.Subscript) and "PYTHONWARNINGS" in ast.unparse(target):
                    yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", node.lineno)


def _silencing_call(call: ast.Call) -> str:
    name = dotted(call.func)
    first = call.args[0] if call.args else None
    ignore = isinstance(first, ast.Constant) and first.value == "ignore"
    if name.rpartition(".")[2] in ("filterwarnings", "simplefilter") and ignore:
        return ast.unparse(call)[:60]
    if name in ("logging.disable", "contextlib.redirect_stderr", "redirect_stderr", "os.dup2"):
        return ast.unparse(call)[:60]
    keywords = {k.arg: k.value for k in call.keywords}
    if name.endswith("seterr") and any(isinstance(v, ast.Constant) and v.value == "ignore" for v in keywords.values()):
        return ast.unparse(call)[:60]
    strict = keywords.get("strict")
    if name.endswith("load_state_dict") and isinstance(strict, ast.Constant) and strict.value is False:
        return "load_state_dict(strict=False)"
    return ""
