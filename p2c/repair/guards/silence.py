"""Nothing that speaks of trouble may be silenced."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from p2c.repair.guards.change import Objection, PythonChange, Repair, Sighting, dotted, folded, loaded, scoped, tokens
from p2c.repair.guards.commands import is_script

_HUSH = re.compile(
    r"#\s*(?:type:\s*ignore(?!\[(?:misc|override|assignment|type-arg|no-[\w-]+|unused-[\w-]+)\])"
    r"|noqa(?!:\s*(?!F|E9)[A-Z])|pylint:\s*disable|pyright:\s*ignore|ruff:\s*noqa|mypy:\s*ignore)"
)
"""A comment that hides what would fail a run; a code of style or of typing's finer points hides nothing of that."""
_INSTEAD = {
    "load_state_dict": "make the names fit, or keep the result and raise for every key that may not be missing",
    "errors='ignore'": "name the right encoding, or use 'replace' for text and 'coerce' for numbers",
    "error_score": "let it raise, and mend why the fit fails",
    "seterr": "mend the operation, or put `np.errstate` around the one where it is known to do no harm",
}
"""What would be honest in the place of what was silenced."""
_THROWN_AWAY = ("2>/dev/null", "&>/dev/null", "2> /dev/null", "-W ignore")
_MEASURED = frozenset(
    {"loss", "losses", "metric", "metrics", "score", "scores", "accuracy", "error", "errors", "energy"}
)
_NUMERIC = frozenset({"FloatingPointError", "OverflowError", "ZeroDivisionError"})


def silenced(repair: Repair) -> Iterator[Objection]:
    """Warnings, standard error, logging and mismatch checks newly switched off."""
    for change in repair.python:
        for seen in change.new(_silencers):
            shown = seen.key.partition("|")[2]
            advice = next((text for mark, text in _INSTEAD.items() if mark in shown), "mend the trouble")
            yield Objection(
                "silence", change.path, seen.line, f"`{shown}` silences what speaks of the trouble; {advice}"
            )
        for seen in change.new(lambda module: _made_finite(module, everywhere=_is_numeric(repair))):
            reason = (
                f"`{seen.key.partition('|')[2]}` covers up values that went wrong; find where they first do, and mend"
            )
            yield Objection("silence", change.path, seen.line, f"{reason} that (a logarithm, a division, a rate)")
        yield from _hushed(change)
        yield from _unchecked(change)
    for path in repair.changed:
        if not is_script(path):
            continue
        old = set(repair.before.files.get(path, b"").decode("utf-8", "replace").splitlines())
        for number, line in enumerate(repair.after.files.get(path, b"").decode("utf-8", "replace").splitlines(), 1):
            if line not in old and any(mark in line for mark in _THROWN_AWAY):
                reason = f"`{line.strip()}` throws the program's errors away; let them be seen, and mend them"
                yield Objection("silence", path, number, reason)


def _hushed(change: PythonChange) -> Iterator[Objection]:
    """Lines to which nothing was done but that a checker is told to pass over them."""
    for number, line in enumerate(change.new_lines, 1):
        mark = _HUSH.search(line)
        code = line[: mark.start()].strip() if mark else ""
        new = line.strip() not in change.old_lines and code in change.old_lines
        if mark and new and not code.startswith(("import ", "from ")):
            shown = line[mark.start() :].strip()
            reason = f"`{shown}` hides the finding and leaves the fault; mend the line itself"
            yield Objection("silence", change.path, number, reason)


def _is_numeric(repair: Repair) -> bool:
    """Whether the failure is one of numbers that are no numbers any more."""
    message = " ".join(failure.message for failure in repair.failures)
    return bool(repair.exceptions & _NUMERIC) or bool({"nan", "inf", "infinity"} & tokens(message))


def _passes_over(node: ast.If) -> bool:
    """Whether a branch for values that are no numbers only goes on to the next, or puts a constant there."""
    if not {"isnan", "isinf", "isfinite"} & {dotted(c.func).rpartition(".")[2] for c in _called(node.test)}:
        return False
    return all(
        isinstance(s, ast.Continue | ast.Pass)
        or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Call))
        or (isinstance(s, ast.Assign | ast.Return) and not _made_from(s.value))
        for s in node.body
    ) and not any(isinstance(n, ast.Raise) for s in node.body for n in ast.walk(s))


