"""What was computed or read may not be made up: random numbers, zeros, labels, or a function that does nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from p2c.repair.guards.change import (
    Function,
    Objection,
    PythonChange,
    Repair,
    Sighting,
    calls,
    dotted,
    functions,
    is_test,
    loaded,
    scoped,
    targets_of,
    tokens,
)
from p2c.repair.guards.stubs import is_stub
from p2c.repair.text import words

_RANDOM = words(
    """
    rand randn randint random normal uniform choice choices standard_normal integers random_sample rand_like
    randn_like make_classification make_regression make_blobs gauss randrange sample
    """
)
_FILLERS = _RANDOM | words("zeros ones zeros_like ones_like empty empty_like full full_like zeros_ MagicMock Mock")
_GIVEN = words("label labels target targets image images input inputs feature features batch data y x")
_LABELS = words("label labels target targets truth gt y y_test y_true y_val ytest groundtruth ground_truth")
_PREDICTED = words("pred preds prediction predictions predicted yhat hat logits chances probs proba probabilities")
_THERE = words("exists isfile is_file isdir is_dir")
_OPTIONAL = words(
    """
    wandb tensorboard SummaryWriter matplotlib plt tqdm rich seaborn sns mlflow comet_ml psutil GPUtil colorama
    tensorboardX pynvml thop torchinfo torchsummary apex neptune aim trange
    """
)
_ORDER = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__contains__"})
_BUILTIN = words("len range list tuple dict set int float str bool max min sum zip enumerate size dim print")
_FLAGS = words("smoke synthetic dummy debug demo toy quick test offline dry fake")


def made_up(repair: Repair) -> Iterator[Objection]:
    """New stand-ins for results, inputs, predictions, imported functions and library functions."""
    for change in repair.python:
        if is_test(change.path):
            continue
        for see, reason in _SIGHTS:
            for seen in change.new(see):
                shown = seen.key.partition("|")[2]
                yield Objection("substitute", change.path, seen.line, reason.format(shown=shown))
        old = functions(change.before) if change.before else {}
        for name, node in functions(change.after).items():
            if name in old and _no_longer_computed(old[name], node, repair):
                reason = f"`{name}` makes its result up instead of computing it; mend the computation"
                yield Objection("substitute", change.path, node.lineno, reason)
            elif name not in old and _holds_an_import(node, change) and not _is_read(node.name, repair):
                reason = f"nobody calls `{name}`, so that what it imports is used no more; import it where it is needed"
                yield Objection("substitute", change.path, node.lineno, reason)


def _no_longer_computed(old: Function, new: Function, repair: Repair) -> bool:
    """Whether calls of the repository's own (or of a part of `self`) gave way to random numbers or constants."""
    gone, came = calls(old) - calls(new), calls(new) - calls(old)
    if not set(came) & _FILLERS or not set(came) <= _FILLERS | _BUILTIN:
        return False
    own = repair.own
    parts = {
        n.func.attr
        for n in ast.walk(old)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and dotted(n.func.value) == "self"
    }
    if set(gone) & ((own | parts) - {old.name} - _FILLERS):
        return True
    arguments = {a.arg for a in [*old.args.posonlyargs, *old.args.args, *old.args.kwonlyargs]} - {"self", "cls"}
    ignored = arguments & loaded(old) - loaded(new)
    # Names bound by the function's own signature only count where it still takes them.
    kept = {a.arg for a in [*new.args.posonlyargs, *new.args.args, *new.args.kwonlyargs]}
    return bool(ignored & kept) and _size(new) < _size(old)


def _is_read(name: str, repair: Repair) -> bool:
    return any(name in loaded(module) for module in repair.all_after.values())


def _size(node: ast.AST) -> int:
    return sum(1 for _ in ast.walk(node))


def _holds_an_import(node: Function, change: PythonChange) -> bool:
    """Whether a function is little more than an import that the file had at its top."""
    imports = [s for s in node.body if isinstance(s, ast.Import | ast.ImportFrom)]
    if not imports or len(node.body) > len(imports) + 1 or change.before is None:
        return False
    top = {ast.unparse(s) for s in change.before.body if isinstance(s, ast.Import | ast.ImportFrom)}
    return any(ast.unparse(s) in top for s in imports)


