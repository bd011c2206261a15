"""A failure in words, for prompts and messages."""

from __future__ import annotations

import re

from p2c.repair.written_again import never_was_code
from sandbox.tree import Tree
from sandbox.verdict import Failure, Verdict
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
_INSTALLED = re.compile(r"/store/envs/\w+/lib/python[\d.]+/site-packages/")
_CARETS = re.compile(r"^[ ~^]+$")
_FRAME = re.compile(r'^ +File "(?P<file>[^"\n]+)", line \d+')


def headline(verdict: Verdict) -> str:
    """One line: the exception and its message, or what was seen."""
    failure = verdict.failure
    if failure is None:
        return verdict.summary
    text = f"{failure.exception}: {failure.message}" if failure.exception else failure.message
    return " ".join(text.split())[:300]


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
    text = _plain_frames(text)
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
