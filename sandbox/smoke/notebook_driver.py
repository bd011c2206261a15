"""Runs inside a container: executes a notebook's code cells in order, as the notebook program would.

Standard library only, without a kernel. Usage: notebook.py FILE.ipynb. Magics are done where they mean something for
a run from start to end (`!command`, `%cd`, `%run`, `%%bash`, `%%writefile`, `%time`), installs are passed over (what
the repository needs is there already), other magics are passed over as well. The first exception ends the run with its
traceback, in which a cell's top level is called `<cell N>`, with lines as they stand in the file.
"""

import ast
import asyncio
import inspect
import json
import linecache
import os
import re
import runpy
import subprocess
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

LINE_MAGIC = re.compile(r"^(\s*)(?:(?P<name>[\w.,\s]+?)\s*=\s*)?(?P<mark>[%!]+)(?P<text>.*)$")
HELP = re.compile(r"^\s*\??\??[\w.]+\?{1,2}\s*$|^\s*\?{1,2}[\w.]+\s*$")
INSTALL = re.compile(r"\s*(?:sudo\s+)?(?:python3?\s+-m\s+)?(?:pip3?|conda|mamba|apt|apt-get|brew)\b")
TIMES = ("time", "timeit", "prun", "capture", "capture_output")


def code_cells(notebook: dict[str, Any]) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Number (from 1, over the code cells), source and tags of each code cell; nbformat 4, or 3 with worksheets."""
    number = 0
    for sheet in notebook.get("worksheets", [notebook]):
        for cell in sheet.get("cells", ()):
            if cell.get("cell_type") != "code":
                continue
            number += 1
            source = cell.get("source", cell.get("input", ""))
            tags = (cell.get("metadata") or {}).get("tags") or ()
            yield number, source if isinstance(source, str) else "".join(source), tuple(tags)


def lines_in_file(sources: list[str], text: str) -> list[list[int]]:
    """For each cell the line of the file in which each of its lines stands.

    A file that does not give each line a line of its own is numbered as if its cells stood one after the other.
    """
    total = sum(source.count("\n") + 1 for source in sources)
    file_lines = text.split("\n")
    places, at, counted = [], 0, 0
    for source in sources:
        lines = []
        for line in source.split("\n"):
            counted += 1
            written = json.dumps(line)[1:-1]
            plain = json.dumps(line, ensure_ascii=False)[1:-1]
            ahead = enumerate(file_lines[at:], start=at)
            found = next((n for n, text_of in ahead if written in text_of or plain in text_of), at)
            at = found if len(file_lines) > total else at
            lines.append(found + 1 if len(file_lines) > total else counted)
        places.append(lines)
    return places


def shell(command: str, check: bool = False) -> list[str]:
    """`!command`: its output is shown; it may fail, as in a notebook. Returns the lines of its output."""
    if INSTALL.match(command):
        print(f"(passed over: {command.strip()})")
        return []
    done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, text=True, errors="replace", check=False)
    print(done.stdout, end="")
    if check and done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command)
    return done.stdout.splitlines()


def magic(text: str) -> object:
    """`%name rest`, for those that change what a run does."""
    name, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    if name == "cd":
        os.chdir(Path(rest.strip("'\"") or "~").expanduser())
    elif name == "run":
        words = rest.split()
        sys.argv = words
        main().__dict__.update(runpy.run_path(words[0], run_name="__main__"))
    elif name in ("env", "set_env") and ("=" in rest or " " in rest):
        key, _, value = rest.partition("=") if "=" in rest else rest.partition(" ")
        os.environ[key.strip()] = value.strip()
    elif name in ("sx", "system"):
        return shell(rest)
    elif name == "pwd":
        return str(Path.cwd())
    return None


def transform(source: str) -> str:
    """Python for a cell that holds magics; the number of lines stays the same."""
    lines = source.split("\n")
    first = lines[0].strip()
    if first.startswith("%%"):
        name, _, rest = first[2:].partition(" ")
        body = "\n".join(lines[1:])
        if name in TIMES:
            return "\n" + transform(body)
        if name in ("bash", "sh", "script", "system", "!"):
            return f"__shell__({body!r}, check=True)"
        if name in ("writefile", "file"):
            append, path = ("a", rest.split()[-1]) if "-a" in rest.split() else ("w", rest.strip())
            return f"open({path!r}, {append!r}).write({body + chr(10)!r}) and None"
        return ""
    return "\n".join(line_of_python(line) for line in lines)


def line_of_python(line: str) -> str:
    """One line, its magic turned into a call."""
    if HELP.match(line):
        return line[: len(line) - len(line.lstrip())] + "pass"
    match = LINE_MAGIC.match(line)
    if not match:
        return line
    text, call = match["text"], "__magic__"
    if match["mark"] == "!":
        call = "__shell__"
    elif match["mark"] == "%" and text.split(" ")[0] in TIMES:
        return match[1] + (text.partition(" ")[2].strip() or "pass")
    elif match["mark"] not in ("%", "!"):
        call = "__shell__" if match["mark"] == "!!" else "__magic__"
    # names in braces or after $ are put in, as IPython does
    written = re.sub(r"(?<!\$)\{(\w+)\}", lambda m: "{" + m[1] + "}", text)
    filled = f"__fill__({written!r}, globals(), locals())" if re.search(r"\{\w+\}|\$\w", written) else repr(text)
    return f"{match[1]}{match['name'] + ' = ' if match['name'] else ''}{call}({filled})"


def fill(text: str, outer: dict[str, object], inner: dict[str, object]) -> str:
    """`text` with `{name}` and `$name` replaced by what the variable holds, where there is one."""
    known = {**outer, **inner}

    def value(match: re.Match[str]) -> str:
        return str(known[match[1]]) if match[1] in known else match[0]

    return re.sub(r"\$(\w+)", value, re.sub(r"\{(\w+)\}", value, text))


def main() -> types.ModuleType:
    """The module in which the cells run."""
    return sys.modules["__main__"]


def compiled(source: str, lines: list[int], number: int, file: str) -> Iterator[tuple[types.CodeType, str]]:
    """The cell's code objects, the last expression apart (it is shown); lines as in the file."""
    try:
        tree = ast.parse(source, file)
    except SyntaxError:
        try:
            tree = ast.parse(transform(source), file)
        except SyntaxError as error:
            if error.lineno and error.lineno <= len(lines):
                error.lineno = error.end_lineno = lines[error.lineno - 1]
            raise
    for node in ast.walk(tree):
        for name in ("lineno", "end_lineno"):
            value = getattr(node, name, None)
            if value:
                setattr(node, name, lines[min(value, len(lines)) - 1])
    shown = tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";")
    shown = shown and not ast.unparse(tree.body[-1]).startswith(("__shell__(", "__magic__("))
    last = tree.body.pop() if shown else None
    parts: list[tuple[ast.Module | ast.Expression, str]] = [(tree, "exec")]
    parts += [(ast.Expression(last.value), "eval")] if isinstance(last, ast.Expr) else []
    for part, mode in parts:
        code = compile(part, file, mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        yield code.replace(co_name=f"<cell {number}>"), mode


def run_cell(source: str, lines: list[int], number: int, file: str, loop: asyncio.AbstractEventLoop) -> None:
    """Run one cell, and show the value of its last expression."""
    namespace = main().__dict__
    for code, mode in compiled(source, lines, number, file):
        value = eval(code, namespace)  # noqa: S307 - to run the repository's code is what this file is for
        if code.co_flags & inspect.CO_COROUTINE:
            value = loop.run_until_complete(value)
        if mode == "eval" and value is not None:
            namespace["_"] = value
            print(repr(value))


def show(*values: object, **_: object) -> None:
    """IPython's `display`."""
    for value in values:
        print(repr(value))


def _nothing(*_: object, **__: object) -> None:
    """Whatever else IPython's shell can do has no effect here."""


class Shell:
    """What `get_ipython()` gives: magics by name."""

    def run_line_magic(self, name: str, line: str, *_: object) -> object:
        """`%name line`."""
        return magic(f"{name} {line}")

    magic = staticmethod(magic)
    system = staticmethod(shell)

    def __getattr__(self, _: str) -> Callable[..., None]:
        return _nothing


def report(file: str) -> None:
    """The traceback of the exception that is being handled, from the first cell's frame on."""
    kind, error, trace = sys.exc_info()
    while trace and trace.tb_frame.f_code.co_filename != file:
        trace = trace.tb_next
    sys.stdout.flush()
    traceback.print_exception(kind, error, trace)


def execute(path: str) -> int:
    """Run the notebook; its exit status."""
    file = str(Path(path).resolve())
    text = Path(file).read_text("utf-8-sig")
    cells = list(code_cells(json.loads(text)))
    places = lines_in_file([source for _, source, _ in cells], text)
    shown = [""] * (max((line for lines in places for line in lines), default=0) + 1)
    for (_, source, _), lines in zip(cells, places, strict=True):
        for code, line in zip(source.split("\n"), lines, strict=True):
            shown[line - 1] = f"{code}\n" if code.strip() else shown[line - 1]
    linecache.cache[file] = (len(text), None, shown, file)
    module = types.ModuleType("__main__")
    module.__dict__.update(__shell__=shell, __magic__=magic, __fill__=fill, display=show, get_ipython=Shell)
    sys.modules["__main__"] = module
    sys.argv = [path]
    sys.path[0] = str(Path(file).parent)
    os.chdir(Path(file).parent)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    for (number, source, tags), lines in zip(cells, places, strict=True):
        if not source.strip() or "skip-execution" in tags:
            continue
        try:
            run_cell(source, lines, number, file, loop)
        except SystemExit as error:
            if error.code:
                raise
            return 0
        except BaseException:  # noqa: BLE001 - whatever a cell raises ends the run
            report(file)
            if "raises-exception" not in tags:
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(execute(sys.argv[1]))
