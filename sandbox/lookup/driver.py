"""Runs inside a container: says what installed libraries offer under the names that it is asked for.

Standard library only. Its argument is a folder: `questions.json` there is a list of questions (`asking.Question`);
each answer is one JSON line of `answers.jsonl` beside it, written as soon as it is known. The repository is not there:
what is imported are installed packages and nothing else.
"""

import ast
import contextlib
import difflib
import importlib
import importlib.util
import inspect
import json
import os
import pkgutil
import re
import sys
import sysconfig
import warnings
from collections.abc import Collection, Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

JOB = Path(sys.argv[1])
LONGEST_SIGNATURE, LONGEST_TEXT = 700, 500
ANNOTATED = 240
"""A signature is shown with its annotations up to so many characters."""
NEAR = 5
SIGNED = 2
"""So many of the near names are shown with their signatures."""
SOURCE_FILES, SOURCE_BYTES = 1_500, 40_000_000
"""Of a package's own files, when a name is looked for that no imported module has."""
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class Absent(Exception):
    """There is no such name; `owner` is the last thing on the way that there is."""

    def __init__(self, owner: Any, path: str, missing: str) -> None:
        super().__init__(path)
        self.owner, self.path, self.missing = owner, path, missing


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """What is known about the thing that one question asks for."""
    name, within = question["name"], question["within"]
    if question["file"]:
        name = function_at(question["file"], question["line"])
    for module in within:
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    tops = list(dict.fromkeys(module.partition(".")[0] for module in within))
    try:
        path = in_class(name, tops) if tops and name.partition(".")[0] not in tops else name
        found = resolve(path)
    except Absent as error:
        return absent(error, tops)
    return {"name": path, "found": True, "version": version(path), **described(found, path, question["keyword"])}


def resolve(path: str) -> Any:
    """The thing at a dotted path: as much of it as possible is imported, the rest are attributes."""
    parts = path.split(".")
    module: Any = importlib.import_module(parts[0])
    at = 1
    while at < len(parts):
        try:
            inner = hasattr(module, parts[at])
        except Exception:  # noqa: BLE001 - an attribute that is made when it is asked for may fail in any way
            inner = False
        if inner and not isinstance(getattr(module, parts[at]), ModuleType):
            break
        try:
            module = importlib.import_module(".".join(parts[: at + 1]))
        except ModuleNotFoundError:
            break
        at += 1
    for index in range(at, len(parts)):
        try:
            module = getattr(module, parts[index])
        except AttributeError:
            raise Absent(module, ".".join(parts[:index]), parts[index]) from None
    return module


def in_class(name: str, tops: list[str]) -> str:
    """The whole path of a name that begins with a class, or is a function, of one of these packages."""
    first, dot, rest = name.partition(".")
    order = {top: number for number, top in enumerate(tops)}
    places = public_places(first, tops)
    place = min(places, key=lambda one: (order[one.partition(".")[0]], one.count("."), one), default="")
    if not place:
        raise LookupError(f"no module of {', '.join(tops)} defines {first}")
    return f"{place}{dot}{rest}"


def public_places(name: str, tops: Collection[str]) -> Iterator[str]:
    """Where a name stands in the imported modules of these packages; only in modules without an underscore."""
    for module_name, module in list(sys.modules.items()):
        if module_name.partition(".")[0] not in tops or "._" in module_name or not isinstance(module, ModuleType):
            continue
        if name in vars(module) and not isinstance(vars(module)[name], ModuleType):
            yield f"{module_name}.{name}"


def described(found: Any, path: str, keyword: str) -> dict[str, Any]:
    """Kind, signature and documentation of a thing that was found."""
    kind = "module" if isinstance(found, ModuleType) else "class" if inspect.isclass(found) else "attribute"
    if kind == "attribute" and callable(found):
        kind = "function"
    parameters, signature = signed(found, path.rpartition(".")[2])
    doc = document(found)
    text = [first_paragraph(doc)]
    if keyword:
        near = difflib.get_close_matches(keyword, parameters, 3, 0.6)
        if keyword not in parameters and parameters:
            text.append(f"It has no parameter `{keyword}`." + (f" Near: {', '.join(near)}." if near else ""))
        text += [about for one in near[:2] if (about := about_parameter(doc, one))]
    text.append(deprecation(doc))
    text = list(dict.fromkeys(text))
    return {"kind": kind, "signature": signature, "text": "\n".join(filter(None, text))[:1_200]}


