"""Methods, arguments and values that a well-known library has removed: by the table."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from p2c.repair.fixers.case import Case, Fix, span
from p2c.repair.fixers.python_file import Change, PythonFile, failing_file, files_with
from p2c.repair.fixers.table import Argument, Library, Literal, Method, libraries

_NO_ATTRIBUTE = re.compile(r"['\"]([\w.]+)['\"] object has no attribute ['\"](\w+)['\"]")
_UNEXPECTED = re.compile(r"(?:([\w.]+)\(\) )?got an unexpected keyword argument ['\"](\w+)['\"]")
_VALUE = re.compile(r"The '(\w+)' parameter of (\w+) must be .* Got '(\w+)' instead", re.S)
_ARTIST = "set"
"""Matplotlib's functions hand on what they do not know to `set` of what they draw, which complains of it."""
_STYLE = re.compile(r"'(seaborn(?:-[a-z]\w*)*)' is not a valid package style")
_FREQUENCY = re.compile(r"Invalid frequency: (\S+?)[.,]? .*(?:Please use '(\w+)' instead|Did you mean (\w+)\?)", re.S)


def _source(library: Library, gone: str) -> str:
    return f"{library.name} {gone}, {library.source}"


# ------------------------------------------------------------------ methods


def removed_method(case: Case) -> Fix | None:
    """Writes the successor of a method or attribute that objects of a library have lost, where it failed.

    The same attribute of what is called the same elsewhere in the file is mended with it.
    """
    match = _NO_ATTRIBUTE.search(case.failure.message)
    path, statement, file = case.path, case.statement, failing_file(case)
    if case.exception != "AttributeError" or path is None or statement is None or file is None:
        return None
    for library in libraries():
        for row in library.methods:
            if not _concerns(row, match, case.failure.message):
                continue
            new = file.edited(_methods(file, statement, row))
            if new is not None:
                return Fix({path: new}, f"write {row.new} for .{row.old} ({_source(library, row.gone)})")
    return None


def _concerns(row: Method, match: re.Match[str] | None, message: str) -> bool:
    if row.says:
        return row.says in message
    return match is not None and match[2] == row.old and re.fullmatch(row.of, match[1]) is not None


def _methods(file: PythonFile, statement: ast.stmt, row: Method) -> Iterator[Change]:
    failing = {ast.unparse(node.value) for node in _attributes(statement, row.old)}
    calls = {id(node.func): node for node, _ in file.calls()}
    for node in _attributes(file.module, row.old):
        if ast.unparse(node.value) not in failing:
            continue
        call = calls.get(id(node))
        if "{" not in row.new:
            line, _, last, end = span(node)
            before = node.value.end_lineno or line, node.value.end_col_offset or 0
            yield (*before, last, end), f".{row.new}"
        elif call is not None and _fits(file.module, call, row.of_argument):
            new = file.called_anew(call, row.new)
            if new is not None:
                yield span(call), new


def _attributes(node: ast.AST, name: str) -> Iterator[ast.Attribute]:
    return (n for n in ast.walk(node) if isinstance(n, ast.Attribute) and n.attr == name)


def _fits(module: ast.Module, call: ast.Call, wanted: str) -> bool:
    """Whether the first argument is what the row asks for, as far as the file shows it."""
    return not wanted or (bool(call.args) and _kind(module, call.args[0]) == wanted)


_FRAMES = ("DataFrame", "read_csv", "concat", "read_json", "read_excel", "read_parquet")


def _kind(module: ast.Module, node: ast.expr) -> str:
    """`dict`, `DataFrame` or `Series` where that is plain to see, else the empty string."""
    if isinstance(node, ast.Dict):
        return "dict"
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return "DataFrame" if name in _FRAMES else ("Series" if name == "Series" else "")
    if isinstance(node, ast.Name):
        values = [
            n.value
            for n in ast.walk(module)
            if isinstance(n, ast.Assign) and any(isinstance(t, ast.Name) and t.id == node.id for t in n.targets)
        ]
        kinds = {_kind(module, value) for value in values if not isinstance(value, ast.Name)}
        return kinds.pop() if len(kinds) == 1 else ""
    return ""


# ------------------------------------------------------------------ arguments


def removed_argument(case: Case) -> Fix | None:
    """Renames, leaves out or rewrites a keyword argument that a library's function does not take any more."""
    match = _UNEXPECTED.search(case.failure.message)
    for library in libraries():
        for row in library.arguments:
            if row.says:
                fix = _said(case, library, row) if row.says in case.said else None
            elif match and match[2] == row.old:
                fix = _unexpected(case, library, row, _called(match[1]))
            else:
                continue
            if fix is not None:
                return fix
    return None


def _called(name: str | None) -> str:
    """`OneHotEncoder` of `OneHotEncoder.__init__`, `fillna` of `NDFrame.fillna`."""
    return (name or "").removesuffix(".__init__").rpartition(".")[2]


def _unexpected(case: Case, library: Library, row: Argument, called: str) -> Fix | None:
    if called and not re.fullmatch(row.function, called) and called != _ARTIST:
        return None
    changes = {}
    for path, file in files_with(case, row.old):
        edits: list[Change] = []
        for call, name in file.calls():
            keyword = next((k for k in call.keywords if k.arg == row.old), None)
            if keyword and re.fullmatch(row.function, name) and row.value in ("", _literal(keyword.value)):
                edits += _argument(file, call, keyword, row)
        new = file.edited(edits)
        if new is not None:
            changes[path] = new
    return _argument_fix(changes, library, row)