def _inputs_overwritten(module: ast.Module) -> Iterator[Sighting]:
    """A parameter or the variable of a loop, with data in it, that is set to zeros or noise."""
    given: dict[str, set[str]] = {}
    for scope, node in scoped(module):
        if isinstance(node, ast.For):
            names = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
            given.setdefault(scope, set()).update(names)
    for name, function in functions(module).items():
        given.setdefault(name, set()).update(a.arg for a in function.args.args)
    unless = _under_none(module)
    for scope, node in scoped(module):
        for target in targets_of(node):
            name = dotted(target)
            if name in given.get(scope, ()) and tokens(name) & _GIVEN and id(node) not in unless:
                value = getattr(node, "value", None)
                if isinstance(value, ast.Call) and dotted(value.func).rpartition(".")[2] in _FILLERS:
                    yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", target.lineno)


def _under_none(module: ast.Module) -> set[int]:
    """Statements under `if x is None`: there a value is missing, and a beginning of zeros is one."""
    return {
        id(inner)
        for node in ast.walk(module)
        if isinstance(node, ast.If) and "None" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }


def _made_where_missing(module: ast.Module) -> Iterator[Sighting]:
    """Random data in a handler, or in the branch for a file that is not there; a flag that asks for it is honest."""
    for scope, node in scoped(module):
        column = (
            isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and ".columns" in ast.unparse(node.test)
        )
        if isinstance(node, ast.ExceptHandler) or (isinstance(node, ast.If) and column):
            branches = [node.body]
        elif (
            isinstance(node, ast.If) and set(calls(node.test)) & _THERE and not tokens(ast.unparse(node.test)) & _FLAGS
        ):
            branches = [node.body, node.orelse]
        else:
            continue
        for branch in branches:
            made = sorted(
                {name for s in branch for name in calls(s) if name in _RANDOM - {"choice", "sample", "random"}}
            )
            if made and not _writes(branch):
                yield Sighting(f"{scope}|{', '.join(made)}", branch[0].lineno)


def _writes(branch: list[ast.stmt]) -> bool:
    """Whether what is made is written to a file, where it can be seen."""
    return bool({n for s in branch for n in calls(s)} & {"savez", "save", "to_csv", "savetxt", "writerow", "writerows"})


def _labels_as_predictions(module: ast.Module) -> Iterator[Sighting]:
    """Predictions made of the labels alone, or labels made of the predictions alone."""
    for scope, node in scoped(module):
        value = getattr(node, "value", None)
        for target in targets_of(node):
            name = dotted(target).rpartition(".")[2]
            names = (loaded(value) if value is not None else frozenset()) - {"torch", "np", "numpy", "float", "int"}
            answers = all(n.lower() in _LABELS or tokens(n) & {"labels", "label", "truth"} for n in names)
            guesses = all(tokens(n) & _PREDICTED for n in names)
            if names and ((tokens(name) & _PREDICTED and answers) or (name.lower() in _LABELS and guesses)):
                yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", target.lineno)


def _nothing_by_default(module: ast.Module) -> Iterator[Sighting]:
    """`getattr(x, name, lambda: None)`: a method that is missing becomes one that does nothing."""
    for scope, node in scoped(module):
        asks = isinstance(node, ast.Call) and dotted(node.func) == "getattr" and len(node.args) == 3
        if isinstance(node, ast.Call) and asks and _does_nothing(node.args[2]):
            yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", node.lineno)


def _nothing_for_an_import(module: ast.Module) -> Iterator[Sighting]:
    """Names set to None or to an empty function where their import fails."""
    for scope, node in scoped(module):
        if not isinstance(node, ast.ExceptHandler) or not _catches_imports(node):
            continue
        for inner in node.body:
            value = getattr(inner, "value", None)
            for target in targets_of(inner):
                name = dotted(target)
                nothing = isinstance(value, ast.Constant) and value.value is None
                if name and name not in _OPTIONAL and (nothing or _does_nothing(value)):
                    yield Sighting(f"{scope}|{ast.unparse(inner)[:60]}", inner.lineno)
            if isinstance(inner, Function) and inner.name not in _OPTIONAL and _ignores(inner, every=False):
                yield Sighting(f"{scope}|{inner.name}", inner.lineno)
            if isinstance(inner, ast.ClassDef) and inner.name not in _OPTIONAL:
                methods = [m for m in inner.body if isinstance(m, Function)]
                if not methods or any(_ignores(m, every=True) for m in methods):
                    yield Sighting(f"{scope}|{inner.name}", inner.lineno)