def signed(found: Any, name: str) -> tuple[list[str], str]:
    """The parameters of a callable, and its signature as text; of compiled code what its documentation begins with."""
    if isinstance(found, ModuleType) or not callable(found):
        return [], ""
    try:
        signature = inspect.signature(found)
    except (ValueError, TypeError):
        lines = document(found).splitlines()
        first = next((line.strip() for line in lines if line.strip()), "")
        return re.findall(r"\b\w+(?==)", first), cut(first, LONGEST_SIGNATURE) if f"{name}(" in first else ""
    parameters = list(signature.parameters)
    text = str(signature)
    if len(text) > ANNOTATED:
        bare = [one.replace(annotation=inspect.Parameter.empty) for one in signature.parameters.values()]
        text = str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))
    text = ADDRESS.sub("", text)
    return parameters, cut(f"{name}{text}", LONGEST_SIGNATURE)


def document(found: Any) -> str:
    """The documentation of a thing itself; plain data has only that of its type, which is of no use."""
    described = isinstance(found, ModuleType) or callable(found) or isinstance(found, property)
    text = inspect.getdoc(found) if described else None
    return ADDRESS.sub("", text) if isinstance(text, str) else ""


def first_paragraph(doc: str) -> str:
    """The first paragraph that is more than a signature."""
    for paragraph in re.split(r"\n\s*\n", doc.strip()):
        plain = " ".join(paragraph.split())
        if plain and not re.match(r"[\w.]+\(.*\)", plain) and not re.match(r"\.\. \w+::", plain):
            return cut(plain, LONGEST_TEXT)
    return ""


def cut(text: str, most: int) -> str:
    """The words of `text` that fit in `most` characters, and a mark where there are more."""
    return text if len(text) <= most else f"{text[: most - 4].rpartition(' ')[0] or text[: most - 4]} ..."


def deprecation(doc: str) -> str:
    """What a documentation says of the thing itself being deprecated, to the end of that paragraph.

    What is indented is about something else, mostly a parameter.
    """
    lines = doc.splitlines()
    first = next((n for n, line in enumerate(lines) if "deprecated" in line.lower() and line == line.lstrip()), None)
    if first is None:
        return ""
    end = next((n for n in range(first, len(lines)) if not lines[n].strip()), len(lines))
    return cut(" ".join(line.strip() for line in lines[first:end]), 250)


def about_parameter(doc: str, name: str) -> str:
    """What a documentation says of one parameter: its line, and the lines that are indented below it."""
    lines = doc.splitlines()
    for number, line in enumerate(lines):
        if re.match(rf"\s*{re.escape(name)}\b\s*(\(.*\))?\s*:", line):
            own = len(line) - len(line.lstrip())
            below = []
            for after in lines[number + 1 : number + 6]:
                if not after.strip() or len(after) - len(after.lstrip()) <= own:
                    break
                below.append(after.strip())
            return cut(" ".join([line.strip(), *below]), 300)
    return ""


def absent(error: Absent, tops: list[str]) -> dict[str, Any]:
    """What there is in place of a name that there is not."""
    top = error.path.partition(".")[0]
    names = [name for name in dir(error.owner) if not name.startswith("_") and not is_borrowed(error.owner, name)]
    if isinstance(error.owner, ModuleType) and hasattr(error.owner, "__path__"):
        names += [one.name for one in pkgutil.iter_modules(error.owner.__path__)]
    return {
        "name": f"{error.path}.{error.missing}",
        "found": False,
        "version": version(top),
        "near": near(error.owner, error.missing, names),
        "elsewhere": elsewhere(error.missing, top, tops) if isinstance(error.owner, ModuleType) else [],
    }


def is_borrowed(owner: Any, name: str) -> bool:
    """Whether a module only uses something of the standard library under that name."""
    found = vars(owner).get(name) if isinstance(owner, ModuleType) else None
    home = found.__name__ if isinstance(found, ModuleType) else getattr(found, "__module__", None)
    return isinstance(home, str) and home.partition(".")[0] in sys.stdlib_module_names


def near(owner: Any, missing: str, names: list[str]) -> list[str]:
    """Names that are alike, the likest first; the first ones with their signatures."""
    lower = {name.lower(): name for name in reversed(names)}
    alike = [lower[one] for one in difflib.get_close_matches(missing.lower(), lower, NEAR, 0.6)]
    word = missing.lower().strip("_")
    alike += [name for name in names if len(word) > 2 and (word in name.lower() or name.lower() == word[:-1])]
    shown: list[str] = []
    for name in list(dict.fromkeys(alike))[:NEAR]:
        signature = ""
        if len(shown) < SIGNED:
            with contextlib.suppress(Exception):
                signature = signed(getattr(owner, name), name)[1]
        shown.append(cut(signature or name, 240))
    return shown


