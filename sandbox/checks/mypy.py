"""mypy, inside a container: without the repository's configuration and plugins, without third-party types.

Packages that are not the repository's own are `Any`, so what is left are contradictions inside the repository:
calls that do not fit the definition, names that a local module does not have, local modules that do not exist.
Only these are fatal, and only where nothing dynamic could make them true at run time (a call that unpacks a sequence
has as many arguments as that has elements then); all else is advice.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cached_property
from pathlib import PurePosixPath

from pydantic import BaseModel, ValidationError

from sandbox.checks.kept import Kept
from sandbox.checks.limits import tool_limits
from sandbox.checks.source import Source, is_side
from sandbox.errors import CheckFailed
from sandbox.inside import typecheck
from sandbox.job import Job, Runner, RunResult
from sandbox.settings import Limits
from sandbox.tree import Tree
from sandbox.verdict import Ended, Finding

COMMAND = ("python", "/opt/p2c/inside/typecheck.py")
"""It is in the image, together with the cache of the standard library."""
BASE, GIVEN, KEPT = typecheck.BASE.name, typecheck.GIVEN.name, typecheck.KEPT.as_posix()
READ = (".py", ".pyi", "py.typed")
"""All that mypy reads of a tree."""

_CALL = re.compile(r'"(?P<name>\w+)"(?: of "(?P<owner>\w+)")?$')
_UNEXPECTED = re.compile(r'^Unexpected keyword argument "(?P<name>\w+)"')
_NO_ATTRIBUTE = re.compile(r'^Module(?: "(?P<module>[\w.]+)")? has no attribute "(?P<name>\w+)"')
_NO_MODULE = re.compile(r'^Cannot find implementation or library stub for module named "(?P<module>[\w.]+)"')


class _Message(BaseModel):
    file: str
    line: int
    column: int
    message: str
    hint: str | None = None
    code: str | None = None
    severity: str


def mypy(
    runner: Runner, tree: Tree, base: str = "", limits: Limits | None = None, *, kept: Kept | None = None
) -> tuple[Finding, ...]:
    """What mypy says of `tree`; fatal where it predicts a crash.

    Args:
        base: the folder that imports start from.
        kept: what mypy remembers of this repository; the findings are the same without it.

    Raises:
        CheckFailed: mypy crashed, or ran out of its limits.
        InfrastructureError: the container could not be run.
    """
    if not tree.python_files():
        return ()
    given = kept.read() if kept else None
    result = _run(runner, tree, base, limits, given)
    if given is not None and kept is not None and not _has_answered(result):  # perhaps because of what it was given
        kept.forget()
        result = _run(runner, tree, base, limits, None)
    if result.ended is not Ended.exited:
        raise CheckFailed(f"mypy ended ({result.ended}): {result.stderr.text()[-300:]}")
    if kept is not None and (content := result.files.get(KEPT)) is not None:
        kept.write(content)
    return read_report(result.stdout.text(), tree, base)


def job(limits: Limits | None) -> Job:
    """The job of mypy, all but its tree and `extra`."""
    return Job(COMMAND, Tree({}), None, tool_limits(limits), collect=(KEPT,), ahead=True)


def _run(runner: Runner, tree: Tree, base: str, limits: Limits | None, given: bytes | None) -> RunResult:
    sources = replace(tree, files={path: content for path, content in tree.files.items() if path.endswith(READ)})
    extra = {BASE: (base or ".").encode("utf-8", "surrogateescape")} | ({GIVEN: given} if given else {})
    return runner.run(replace(job(limits), tree=sources, extra=extra))


def _has_answered(result: RunResult) -> bool:
    """Whether mypy came to an end of its own: 0 without and 1 with findings; 2 is a file that it gave up on."""
    return result.ended is Ended.exited and result.exit_status in (0, 1, 2) and "Traceback" not in result.stderr.text()


def read_report(report: str, tree: Tree, base: str = "") -> tuple[Finding, ...]:
    """The findings of mypy's JSON lines; lines that are none (mypy gave up on a file) are left out."""
    judge = _Judge(tree, base)
    findings = []
    for line in report.splitlines():
        try:
            message = _Message.model_validate(json.loads(line))
        except (ValueError, ValidationError):
            continue
        path = str(PurePosixPath(base) / message.file)
        if message.severity != "error" or judge.is_third_party(message):
            continue
        fatal = path in tree.files and not is_side(path) and judge.is_fatal(message, path)
        findings.append(
            Finding(
                tool="mypy",
                code=message.code or "misc",
                file=path,
                line=max(message.line, 1),
                column=max(message.column, 0) + 1,
                message=message.message,
                severity="fatal" if fatal else "advice",
            )
        )
    return tuple(findings)


