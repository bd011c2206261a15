"""A failure in words, for prompts and messages."""

from __future__ import annotations

import re

from p2c.repair.written_again import never_was_code
from sandbox.tree import Tree
from sandbox.verdict import Failure, Finding, Refused, Verdict
from sandbox.words import counted

_EVIDENCE = 6_000
_BOTH_ENDS = 2
_WRITTEN = frozenset(
    {
        "SyntaxError", "IndentationError", "TabError", "ImportError", "ModuleNotFoundError", "NameError",
        "UnboundLocalError", "AttributeError", "TypeError",
    }
)  # fmt: skip
"""Exceptions that come of how the code is written, run for run."""
_INSTALLED = re.compile(r"(?:/store/envs/\w+|/usr(?:/local)?)/lib/python[\d.]+/(?:(?:site|dist)-packages/)?")
_CARETS = re.compile(r"^[ ~^]+$")
_FRAME = re.compile(r'^ +File "(?P<file>[^"\n]+)", line \d+')
_NO_MODULE = re.compile(r"No module named '(?P<top>\w+)")
_REFUSED = 6
"""So many things that are not installed are named."""
_STAMPS = re.compile(
    r"^(?:\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?(?: - |[ :,|]+)"
    r"|[IWEF]\d{4} [\d:.]+ +\d+ )"
    r"|\[\d\d/\w{3}/\d{4}[: ][\d:]{8}[^]\n]{0,40}\] "
    r"|(?<!\d)\d{1,6}:\d\d<[\d:?]{1,12}, +[\d.?]{1,12}\s?\w{1,20}/\w{1,20}(?:, )?",
    re.MULTILINE,
)
"""When a line was logged, and how fast a progress bar was: other in each run, and no matter here.

Nothing in it is without bound: a program may print ten thousand digits in a row.
"""
_FOR_PEOPLE = re.compile(
    r" ?\((?:or )?allow it by name[^)]*\)|[;,.]? ?say what (?:to run|must run) with --smoke(?: COMMAND)?(?=[.;)]|$)"
    r"|(?<=^No module named ')(?P<keep>[\w.]+') \(.*\)$",
    re.IGNORECASE | re.MULTILINE,
)
"""Advice to whoever started the repair; an agent can do nothing with it."""


def headline(verdict: Verdict) -> str:
    """One line: the exception and its message, or what was seen."""
    failure = verdict.failure
    if failure is None:
        return verdict.summary
    said = for_agent(failure.message)
    text = f"{failure.exception}: {said}" if failure.exception and said != failure.exception else said
    return " ".join(text.split())[:300]


def for_agent(text: str) -> str:
    """`text` without times of logging, and without advice to the person who started the repair."""
    return _FOR_PEOPLE.sub(lambda match: match["keep"] or "", _STAMPS.sub("", text))


def place(failure: Failure | None) -> str:
    """`file:line` of the deepest frame inside the repository, or the empty string."""
    if failure is None or failure.file is None:
        return ""
    return f"{failure.file}:{failure.line}" if failure.line else failure.file


def evidence(verdict: Verdict, limit: int = _EVIDENCE) -> str:
    """What a person would read, at most `limit` characters: the beginning and, for the most part, the end."""
    text = verdict.failure.evidence.strip() if verdict.failure else ""
    if not text and verdict.smoke is not None:
        text = "\n".join(part.strip() for part in (verdict.smoke.stdout, verdict.smoke.stderr) if part.strip())
    text = for_agent(_plain_frames(text))
    if len(text) <= limit:
        return text
    head = limit // 4
    return f"{text[:head]}\n[... {len(text) - limit} characters ...]\n{text[head - limit :]}"


def _plain_frames(text: str) -> str:
    """A traceback without what is ours: paths as the repository has them, and of calls within packages the ends."""
    kept: list[str] = []
    run: list[list[str]] = []
    for line in _INSTALLED.sub("<installed>/", text).replace('File "/workspace/', 'File "').splitlines():
        frame = _FRAME.match(line)
        if frame and "<installed>/" in frame["file"]:
            run.append([line])
        elif run and not frame and line.startswith("    "):
            run[-1] += [] if _CARETS.match(line) else [line]
        else:
            kept += [*_ends(run), line]
            run = []
    return "\n".join([*kept, *_ends(run)])


def _ends(run: list[list[str]]) -> list[str]:
    """The first and the last of some calls that follow each other, and how many were between."""
    if len(run) <= _BOTH_ENDS:
        return [line for frame in run for line in frame]
    return [*run[0], f"  [{counted(len(run) - _BOTH_ENDS, 'call')} inside packages]", *run[-1]]


def others_found(verdict: Verdict) -> list[str]:
    """The findings that would fail, each once, without those that say what the failure itself says."""
    found = [one for one in verdict.findings if one.severity == "fatal" and not one.refuted]
    others = [one for one in found if not _is_failure(one, verdict.failure)]
    return list(dict.fromkeys(f"`{one.file}:{one.line}`: {one.message} ({one.tool} {one.code})" for one in others))


def _is_failure(finding: Finding, failure: Failure | None) -> bool:
    """Whether a finding lies where the run failed, and names nothing that the failure does not name."""
    if failure is None or (finding.file, finding.line) != (failure.file, failure.line):
        return False
    names = re.findall(r"[\"'`]([^\"'`]+)[\"'`]", finding.message)
    return finding.message in failure.message or (bool(names) and all(name in failure.message for name in names))


def not_installed(verdict: Verdict) -> list[str]:
    """What is declared or imported and is not installed, with the reasons, where the failure is about a package."""
    failure = verdict.failure
    if failure is None or not (
        failure.exception == "ModuleNotFoundError" or failure.step in ("requirements", "install")
    ):
        return []
    gone = _NO_MODULE.search(failure.message)
    about = [
        one
        for one in verdict.refused
        if not one.optional and (not gone or one.name.partition(".")[0] == gone["top"] or not one.name.isidentifier())
    ]
    return [f"`{one.name}`{_at(one)}: {for_agent(one.reason)}" for one in about][:_REFUSED]


def _at(one: Refused) -> str:
    return f" ({one.file}:{one.line})" if one.file and one.line else ""


def signature(verdict: Verdict) -> str:
    """Tells this failure from others; for a verdict without a failure, its outcome and what is missing."""
    if verdict.failure is not None:
        return verdict.failure.signature
    return f"{verdict.outcome} | {', '.join(sorted(m.what for m in verdict.missing))}"


def may_be_chance(verdict: Verdict) -> bool:
    """Whether another run of the same code may end otherwise: it crashed over values, by its exit status or a limit."""
    failure = verdict.failure
    if failure is None or failure.step not in ("start", "smoke") or failure.kind not in ("exception", "exit", "limit"):
        return False
    return (failure.exception or "").rpartition(".")[2] not in _WRITTEN


def never_code(tree: Tree, verdict: Verdict) -> tuple[str, ...]:
    """The files to which that applies which `never_was_code` asks: no edit can mend them."""
    broken = {f.file for f in verdict.findings if f.tool == "parse"}
    if verdict.failure and verdict.failure.step == "parse" and verdict.failure.file:
        broken.add(verdict.failure.file)
    return tuple(sorted(p for p in broken if p in tree.files and never_was_code(p, tree.files[p])))