def elsewhere(name: str, top: str, tops: list[str]) -> list[str]:
    """Where a name stands now: in modules that are imported, in the package's own source, or as a module of its own."""
    known = {module.partition(".")[0] for module in (*sys.modules, *tops)} - sys.stdlib_module_names
    own = f"{top}."
    places = sorted(public_places(name, known), key=lambda one: (not one.startswith(own), one.count("."), one))
    places = list(dict.fromkeys([*filter(None, map(home, places)), *places])) or in_source(name, top)
    with contextlib.suppress(ImportError, ValueError):
        if name.isidentifier() and importlib.util.find_spec(name) is not None:
            places.insert(0, f"{name} (a module of its own)")
    return [place[:200] for place in places[:3]]


def home(place: str) -> str:
    """The shortest public path of what stands at a place, in the package that made it; empty where it says none."""
    module, _, name = place.rpartition(".")
    found = vars(sys.modules[module])[name]
    parts = str(getattr(found, "__module__", None) or "").split(".")
    above = [".".join(parts[: count + 1]) for count in range(len(parts))]
    homes = (one for one in above if one in sys.modules and vars(sys.modules[one]).get(name) is found)
    return next((f"{one}.{name}" for one in homes if "._" not in one), "")


def in_source(name: str, top: str) -> list[str]:
    """Modules of a package whose source defines a function or class of that name at its top level."""
    module = sys.modules.get(top)
    folders = [Path(folder) for folder in getattr(module, "__path__", [])]
    wanted = re.compile(rf"^(?:class|def) {re.escape(name)}\b".encode(), re.M)
    left, found = SOURCE_BYTES, []
    for folder in folders:
        for number, path in enumerate(sorted(folder.rglob("*.py"))):
            left -= path.stat().st_size
            if number >= SOURCE_FILES or left < 0:
                break
            if "tests" not in path.parts and wanted.search(path.read_bytes()):
                parts = path.relative_to(folder).with_suffix("").parts
                found.append(".".join([top, *(part for part in parts if part != "__init__"), name]))
    return sorted(found, key=lambda one: ("._" in one, one.count("."), one))


def function_at(file: str, line: int) -> str:
    """The dotted path of the library function whose code stands at a line, as a frame of a traceback names it.

    Raises:
        LookupError: the file is no library's, or there is no function at that line.
    """
    folders = {os.path.realpath(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")}
    real = os.path.realpath(file)
    folder = next((one for one in folders if real.startswith(one + os.sep)), None)
    if folder is None:
        raise LookupError(f"{file} belongs to no installed package")
    module = os.path.relpath(real, folder).removesuffix(".py").replace(os.sep, ".").removesuffix(".__init__")
    node: ast.AST | None = ast.parse(Path(real).read_bytes())
    path: list[str] = []
    while node is not None:
        inside = (one for one in ast.iter_child_nodes(node) if getattr(one, "lineno", line + 1) <= line)
        node = next((one for one in inside if (getattr(one, "end_lineno", 0) or 0) >= line), None)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            path.append(node.name)
            if not isinstance(node, ast.ClassDef):
                return ".".join([module, *path]).removesuffix(".__init__")  # a class says more of itself
    raise LookupError(f"no function at line {line} of {file}")


def version(path: str) -> str:
    """Name and version of the top-level module of a path."""
    top = path.partition(".")[0]
    said = getattr(sys.modules.get(top), "__version__", None)
    if not isinstance(said, str):
        with contextlib.suppress(metadata.PackageNotFoundError, ValueError):
            said = metadata.version(top)
    return f"{top} {said}"[:100] if isinstance(said, str) else top


def main() -> None:
    """Answer every question; one that cannot be answered costs itself."""
    warnings.simplefilter("ignore")
    sys.path = [entry for entry in sys.path if entry and Path(entry) != JOB and Path(entry) != Path.cwd()]
    for question in json.loads((JOB / "questions.json").read_text("utf-8")):
        try:
            said = answer(question)
        except BaseException as error:  # noqa: BLE001 - whatever a package raises when it is looked at is its answer
            name = question["name"] or f"{question['file']}:{question['line']}"
            said = {"name": name, "found": False, "problem": f"{type(error).__name__}: {error}"[:400]}
        with (JOB / "answers.jsonl").open("a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(json.dumps(said) + "\n")


main()
sys.stdout.flush()
os._exit(0)
