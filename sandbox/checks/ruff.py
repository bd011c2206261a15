"""ruff, with our configuration and never the repository's (which is code, too); it runs beside the parser.

Fatal are the codes that predict a crash: those that SWE-agent, aider and Agentless use alike, and the percent
formats that cannot be filled. `E9`, `F831` and `F702` of older tools are syntax errors today.
"""

from __future__ import annotations

from pydantic import BaseModel, TypeAdapter, ValidationError

from sandbox.checks.source import Source, is_side
from sandbox.errors import CheckFailed
from sandbox.tree import Tree
from sandbox.verdict import Finding

FATAL = frozenset(
    {"invalid-syntax", "E902", "F406", "F407", "F502", "F503", "F505", "F506", "F507", "F509", "F524", "F622"}
    | {"F633", "F701", "F702", "F704", "F706", "F707", "F821", "F823"}
)
UNDEFINED = frozenset({"F821", "F823"})
ADVICE = ("F", "E711", "E712", "E713", "E714", "E721", "E722", "B", "PLE")
IGNORED = ("B007", "B008", "B028", "B904", "B905")
"""Opinions rather than mistakes."""
COMMAND = (
    "ruff", "check", "--isolated", "--no-cache", "--no-fix", "--exit-zero", "--target-version=py311",
    "--no-respect-gitignore", "--ignore-noqa", "--exclude=", "--output-format=json",
    f"--select={','.join(sorted({*ADVICE, *(FATAL - {'invalid-syntax'})}))}", f"--ignore={','.join(IGNORED)}", ".",
)  # fmt: skip


class _Place(BaseModel):
    row: int
    column: int


class _Message(BaseModel):
    code: str | None
    filename: str
    location: _Place
    message: str


_REPORT = TypeAdapter(list[_Message])


def read_report(report: str, tree: Tree) -> tuple[Finding, ...]:
    """The findings of ruff's JSON report.

    Raises:
        CheckFailed: the report is not ruff's.
    """
    sources: dict[str, Source] = {}
    python = frozenset(tree.python_files())
    findings = []
    for message in _messages(report):
        path = _path(message.filename)
        if path not in python:
            continue
        source = sources.setdefault(path, Source.of(tree, path))
        findings.append(
            Finding(
                tool="ruff",
                code=message.code or "invalid-syntax",
                file=path,
                line=message.location.row,
                column=message.location.column,
                message=message.message,
                severity="fatal" if _is_fatal(message, path, source) else "advice",
            )
        )
    return tuple(findings)


def merged(before: bytes, few: bytes, changed: frozenset[str]) -> bytes:
    """ruff's report on a tree, of its reports on the tree before and on the files that have changed since.

    Raises:
        CheckFailed: one of them is not ruff's.
    """
    others = [one for one in _messages(before) if _path(one.filename) not in changed]
    return _REPORT.dump_json(sorted([*others, *_messages(few)], key=lambda one: one.filename))


def _messages(report: str | bytes) -> list[_Message]:
    try:
        return _REPORT.validate_json(report)
    except ValidationError as error:
        raise CheckFailed(f"ruff's report cannot be read: {error}") from error


def _path(filename: str) -> str:
    """The path in the tree of a file as ruff's report names it."""
    return filename.removeprefix("/workspace/")


def _is_fatal(message: _Message, path: str, source: Source) -> bool:
    code, line, column = message.code or "invalid-syntax", message.location.row, message.location.column
    if code not in FATAL or is_side(path):
        return False
    if code not in UNDEFINED:
        return True
    caught = source.is_caught(line, frozenset({"NameError", "UnboundLocalError"}))
    dynamic = source.has_star_import or source.makes_names_dynamically or "`_`" in message.message
    if caught or dynamic or source.is_type_checking_only(line) or source.may_be_bound(line, column):
        return False
    return code != "F821" or source.is_evaluated(line, column)
