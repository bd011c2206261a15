"""No run with nothing to do: no zero epochs, no stage switched off, no empty data set, no factor of zero."""

from __future__ import annotations

import ast
import json
import tomllib
from collections.abc import Iterator, Sequence

import yaml

from p2c.repair.guards.change import (
    Objection,
    Repair,
    Sighting,
    dotted,
    folded,
    is_test,
    scoped,
    targets_of,
    tokens,
)
from p2c.repair.text import words

_AMOUNT = words(
    """
    epoch epochs step steps iteration iterations iter iters episode episodes sample samples batches fold folds run
    runs trial trials repeat repeats round rounds generations sweeps size length limit seeds
    """
)
_PLURALS = words(
    """
    epochs episodes iterations iters steps batches samples sweeps runs trials repeats folds rounds generations max num n
    """
)
_NO_AMOUNT = words(
    """
    warmup start begin early skip offset workers patience log save every interval current seen done total global
    last gap burnin burn decay milestones processes
    """
)
STAGE = words("enabled train training evaluate evaluation eval test testing validate validation measure run active")
_ASIDE = words(
    """
    wandb amp cuda gpu plot plots plotting tensorboard logging log logger download compile distributed cache profile
    progress checkpoint checkpoints resume upload hub show video render mlflow comet scheduler ema augment augmentation
    """
)
FACTOR = words("weight lambda coef coefficient contrast")
FLAGS = words("smoke quick debug demo toy offline dry skip")
"""What asks for a small run."""
_SETTINGS = words("config cfg conf args arguments settings params options opts opt hparams hp hyperparameters")
_LARGEST = 200_000
_ADVICE = "scale the run down, never to nothing, and mend what fails in it"


def idled(repair: Repair) -> Iterator[Objection]:
    """Settings and code newly made so that the work never takes place."""
    for path in repair.changed:
        if (
            path.endswith((".yaml", ".yml", ".json", ".toml"))
            and path in repair.before.files
            and path in repair.after.files
        ):
            old, new = (_settings(path, tree.files[path]) for tree in (repair.before, repair.after))
            for key in sorted(set(old) & set(new)):
                if reason := _switched_off(key, old[key], new[key]):
                    yield Objection("idle", path, None, reason)
    for change in repair.python:
        if is_test(change.path):
            continue
        for seen in change.new(_nothing_to_do):
            reason = f"`{seen.key.partition('|')[2]}` leaves nothing to do; {_ADVICE}"
            yield Objection("idle", change.path, seen.line, reason)
        factors = set(_factors(change.before)) if change.before else set()
        for seen in change.new(_zero_factors):
            if seen.key.partition("|")[2] in factors:
                reason = f"`{seen.key.partition('|')[2]}` is multiplied by zero; a part of the method may not vanish"
                yield Objection("idle", change.path, seen.line, f"{reason}: mend how it is computed")


def _switched_off(key: str, old: object, new: object) -> str:
    if not key:
        return ""
    name = tokens(key.rpartition(".")[2])
    if isinstance(old, list) and old and new in ([], None):
        return f"`{key}` is emptied; {_ADVICE}"
    if old is True and new is False and name & STAGE and not is_aside(key):
        return f"`{key}` is switched off, so that its work is not done; leave it on, and mend what fails in it"
    numbers = isinstance(old, int | float) and isinstance(new, int | float) and not isinstance(old, bool)
    if numbers and _number(old) > 0 == _number(new):
        if name & _AMOUNT and not name & _NO_AMOUNT:
            return f"`{key}: {new}` leaves nothing to do; {_ADVICE}"
        if name & FACTOR and "decay" not in name:
            return f"`{key}: {new}` switches a part of the method off; mend how that part is computed"
    return ""


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else 0.0


def _settings(path: str, content: bytes) -> dict[str, object]:
    """The leaves of a file of settings by their path of keys; nothing where it does not parse or is large.

    Aliases let a few lines of YAML mean billions of leaves: no more are read than the text has characters.
    """
    if len(content) > _LARGEST:
        return {}
    try:
        if path.endswith(".toml"):
            root: object = tomllib.loads(content.decode())
        else:
            root = json.loads(content) if path.endswith(".json") else yaml.safe_load(content)
    except (ValueError, RecursionError, LookupError, AttributeError, TypeError, yaml.YAMLError):
        return {}  # the library lets through what a strange tag makes Python raise
    found: dict[str, object] = {}
    left: list[tuple[object, str]] = [(root, "")]
    for _ in range(len(content) + 1):
        if not left:
            return found
        value, keys = left.pop()
        if isinstance(value, dict):
            left += [(inner, f"{keys}.{key}" if keys else str(key)) for key, inner in value.items()]
        else:
            found[keys] = value
    return {} if left else found


