"""Paths: an output folder that nobody makes, a file that lies elsewhere in the repository."""

from __future__ import annotations

import ast
import json
import posixpath
import re

from p2c.repair.fixers.case import Case, Fix, Span, edited, parsed, span, with_import
from p2c.repair.fixers.meaning import Meaning
from p2c.repair.syntax import python_tree
from p2c.repair.text import read_text, words

_PATH = re.compile(r"No such file or directory: ['\"]([^'\"\n]+)['\"]")
_NAMED = r"['\"]?([\w./-]+\.(?:ya?ml|json|toml|csv|tsv|txt|ini|cfg))"
_MENTIONED = re.compile(
    rf"(?i){_NAMED}['\"]? (?:was |is )?(?:not found|does not exist|missing)"
    rf"|(?:not found|no such file|does not exist|cannot find|could not find)[^:\n]{{0,20}}: ?{_NAMED}"
)
"""What programs say that look for a file themselves."""
_SETTINGS = (".yaml", ".yml", ".json", ".toml", ".ini", ".cfg")
_FOLDER = (
    re.compile(r"Cannot save file into a non-existent directory: ['\"]([^'\"\n]+)['\"]"),
    re.compile(r"Parent directory ['\"]?([^'\"\n]+?)['\"]? does not exist"),
)
_WRITERS = words(
    """
    open savefig to_csv to_json to_parquet to_excel save savez savez_compressed savetxt write_text write_bytes
    imwrite imsave dump save_model mkdir FileHandler to_pickle write_image SummaryWriter
    """
)
_WORK = "/workspace/"


def output_folder(case: Case) -> Fix | None:
    """Makes the folder just before the statement that writes into it; a folder within it, with all above it."""
    folder = _missing_folder(case)
    path, module, statement = case.path, case.module, case.statement
    if folder is None or path is None or module is None:
        return None
    calls = [n for n in ast.walk(statement) if isinstance(n, ast.Call)] if statement else []
    write = next((call for call in calls if _writes(call)), None)
    if statement is None or write is None:
        return None
    content = _with_all_above(case.tree.files[path], write)
    content = content or _made_before(case.tree.files[path], module, statement, write, folder)
    return Fix({path: content}, f"make the folder {folder} before writing into it") if content else None


