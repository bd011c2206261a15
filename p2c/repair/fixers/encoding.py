"""A text file that is not UTF-8 and is read as if it were."""

from __future__ import annotations

import ast
import codecs
import re

from p2c.repair.fixers.case import Case, Fix, span
from p2c.repair.fixers.python_file import PythonFile, failing_file
from p2c.repair.text import is_binary, words

_DECODE = re.compile(r"codec can't decode bytes? (?:0x(?P<byte>[0-9a-f]{2}) )?in position (?P<position>\d{1,18})\b")
_READERS = words("open read_csv read_table read_json read_text loadtxt genfromtxt")


def text_encoding(case: Case) -> Fix | None:
    """Names the encoding of the file in the call that opens it; the file is known by the very byte that failed."""
    match = _DECODE.search(case.failure.message) if case.exception == "UnicodeDecodeError" else None
    path, file = case.path, failing_file(case)
    if match is None or path is None or file is None or not match["byte"]:
        return None
    read = [other for other, content in case.tree.files.items() if _fails_so(content, match)]
    call = _opening(case, file)
    if len(read) != 1 or call is None:
        return None
    encoding = _encoding(case.tree.files[read[0]])
    given = next((k for k in call.keywords if k.arg == "encoding"), None)
    if given is not None:
        change = span(given.value), f'"{encoding}"'
    else:
        _, _, line, end = span(call)
        change = (line, end - 1, line, end - 1), f', encoding="{encoding}"' if call.args else f'encoding="{encoding}"'
    new = file.edited([change])
    return Fix({path: new}, f"read {read[0]} as {encoding}, which it is") if new else None


def _fails_so(content: bytes, match: re.Match[str]) -> bool:
    """Whether decoding `content` fails at the byte of the message, whole or in pieces of 8 KiB."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        is_text = not is_binary(content) or content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        same = content[error.start] == int(match["byte"], 16)
        return is_text and same and int(match["position"]) <= error.start
    return False


def _encoding(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def _opening(case: Case, file: PythonFile) -> ast.Call | None:
    """The call that opens the file: in the statement that failed, else in the innermost one around it."""
    statement = case.statement
    if statement is None:
        return None
    line = statement.lineno
    around = [
        n for n in ast.walk(file.module)
        if isinstance(n, ast.stmt) and n.lineno <= line <= (n.end_lineno or n.lineno)
    ]  # fmt: skip
    for node in sorted(around, key=lambda n: -n.lineno):
        calls = [n for n in ast.walk(node) if isinstance(n, ast.Call) and _reads_text(n)]
        if calls:
            return calls[0] if len(calls) == 1 else None
    return None


def _reads_text(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    modes = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    return name in _READERS and not any(
        isinstance(m, ast.Constant) and re.search("[bwax]", str(m.value)) for m in modes
    )
