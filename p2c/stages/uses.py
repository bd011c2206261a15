"""What a file uses of the repository's other files: imports of names they lack, calls that they cannot take."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import PurePosixPath

from p2c.stages.modules import Definition, module_name, parsed, top_level_names
from p2c.stages.signatures import Signature, signatures


def wrong_imports(path: str, source: str, written: Mapping[str, str], planned: Collection[str]) -> tuple[str, ...]:
    """What `source` imports from the repository's own modules and will not find there.

    Args:
        path: where `source` (which must parse) will stand.
        source: Python code.
        written: path -> source of the files that are there already.
        planned: every path of the plan.
    """
    modules = {module_name(name): name for name in planned if name.endswith(".py")}
    packages = {
        ".".join(PurePosixPath(name).parts[: n + 1]) for name in modules.values() for n in range(name.count("/"))
    }
    problems: list[str] = []
    for line, module, name in _imports(path, ast.parse(source)):
        if found := _unfound(module, name, modules, packages, written):
            problems.append(f"line {line}: {found}")
    return tuple(dict.fromkeys(problems))


def wrong_calls(path: str, source: str, written: Mapping[str, str]) -> tuple[str, ...]:
    """The calls in `source` (which must parse) of what other files define that fail as they are written.

    Looked at are calls by a name that is imported from a file in `written` and bound nowhere else, and by an
    attribute of such a module; calls with `*` or `**` are passed over.
    """
    tree = ast.parse(source)
    sources = {module_name(name): text for name, text in written.items() if name.endswith(".py")}
    functions, modules = _resolved(path, tree, sources)
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found.extend(_wrong_call(node, functions, modules, sources))
        elif isinstance(node, ast.Attribute):
            found.extend(_wrong_attribute(node, modules, sources))
    return tuple(dict.fromkeys(found))


def _resolved(
    path: str, tree: ast.Module, sources: Mapping[str, str]
) -> tuple[dict[str, tuple[str, Signature]], dict[str, str]]:
    """What the imported names are: local name -> full name and signature; local name -> module."""
    functions: dict[str, tuple[str, Signature]] = {}
    modules: dict[str, str] = {}
    bound = rebound(tree)
    for local, module, name in bindings(path, tree):
        if local.partition(".")[0] in bound:
            continue
        inside = module if name is None else f"{module}.{name}"
        if name is not None and name in (known := _signatures(sources.get(module, ""))):
            functions[local] = (inside, known[name])
        elif parsed(sources.get(inside, "(")) is not None:
            modules[local] = inside
    return functions, modules


@lru_cache(maxsize=64)
def _signatures(source: str) -> Mapping[str, Signature]:
    tree = parsed(source)
    return {} if tree is None else signatures(tree)


@lru_cache(maxsize=64)
def _names(source: str) -> frozenset[str]:
    tree = parsed(source)
    return frozenset() if tree is None else frozenset(top_level_names(tree))


def _may_have(names: Collection[str], name: str) -> bool:
    """Whether a module that binds `names` can give `name`; with `__getattr__` or `*` it may give any."""
    return not {name, "__getattr__", "*"}.isdisjoint(names)


def _wrong_call(
    call: ast.Call,
    functions: Mapping[str, tuple[str, Signature]],
    modules: Mapping[str, str],
    sources: Mapping[str, str],
) -> Iterator[str]:
    if any(isinstance(arg, ast.Starred) for arg in call.args) or any(word.arg is None for word in call.keywords):
        return
    written = ast.unparse(call.func)
    base, _, name = written.rpartition(".")
    known = _signatures(sources[modules[base]]) if base in modules else {}
    full, signature = (f"{modules[base]}.{name}", known[name]) if name in known else functions.get(written, ("", None))
    if signature is None:
        return
    if why := signature.refuses(len(call.args), frozenset(word.arg for word in call.keywords if word.arg)):
        yield f"line {call.lineno}: calls `{full}`, which {why}"


def _wrong_attribute(node: ast.Attribute, modules: Mapping[str, str], sources: Mapping[str, str]) -> Iterator[str]:
    module = modules.get(ast.unparse(node.value), "")
    if not module or not isinstance(node.ctx, ast.Load):
        return
    names = _names(sources[module])
    if _may_have(names, node.attr) or node.attr.startswith("__"):
        return
    inside = f"{module}.{node.attr}"
    if not any(other == inside or other.startswith(f"{inside}.") for other in sources):
        yield f"line {node.lineno}: uses `{inside}`, but that module has no such name"


def _imports(path: str, tree: ast.Module) -> Iterator[tuple[int, str, str | None]]:
    """Line, module and name of everything imported; the name is None for `import module`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, _absolute(path, node), alias.name) for alias in node.names)


def bindings(path: str, tree: ast.Module) -> Iterator[tuple[str, str, str | None]]:
    """Local name, module and name in it of everything that is imported; the name is None for a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name, alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(path, node)
            yield from ((alias.asname or alias.name, base, alias.name) for alias in node.names)


def rebound(tree: ast.Module) -> frozenset[str]:
    """Names that something other than an import binds, anywhere, or that are imported more than once."""
    names: list[str] = []
    imported: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.append(node.id)
        elif isinstance(node, ast.arg):
            names.append(node.arg)
        elif isinstance(node, Definition | ast.ExceptHandler):
            names.append(node.name or "")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imported += [alias.asname or alias.name for alias in node.names]
    return frozenset(names) | {name for name in imported if imported.count(name) > 1}


def _unfound(
    module: str, name: str | None, modules: Mapping[str, str], packages: Collection[str], written: Mapping[str, str]
) -> str:
    ours = {known.partition(".")[0] for known in modules}
    if module.partition(".")[0] not in ours:
        return ""
    if module not in modules and module not in packages:
        return f"imports `{module}`, which is no module of the plan"
    if name is None or name == "*" or f"{module}.{name}" in modules or f"{module}.{name}" in packages:
        return ""
    there = modules.get(module)
    source = written.get(there or "")
    if parsed(source or "(") is None or _may_have(_names(source or ""), name):
        return ""
    return f"imports `{name}` from `{module}`, but {there} has no such name"


def _absolute(path: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = PurePosixPath(path).parent.parts
    kept = package[: len(package) - (node.level - 1)]
    return ".".join((*kept, *([node.module] if node.module else ())))