def _catches_imports(node: ast.ExceptHandler) -> bool:
    kinds = ast.unparse(node.type) if node.type else ""
    return "ImportError" in kinds or "ModuleNotFoundError" in kinds


def _ignores(node: Function, *, every: bool) -> bool:
    """Whether a function does nothing with its arguments (with one of them, where it must use `every`)."""
    arguments = {a.arg for a in node.args.args} - {"self", "cls"}
    used = arguments & loaded(node)
    if is_stub(node) or (arguments and not used) or (every and used != arguments):
        return True
    last = node.body[-1]
    return len(node.body) == 1 and isinstance(last, ast.Return) and isinstance(last.value, ast.Name)


def _does_nothing(value: ast.expr | None) -> bool:
    if not isinstance(value, ast.Lambda):
        return False
    return not any(isinstance(n, ast.Call) for n in ast.walk(value.body)) and (
        isinstance(value.body, ast.Constant | ast.Name | ast.List | ast.Dict)
    )


def _patched(module: ast.Module) -> Iterator[Sighting]:
    """An attribute of an imported module or class that is set to a function that does nothing."""
    imported = {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    empty = {name for name, node in functions(module).items() if is_stub(node)}
    for scope, node in scoped(module):
        for target in targets_of(node):
            if isinstance(target, ast.Attribute) and dotted(target).split(".")[0] in imported - {"sys"}:
                value = getattr(node, "value", None)
                if _does_nothing(value) or (isinstance(value, ast.Name) and value.id in empty):
                    yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", target.lineno)


def _cut_from_the_graph(module: ast.Module) -> Iterator[Sighting]:
    """A loss that is given a gradient of its own: `loss.requires_grad_()`, `x.detach().requires_grad_()`."""
    for scope, node in scoped(module):
        base: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "requires_grad_":
            base = node.func.value
        for target in targets_of(node):
            if isinstance(target, ast.Attribute) and target.attr == "requires_grad":
                base = target.value
        if isinstance(node, ast.Call) and any(k.arg == "requires_grad" for k in node.keywords) and node.args:
            base = node.args[0] if "loss" in ast.unparse(node.args[0]).lower() else base
        if base is not None and tokens(ast.unparse(base)) & {"loss", "losses", "cost", "objective"}:
            line = getattr(node, "lineno", 1)
            yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", line)


def _always_equal(module: ast.Module) -> Iterator[Sighting]:
    for name, node in functions(module).items():
        bare = name.rpartition(".")[2]
        if bare in _ORDER and is_stub(node) and "Not" not in ast.unparse(node.body[-1]):
            yield Sighting(f"{name}|{name}", node.lineno)
        if bare == "__getattr__" and "." in name and isinstance(node.body[-1], ast.Return):
            value = node.body[-1].value
            if isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id == "self"):
                yield Sighting(f"{name}|{name}", node.lineno)


_SIGHTS = (
    (_inputs_overwritten, "`{shown}` throws away what was given; use it, and mend its shape or type"),
    (
        _made_where_missing,
        "data are made up ({shown}) where the real ones are missing, and nobody would know; raise there, and make "
        "small data only where the run is asked for them by its smoke flag or setting",
    ),
    (
        _labels_as_predictions,
        "`{shown}` takes the answers for the predictions; let the model predict, and compare that with the answers",
    ),
    (
        _nothing_for_an_import,
        "`{shown}` where the import fails leaves out what it was imported for; declare the requirement, or write a "
        "full equivalent",
    ),
    (_nothing_by_default, "`{shown}` does nothing where the method is missing; call the one that exists, or write it"),
    (_patched, "`{shown}` takes the work out of a library; mend the call instead"),
    (_cut_from_the_graph, "`{shown}` cuts the loss off from the model, so that nothing is learned; keep the graph"),
    (_always_equal, "`{shown}` gives the same answer whatever it is asked; let it compare what is there"),
)