class _Judge:
    """Which of mypy's messages predict a crash in this tree."""

    def __init__(self, tree: Tree, base: str) -> None:
        self._tree, self._base = tree, base
        self._sources: dict[str, Source] = {}

    def source(self, path: str) -> Source:
        return self._sources.setdefault(path, Source.of(self._tree, path))

    def is_third_party(self, message: _Message) -> bool:
        """An import that mypy cannot find because nothing of third parties is shown to it."""
        match = _NO_MODULE.match(message.message)
        return match is not None and not match["module"].startswith(".") and not self._is_local(match["module"])

    def is_fatal(self, message: _Message, path: str) -> bool:
        source = self.source(path)
        if source.is_type_checking_only(message.line):
            return False
        if message.code == "call-arg":
            keyword = _UNEXPECTED.match(message.message)
            given = keyword["name"] if keyword else ""
            if source.unpacks_unknown(message.line, message.column + 1, given):  # mypy takes any `*x` for too much
                return False
            return self._breaks_call(message.message) and not source.is_caught(message.line, frozenset({"TypeError"}))
        caught = source.is_caught(message.line, frozenset({"ImportError", "ModuleNotFoundError", "AttributeError"}))
        if match := _NO_ATTRIBUTE.match(message.message):
            module = match["module"] or source.module_of_attribute(message.line, match["name"])
            return not caught and self._lacks(module, match["name"])
        if match := _NO_MODULE.match(message.message):
            return not caught and self._is_missing(match["module"], path)
        return False

    def _breaks_call(self, message: str) -> bool:
        """Whether the function or class is the repository's own, defined once, and nothing overrides it."""
        match = _CALL.search(message)
        if match is None:
            return False
        name, owner = match["name"], match["owner"]
        defining = [path for path in self._tree.python_files() if name in self.source(path).defined]
        return len(defining) == 1 and not {name, owner} & self._bases and self.source(defining[0]).defines_once(name)

    def _lacks(self, module: str | None, name: str) -> bool:
        """Whether the local `module` cannot have `name` at run time: no submodule, no star import, nothing dynamic."""
        if module is None or (path := self._file_of(module)) is None:
            return False
        source = self.source(path)
        has_submodule = self._file_of(f"{module}.{name}") is not None
        return not (has_submodule or source.has_star_import or source.makes_names_dynamically)

    def _is_local(self, module: str) -> bool:
        top = module.split(".", maxsplit=1)[0]
        return self._file_of(top) is not None or self._holds_python(top)

    def _is_missing(self, module: str, path: str) -> bool:
        """Whether `module` would have to be the repository's own, and nothing makes it before the program runs.

        It is relative (a script at the root: mypy makes any other absolute), or its top level is a package or module.
        """
        parts = module.lstrip(".").split(".")
        folder = PurePosixPath(path).parent if module.startswith(".") else PurePosixPath(self._base)
        stem = str(folder.joinpath(*parts))
        is_made = parts[-1].startswith("_") or parts[-1].endswith(("_pb2", "_pb2_grpc"))
        is_own = module.startswith(".") or self._file_of(parts[0]) is not None
        return is_own and not is_made and not any(one.startswith((f"{stem}.", f"{stem}/")) for one in self._tree.files)

    def _file_of(self, module: str) -> str | None:
        stem = str(PurePosixPath(self._base, *module.split(".")))
        return next((path for path in (f"{stem}/__init__.py", f"{stem}.py") if path in self._tree.files), None)

    def _holds_python(self, top: str) -> bool:
        folder = f"{PurePosixPath(self._base, top)}/"
        return any(path.startswith(folder) for path in self._tree.python_files())

    @cached_property
    def _bases(self) -> frozenset[str | None]:
        """Classes that another class inherits from: a subclass may take other arguments."""
        return frozenset().union(*(self.source(path).bases for path in self._tree.python_files()))