def _called(node: ast.AST) -> Iterator[ast.Call]:
    return (n for n in ast.walk(node) if isinstance(n, ast.Call))


def _made_from(node: ast.expr | None) -> frozenset[str]:
    """The names that a value is made from, the libraries aside."""
    return (loaded(node) if node is not None else frozenset()) - {"torch", "np", "numpy", "math", "float"}


def _made_finite(module: ast.Module, *, everywhere: bool) -> Iterator[Sighting]:
    """Values made finite after the fact: a loss or a metric, or anything where just that is the failure."""
    for scope, node in scoped(module):
        if (
            isinstance(node, ast.If)
            and _passes_over(node)
            and (everywhere or tokens(ast.unparse(node.test)) & _MEASURED)
        ):
            yield Sighting(f"{scope}|if {ast.unparse(node.test)[:60]}", node.lineno)
    for scope, node in scoped(module):
        finite = isinstance(node, ast.Call) and dotted(node.func).endswith(("nan_to_num", "nan_to_num_"))
        if isinstance(node, ast.Call) and finite and (everywhere or tokens(ast.unparse(node)) & _MEASURED):
            yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", node.lineno)


def _looked_at(module: ast.Module) -> frozenset[int]:
    """Calls whose result gets a name that is read afterwards."""
    names = loaded(module)
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Assign):
            targets = [n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
            if any(name in names and not name.startswith("_") for name in targets):
                found.add(id(node.value))
    return frozenset(found)


def _silencers(module: ast.Module) -> Iterator[Sighting]:
    looked_at = _looked_at(module)
    for scope, node in scoped(module):
        if isinstance(node, ast.Call) and not (id(node) in looked_at and dotted(node.func).endswith("load_state_dict")):
            shown = _silencing_call(node)
            if shown:
                yield Sighting(f"{scope}|{shown}", node.lineno)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if dotted(target) in ("sys.stderr", "sys.stdout", "sys.excepthook", "threading.excepthook"):
                    yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", node.lineno)
                if isinstance(target, ast.Subscript) and "PYTHONWARNINGS" in ast.unparse(target):
                    yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", node.lineno)


def _unchecked(change: PythonChange) -> Iterator[Objection]:
    """Subprocesses whose failure raised, and does no more."""
    if change.before is None:
        return
    old, new = (sum(map(_is_checked, _called(module))) for module in (change.before, change.after))
    runs = sum(dotted(c.func) in ("subprocess.run", "run", "subprocess.call") for c in _called(change.after))
    if new < old and runs:
        reason = "a subprocess may fail now without anybody knowing; keep `check=True`, and mend what it runs"
        yield Objection("silence", change.path, None, reason)


def _is_checked(call: ast.Call) -> bool:
    checks = any(
        k.arg == "check" and isinstance(k.value, ast.Constant) and k.value.value is True for k in call.keywords
    )
    return checks or dotted(call.func).rpartition(".")[2] in ("check_call", "check_output")


def _silencing_call(call: ast.Call) -> str:
    """What a call silences, as it is shown; the empty string for any other."""
    name = dotted(call.func)
    last = name.rpartition(".")[2]
    first = call.args[0] if call.args else None
    keywords = {k.arg: k.value for k in call.keywords}
    values = {key: value.value for key, value in keywords.items() if isinstance(value, ast.Constant)}
    ignores = last in ("filterwarnings", "simplefilter") and isinstance(first, ast.Constant) and first.value == "ignore"
    hides = name in ("logging.disable", "contextlib.redirect_stderr", "redirect_stderr", "os.dup2")
    if ignores or hides or (last == "seterr" and "ignore" in values.values()):
        return ast.unparse(call)[:60]
    if values.get("errors") == "ignore" and last not in ("drop", "rmtree"):
        return f"{last or ast.unparse(call.func)[-40:]}(errors='ignore')"
    if folded(keywords.get("error_score")) is not None:
        return f"{last}(error_score={ast.unparse(keywords['error_score'])})"
    return "load_state_dict(strict=False)" if last == "load_state_dict" and values.get("strict") is False else ""