def _with_all_above(content: bytes, call: ast.Call) -> bytes | None:
    """The call that makes a folder, so that it makes those above it as well: no line more."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "mkdir":
        return None
    given = next((k for k in call.keywords if k.arg == "parents"), None)
    _, _, line, end = span(call)
    if isinstance(call.func.value, ast.Name) and call.func.value.id == "os":
        _, _, line, end = span(call.func)
        change = (line, end - len("mkdir"), line, end), "makedirs"
    elif given is not None:
        change = span(given.value), "True"
    else:
        others = call.args or call.keywords
        change = (line, end - 1, line, end - 1), ", parents=True" if others else "parents=True"
    new = edited(content, [change])
    return new if python_tree(new) else None


def _made_before(content: bytes, module: ast.Module, statement: ast.stmt, write: ast.Call, folder: str) -> bytes | None:
    text = read_text(content)
    first = text.lines[statement.lineno - 1]
    indent = first[: len(first) - len(first.lstrip())]
    if first[: statement.col_offset].strip():
        return None
    imports: list[ast.stmt] = [node for node in module.body if isinstance(node, ast.Import | ast.ImportFrom)]
    meaning = Meaning(ast.Module(imports, []))
    made, needed = _made_by_path(write, meaning) or _made_by_name(folder, meaning)
    new = text.spliced(statement.lineno - 1, statement.lineno - 1, [indent + made]).encode()
    return with_import(new, module, needed) if needed else new


def _made_by_path(write: ast.Call, meaning: Meaning) -> tuple[str, str] | None:
    """The folder of the `Path` that is written to: right wherever the program is started from."""
    if not isinstance(write.func, ast.Attribute) or write.func.attr not in ("write_text", "write_bytes", "open"):
        return None
    target = write.func.value
    if not isinstance(target, ast.Name | ast.Attribute) or meaning.of(target):
        return None
    return f"{ast.unparse(target)}.parent.mkdir(parents=True, exist_ok=True)", ""


def _made_by_name(folder: str, meaning: Meaning) -> tuple[str, str]:
    """The folder by its name, with what the file has imported already, and the import that it lacks."""
    makedirs, needed = meaning.written("os.makedirs")
    path, lacking = meaning.written("pathlib.Path")
    if needed and not lacking:
        return f"{path}({_quoted(folder)}).mkdir(parents=True, exist_ok=True)", ""
    return f"{makedirs}({_quoted(folder)}, exist_ok=True)", needed


def _missing_folder(case: Case) -> str | None:
    for pattern in _FOLDER:
        match = pattern.search(case.said)
        if match:
            return _inside(match[1])
    match = _PATH.search(case.failure.message)
    path = _inside(match[1]) if match else None
    folder = posixpath.dirname(path or "")
    there = any(p.startswith(folder + "/") for p in case.tree.files)
    return folder if folder and not there else None


def _inside(path: str) -> str | None:
    relative = posixpath.normpath(path.removeprefix(_WORK))
    return None if relative.startswith(("/", "..")) or relative == "." else relative


def _writes(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name != "open":
        return name in _WRITERS
    modes = [*call.args, *(k.value for k in call.keywords if k.arg == "mode")]
    return any(isinstance(m, ast.Constant) and re.fullmatch(r"[wax][bt+]*", str(m.value)) for m in modes)


def misplaced_file(case: Case) -> Fix | None:
    """Corrects a path to a file that lies elsewhere in the repository, where there is only one of its name.

    Changed is the one place, in code or configuration, that holds the wrong beginning of the path, or all of it.
    """
    wrong = _not_found(case)
    real = [p for p in case.tree.files if wrong and posixpath.basename(p) == posixpath.basename(wrong)]
    if wrong is None or len(real) != 1 or real[0] == wrong or "." not in posixpath.basename(wrong):
        return None
    for old, new in _beginnings(wrong, real[0]):
        places = [(path, where) for path in case.tree.python_files() for where in _literals(case.tree.files[path], old)]
        if len(places) == 1:
            path, where = places[0]
            content = edited(case.tree.files[path], [(where, _quoted(new))])
            return Fix({path: content}, f"read {real[0]} where it lies, instead of {wrong}")
        changes = {} if places else _configured(case, old, new)
        if changes:
            return Fix(changes, f"read {real[0]} where it lies, instead of {wrong}")
    return None


def _not_found(case: Case) -> str | None:
    """The path that could not be opened."""
    match = _PATH.search(case.failure.message) if case.exception == "FileNotFoundError" else None
    match = match or _MENTIONED.search(case.failure.message)
    return next(filter(None, match.groups()), None) if match else None


def _beginnings(wrong: str, real: str) -> list[tuple[str, str]]:
    """What of a path may stand in the code by itself, longest first, and what must stand there instead."""
    parts = wrong.split("/")
    found = [(wrong, real)]
    for count in range(len(parts) - 1, 0, -1):
        old, rest = "/".join(parts[:count]), "/".join(parts[count:])
        if real == rest or real.endswith("/" + rest):
            new = real.removesuffix(rest).rstrip("/") or "."
            found += [(old + "/", new + "/"), (old, new)] if old else []
    return found


def _configured(case: Case, old: str, new: str) -> dict[str, bytes]:
    """The one configuration file that has `old` as a value, in one place, with `new` there."""
    pattern = re.compile(rb"(?m)(?<=[:=\s\"'])" + re.escape(old.encode()) + rb"(?=[\"',\s]|$)")
    files = {p: c for p, c in case.tree.files.items() if p.endswith(_SETTINGS) and pattern.search(c)}
    if len(files) != 1:
        return {}
    path, content = next(iter(files.items()))
    changed, count = pattern.subn(new.encode().replace(b"\\", rb"\\"), content)
    return {path: changed} if count == 1 else {}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _literals(content: bytes, value: str) -> list[Span]:
    module = parsed(content) if value.encode() in content else None
    return [span(n) for n in ast.walk(module) if isinstance(n, ast.Constant) and n.value == value] if module else []