def _said(case: Case, library: Library, row: Argument) -> Fix | None:
    """Where the message names no argument: the calls in the statement that failed."""
    path, statement, file = case.path, case.statement, failing_file(case)
    if path is None or statement is None or file is None:
        return None
    edits: list[Change] = []
    for call, name in file.calls():
        keyword = next((k for k in call.keywords if k.arg == row.old), None)
        is_meant = bool(re.fullmatch(row.function, name)) and (not row.old or keyword is not None)
        if is_meant and statement.lineno <= call.lineno <= (statement.end_lineno or 0):
            edits += _argument(file, call, keyword, row)
    new = file.edited(edits)
    return _argument_fix({path: new} if new else {}, library, row)


def _argument_fix(changes: dict[str, bytes], library: Library, row: Argument) -> Fix | None:
    if not changes:
        return None
    what = f"{row.old}=" if row.old else row.function
    instead = f"write {row.call or row.new} for {what}" if row.call or row.new else f"leave out {what}"
    return Fix(changes, f"{instead} ({_source(library, row.gone)})")


def _literal(node: ast.expr) -> str:
    return repr(node.value) if isinstance(node, ast.Constant) else ""


def _argument(file: PythonFile, call: ast.Call, keyword: ast.keyword | None, row: Argument) -> Iterator[Change]:
    if row.call:
        new = file.called_anew(call, row.call, without=keyword)
        if new is not None:
            yield span(call), new
    elif keyword is None:
        _, _, last, end = span(call)
        yield (last, end - 1, last, end - 1), f", {row.new}" if call.args or call.keywords else row.new
    elif "=" in row.new:
        yield span(keyword), row.new
    elif row.new:
        line, column, _, _ = span(keyword)
        yield (line, column, line, column + len(row.old)), row.new
    else:
        yield _left_out(call, keyword)


def _left_out(call: ast.Call, keyword: ast.keyword) -> Change:
    """The argument with the comma that goes with it."""
    given: list[ast.expr | ast.keyword] = sorted([*call.args, *call.keywords], key=lambda one: span(one)[:2])
    index = given.index(keyword)
    line, column, last, end = span(keyword)
    if index:
        before = given[index - 1]
        return (before.end_lineno or line, before.end_col_offset or column, last, end), ""
    if index + 1 < len(given):
        following = given[index + 1]
        return (line, column, following.lineno, following.col_offset), ""
    return (line, column, last, end), ""


# ------------------------------------------------------------------ values


def removed_value(case: Case) -> Fix | None:
    """Replaces a literal that a library does not take any more by the one that its release notes or it itself names."""
    return _by_table(case) or _style(case) or _frequency(case)


def _by_table(case: Case) -> Fix | None:
    match = _VALUE.search(case.failure.message)
    if match is None:
        return None
    argument, function, value = match.groups()
    for library in libraries():
        for row in library.values:
            if (row.argument, row.old) == (argument, value) and re.fullmatch(row.function, function):
                changes = {}
                for path, file in files_with(case, value):
                    new = file.edited(_values(file, function, row))
                    if new is not None:
                        changes[path] = new
                if changes:
                    said = f"write {argument}={row.new!r} for {value!r} ({_source(library, row.gone)})"
                    return Fix(changes, said)
    return None


def _values(file: PythonFile, function: str, row: Literal) -> Iterator[Change]:
    for call, name in file.calls():
        for keyword in call.keywords if name == function else ():
            if keyword.arg == row.argument and _literal(keyword.value) == repr(row.old):
                yield span(keyword.value), _quoted_like(file, keyword.value, row.new)


def _quoted_like(file: PythonFile, old: ast.expr, new: str | float) -> str:
    if not isinstance(new, str):
        return repr(new)
    quote = file.text(old)[-1]
    return f"{quote}{new}{quote}"


def _style(case: Case) -> Fix | None:
    """Matplotlib 3.6 renamed seaborn's styles and 3.8 removed the old names."""
    match = _STYLE.search(case.failure.message)
    if match is None:
        return None
    new = match[1].replace("seaborn", "seaborn-v0_8", 1)
    changes = {}
    for path, file in files_with(case, match[1]):
        found = _constants(file.module, match[1])
        content = file.edited((span(node), _quoted_like(file, node, new)) for node in found)
        if content is not None:
            changes[path] = content
    return Fix(changes, f"write the style {new} for {match[1]}, as matplotlib 3.8 names it") if changes else None


def _frequency(case: Case) -> Fix | None:
    """pandas 3 names the new alias of a frequency in its message."""
    match = _FREQUENCY.search(case.failure.message)
    path, statement, file = case.path, case.statement, failing_file(case)
    if match is None or path is None or statement is None or file is None:
        return None
    old, new = match[1], match[2] or match[3]
    shown = old.replace(old.lstrip("0123456789"), new) if old[:1].isdigit() and not new[:1].isdigit() else new
    content = file.edited((span(n), _quoted_like(file, n, shown)) for n in _constants(statement, old))
    return Fix({path: content}, f"write the frequency {shown} for {old}, as pandas names it") if content else None


def _constants(node: ast.AST, value: str) -> list[ast.expr]:
    inside = {id(part) for n in ast.walk(node) if isinstance(n, ast.JoinedStr) for part in n.values}
    return [n for n in ast.walk(node) if isinstance(n, ast.Constant) and n.value == value and id(n) not in inside]
