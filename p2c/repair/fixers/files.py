"""Paths: an output folder that nobody makes, a file that lies elsewhere in the repository."""

from __future__ import annotations

import ast
import json
import posixpath
import re

from p2c.repair.fixers.case import Case, Fix, Span, edited, span, with_import
from p2c.repair.syntax import python_tree
from p2c.repair.text import read_text, words

_PATH = re.compile(r"No such file or directory: ['\"]([^'\"\n]+)['\"]")
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
    """Makes the folder just before the statement that writes into it."""
    folder = _missing_folder(case)
    path, module, statement = case.path, case.module, case.statement
    if folder is None or path is None or module is None:
        return None
    calls = [n for n in ast.walk(statement) if isinstance(n, ast.Call)] if statement else []
    write = next((call for call in calls if _writes(call)), None)
    if statement is None or write is None:
        return None
    text = read_text(case.tree.files[path])
    first = text.lines[statement.lineno - 1]
    indent = first[: len(first) - len(first.lstrip())]
    if first[: statement.col_offset].strip():
        return None
    made = _made_by_path(write) or f"os.makedirs({_quoted(folder)}, exist_ok=True)"
    content = text.spliced(statement.lineno - 1, statement.lineno - 1, [indent + made]).encode()
    if made.startswith("os."):
        content = with_import(content, module, "import os")
    return Fix({path: content}, f"make the folder {folder} before writing into it")


def _made_by_path(write: ast.Call) -> str | None:
    """The folder of the `Path` that is written to: right wherever the program is started from."""
    if not isinstance(write.func, ast.Attribute) or write.func.attr not in ("write_text", "write_bytes"):
        return None
    target = write.func.value
    if not isinstance(target, ast.Name | ast.Attribute):
        return None
    return f"{ast.unparse(target)}.parent.mkdir(parents=True, exist_ok=True)"


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
    """Corrects a literal path to a file that lies elsewhere in the repository, where there is only one of its name."""
    match = _PATH.search(case.failure.message)
    if case.exception != "FileNotFoundError" or match is None:
        return None
    wrong = match[1]
    name = posixpath.basename(wrong)
    real = [p for p in case.tree.files if posixpath.basename(p) == name]
    if len(real) != 1 or "." not in name:
        return None
    places = [(path, where) for path in case.tree.python_files() for where in _literals(case.tree.files[path], wrong)]
    if len(places) != 1 or real[0] == wrong:
        return None
    path, where = places[0]
    content = edited(case.tree.files[path], [(where, _quoted(real[0]))])
    return Fix({path: content}, f"read {real[0]} where it lies, instead of {wrong}")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _literals(content: bytes, value: str) -> list[Span]:
    module = python_tree(content) if value.encode() in content else None
    return [span(n) for n in ast.walk(module) if isinstance(n, ast.Constant) and n.value == value] if module else []
