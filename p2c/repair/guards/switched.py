"""No work behind a switch that is off: `if False`, `if not smoke`, an option that skips it, a weight of zero."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from p2c.repair.guards.change import (
    Function,
    Objection,
    PythonChange,
    Repair,
    Sighting,
    calls,
    dotted,
    folded,
    functions,
    is_test,
    scoped,
    targets_of,
    tokens,
)
from p2c.repair.guards.commands import is_script
from p2c.repair.guards.idle import FACTOR, FLAGS, STAGE, among_settings, is_aside, is_number
from p2c.repair.text import words
from sandbox.tree import Tree

_WORK = STAGE | words(
    "trains fit epoch epochs learn simulate simulation solve optimize optimise experiment evaluates benchmark"
)
_OPTION = re.compile(r"(?<!\S)--([\w-]+)(?:[\s=]+(?!-)(\S+))?")
_OFF = words("skip no without disable")
_ADVICE = "let it run, smaller where it must be, and mend what fails in it"


def switched_off(repair: Repair) -> Iterator[Objection]:
    """Work that the repair puts where it is never done, or not in the run that is looked at."""
    for change in repair.python:
        if is_test(change.path):
            continue
        for seen in change.new(_never):
            reason = f"what stands under `{seen.key.partition('|')[2]}` never runs; {_ADVICE}"
            yield Objection("idle", change.path, seen.line, reason)
        for seen in [*change.new(_settings_off), *_weightless(repair, change)]:
            reason = f"`{seen.key.partition('|')[2]}` switches a part of the method off; {_ADVICE}"
            yield Objection("idle", change.path, seen.line, reason)
        for seen in _spared(change):
            reason = f"`{seen.key.partition('|')[2]}` is left out where the run is small; {_ADVICE}"
            yield Objection("idle", change.path, seen.line, reason)
    for path in filter(is_script, repair.changed):
        for option in sorted(_idle(repair.after, path) - _idle(repair.before, path)):
            yield Objection("idle", path, None, f"`{option}` leaves work out; {_ADVICE}")


def _never(module: ast.Module) -> Iterator[Sighting]:
    """Code under a condition that is a false constant."""
    for scope, node in scoped(module):
        if isinstance(node, ast.If | ast.While) and isinstance(node.test, ast.Constant) and not node.test.value:
            shown = f"{'if' if isinstance(node, ast.If) else 'while'} {ast.unparse(node.test)}"
            yield Sighting(f"{scope}|{shown}", node.lineno)


def _settings_off(module: ast.Module) -> Iterator[Sighting]:
    """`config["contrast"] = 0.0`, `config["measure"] = False`."""
    for scope, node in scoped(module):
        value = getattr(node, "value", None)
        for target in targets_of(node):
            name = among_settings(target)
            no_weight = tokens(name) & FACTOR and "decay" not in tokens(name) and folded(value) == 0
            is_false = isinstance(value, ast.Constant) and value.value is False
            if no_weight or (is_false and tokens(name) & STAGE and not is_aside(name)):
                yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", target.lineno)


def _weightless(repair: Repair, change: PythonChange) -> Iterator[Sighting]:
    """Zeros given to a function of the repository for what it multiplies or repeats by."""
    own = {name.rpartition(".")[2]: node for m in repair.all_after.values() for name, node in functions(m).items()}

    def see(module: ast.Module) -> Iterator[Sighting]:
        for scope, node in scoped(module):
            function = own.get(dotted(node.func).rpartition(".")[2]) if isinstance(node, ast.Call) else None
            if isinstance(node, ast.Call) and function is not None:
                for name, value in _given(node, function):
                    if folded(value) == 0 and (tokens(name) & FACTOR and "decay" not in tokens(name)):
                        yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", node.lineno)

    yield from change.new(see)


def _given(call: ast.Call, function: Function) -> Iterator[tuple[str, ast.expr]]:
    names = [a.arg for a in [*function.args.posonlyargs, *function.args.args]]
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    yield from zip(names, call.args, strict=False)
    yield from ((keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg)


def _spared(change: PythonChange) -> list[Sighting]:
    """Work that was done in any case and now is not where a flag asks for a small run."""
    if change.before is None:
        return []
    spared, before = Counter(calls(change.before)), _under_flags(change.before)
    always = spared - Counter(name for name, _ in before)
    now = Counter(calls(change.after)) - Counter(name for name, _ in _under_flags(change.after))
    return [
        Sighting(f"|{name}", line)
        for name, line in _under_flags(change.after)
        if always[name] and not now[name] and tokens(name) & _WORK and not is_aside(name)
    ]


def _under_flags(module: ast.Module) -> list[tuple[str, int]]:
    """The calls of the branch that is not taken where a flag is set, and not of the other branch."""
    found = []
    for node in ast.walk(module):
        if not isinstance(node, ast.If | ast.IfExp) or not tokens(ast.unparse(node.test)) & FLAGS:
            continue
        body, other = (part if isinstance(part, list) else [part] for part in (node.body, node.orelse))
        negated = isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
        taken, left = (other, body) if negated else (body, other)
        done = {name for part in taken for name in calls(part)}
        found += [(name, node.lineno) for part in left for name in calls(part).elements() if name not in done]
    return found


def _idle(tree: Tree, path: str) -> Counter[str]:
    """How often a script gives each option that asks for nothing."""
    lines = tree.text(path).splitlines() if path in tree.files else []
    return Counter(option for line in lines for option in _idle_options(line))


def _idle_options(line: str) -> Iterator[str]:
    """Options of a command that ask for nothing: `--epochs 0`, `--skip-training`."""
    if line.lstrip().startswith("#"):
        return
    for name, value in _OPTION.findall(line):
        nothing = is_number(name) and re.fullmatch(r"0+(\.0*)?", value)
        if nothing or (tokens(name) & _OFF and tokens(name) & _WORK and not is_aside(name)):
            yield f"--{name}"