def _nothing_to_do(module: ast.Module) -> Iterator[Sighting]:
    for scope, node in scoped(module):
        if isinstance(node, ast.Call):
            yield from _empty_calls(scope, node)
        elif isinstance(node, ast.Slice) and node.lower is None and folded(node.upper) == 0:
            yield Sighting(f"{scope}|[:0]", node.lineno)
        for target in targets_of(node):
            value = getattr(node, "value", None)
            if is_amount(among_settings(target)) and (
                folded(value) == 0 or (isinstance(value, ast.List) and not value.elts)
            ):
                yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", target.lineno)


def _empty_calls(scope: str, call: ast.Call) -> Iterator[Sighting]:
    name = dotted(call.func).rpartition(".")[2]
    shown = f"{scope}|{ast.unparse(call)[:60]}"
    if (name == "range" and _is_empty(call.args)) or (name == "linspace" and _is_nothing(call.args[2:3])):
        yield Sighting(shown, call.lineno)
    if name in ("Subset", "islice", "take", "head") and call.args:
        last = call.args[-1]
        if folded(last) == 0 or (isinstance(last, ast.List) and not last.elts):
            yield Sighting(shown, call.lineno)
    first = (
        call.args[0].value if name == "add_argument" and call.args and isinstance(call.args[0], ast.Constant) else ""
    )
    for keyword in call.keywords:
        option = str(first) if keyword.arg == "default" else keyword.arg or ""
        if folded(keyword.value) == 0 and is_number(option):
            yield Sighting(shown, call.lineno)


def _is_empty(limits: Sequence[ast.expr]) -> bool:
    """Whether a range has nothing in it, by its constants or where a flag asks for a small run."""
    if len(limits) == 1:
        return _is_nothing(limits)
    first, last = (folded(limit) for limit in limits[:2]) if limits[1:] else (None, None)
    return len(limits) == 2 and first is not None and last is not None and first >= last


def _is_nothing(values: Sequence[ast.expr]) -> bool:
    """Whether a value is no more than zero: `0`, `n * 0`, `min(n, 0)`, `0 if smoke else n`."""
    if len(values) != 1:
        return False
    value = values[0]
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        return _is_nothing([value.left]) or _is_nothing([value.right])
    if isinstance(value, ast.Call) and dotted(value.func) == "min":
        return any(_is_nothing([one]) for one in value.args)
    if isinstance(value, ast.IfExp) and tokens(ast.unparse(value.test)) & FLAGS:
        return _is_nothing([value.body]) or _is_nothing([value.orelse])
    return folded(value) == 0


def among_settings(target: ast.expr) -> str:
    """The name of what is assigned among settings, `config["epochs"]` or `args.max_steps`; else the empty string."""
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        name = str(target.slice.value)
    else:
        name = target.attr if isinstance(target, ast.Attribute) else ""
    owner = target.value if isinstance(target, ast.Subscript | ast.Attribute) else target
    return name if name and tokens(ast.unparse(owner)) & _SETTINGS else ""


def is_aside(name: str) -> bool:
    """Whether it names something beside the method: logs, plots, checkpoints."""
    return bool(tokens(name) & _ASIDE)


def is_amount(name: str) -> bool:
    """Whether it names an amount of work."""
    parts = tokens(name)
    return bool(parts & _AMOUNT) and not parts & _NO_AMOUNT


def is_number(name: str) -> bool:
    """Whether it says how many or how much, `--folds`, `max_steps`: the first `--fold` is number 0."""
    return is_amount(name) and bool(tokens(name) & _PLURALS)


def _products(module: ast.Module) -> Iterator[tuple[str, ast.expr, ast.expr]]:
    for scope, node in scoped(module):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            yield scope, node.left, node.right
            yield scope, node.right, node.left


def _factors(module: ast.Module) -> Iterator[str]:
    """What is multiplied by something else than zero, and every other operand of a sum."""
    for _, factor, other in _products(module):
        if folded(factor) != 0:
            yield ast.unparse(other)
    for _, node in scoped(module):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            yield ast.unparse(node.left)
            yield ast.unparse(node.right)


def _zero_factors(module: ast.Module) -> Iterator[Sighting]:
    for scope, factor, other in _products(module):
        if folded(factor) == 0 and not isinstance(other, ast.Constant):
            yield Sighting(f"{scope}|{ast.unparse(other)}", factor.lineno)
