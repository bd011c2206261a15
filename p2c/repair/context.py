"""The prompt of the debugging agent: what stays first, what changes last, in a bounded number of characters.

What has no room is left out in the order of `SMALLER`, which ends before the failure itself: that is always shown, with
what was seen of it. What was left out is said in the journal.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from p2c.prompts import render
from p2c.repair.excerpt import Shown, fence_for
from p2c.repair.failing import evidence, headline, never_code, not_installed, others_found, place
from p2c.repair.formats import is_short
from p2c.repair.relevant import Wanted, shown_of, wanted_files
from p2c.repair.settings import RepairSettings
from p2c.repair.syntax import python_tree
from p2c.shorten import cut
from sandbox.lookup import Answer
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Verdict

CHARACTERS_PER_TOKEN = 3
"""Of code, for room; fewer than of prose, so that a prompt is never longer than it was taken for."""
_REPLY_SHARE, _LONGEST_REPLY = 3, 6_000
"""A third of a context window is left to the reply, at most so many tokens."""
_LEDGER = 8_000
"""Characters of all attempts that are told."""
_SAID = 100
"""Characters of a message by which it is known again in what was seen."""
_SOURCE, _FILL = "source beyond ", 0.9
"""Of the room that is left, so much is given to source; the rest frames it."""
_LEAST = 4_000
"""Characters that a prompt has room for, whatever the window."""
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

Note = tuple[str, str]
"""A path, and what the file must do."""


@dataclass(frozen=True)
class Situation:
    """Everything that could be said about a failure.

    Attributes:
        command: what must run, and `metrics_file` what it must write; empty where nothing is known.
        overview: what the repository is for.
        notes: what was planned for each file.
        ledger: what was tried before and what happened, the oldest first.
        answers: what is installed under the names that the failure concerns.
        whole: whether short files are to be given whole.
        before: the files in the last prompt about this repository.
    """

    tree: Tree
    verdict: Verdict
    command: str = ""
    metrics_file: str = ""
    overview: str = ""
    notes: Mapping[str, str] | None = None
    ledger: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    whole: bool = False
    before: tuple[Shown, ...] = ()


@dataclass(frozen=True)
class Measure:
    """How much is said of what; characters where nothing else is said."""

    overview: int = 2_000
    installed: int = 3_000
    listing: int = 6_000
    notes: tuple[int, ...] = (3_000, 1_500)
    """Of the file that fails, and of those that follow it in weight."""
    files: int = 40_000
    ledger: int = 8
    """Attempts, the last ones."""
    answers: int = 4
    findings: int = 20


SMALLER: tuple[tuple[str, Mapping[str, object]], ...] = (
    ("attempts before the last four", {"ledger": 4}),
    ("most of what the repository is for", {"overview": 800}),
    ("most of the notes on files", {"notes": (1_000,)}),
    ("source beyond 24,000 characters", {"files": 24_000}),
    ("most of the installed versions", {"installed": 600}),
    ("most of the list of files", {"listing": 1_500}),
    ("source beyond 12,000 characters", {"files": 12_000}),
    ("all notes on files", {"notes": ()}),
    ("what the repository is for", {"overview": 0}),
    ("attempts before the last one", {"ledger": 1}),
    ("all but two names of libraries", {"answers": 2}),
    ("source beyond 6,000 characters", {"files": 6_000}),
    ("the list of files", {"listing": 300}),
    ("the installed versions", {"installed": 0}),
    ("findings beyond five", {"findings": 5}),
    ("source beyond 3,000 characters", {"files": 3_000}),
    ("the names of libraries", {"answers": 0}),
    ("all attempts", {"ledger": 0}),
    ("source beyond 1,500 characters", {"files": 1_500}),
)
"""What is left out of a prompt that is too long, one after the other until it is not."""


@dataclass(frozen=True)
class Prompt:
    """A prompt, the characters of its parts, and what was left out of it."""

    text: str
    parts: Mapping[str, int]
    left_out: tuple[str, ...]
    short: tuple[str, ...] = ()
    """The files that are to be given whole."""
    files: tuple[Shown, ...] = ()


def tokens(characters: int) -> int:
    """About how many tokens a prompt of so many characters has."""
    return characters // CHARACTERS_PER_TOKEN


def told(prompt: Prompt, rules: int) -> str:
    """The sizes of a prompt's parts in words, for the journal and the person who watches; and what was left out."""
    sizes = [f"rules {rules:,}", *(f"{name} {size:,}" for name, size in prompt.parts.items() if size)]
    left = f"; left out: {', '.join(prompt.left_out)}" if prompt.left_out else ""
    return f"the debugging agent is shown, in characters: {', '.join(sizes)}{left}"


def room(settings: RepairSettings) -> int:
    """Characters that a conversation with the debugging agent may have, the reply not counted."""
    if settings.context_tokens is None:
        return settings.max_prompt_chars
    reply = min(settings.context_tokens // _REPLY_SHARE, _LONGEST_REPLY)
    fits = (settings.context_tokens - reply) * CHARACTERS_PER_TOKEN
    return max(_LEAST, min(settings.max_prompt_chars, fits))


def compose(situation: Situation, limit: int) -> Prompt:
    """The prompt about a failure, in `limit` characters where leaving out all of `SMALLER` suffices for that."""
    measure, left_out = Measure(), list[str]()
    wanted = wanted_files(situation.tree, situation.verdict)
    prompt = _composed(situation, wanted, measure)
    for what, change in SMALLER:
        if len(prompt.text) <= limit:
            break
        measure = replace(measure, **change)  # type: ignore[arg-type]
        smaller = _composed(situation, wanted, measure)
        if len(smaller.text) < len(prompt.text):
            left_out.append(what)
        prompt = smaller
    prompt = replace(prompt, left_out=tuple(left_out))
    is_short = any(what.startswith(_SOURCE) for what in left_out)
    return _filled(situation, wanted, measure, prompt, limit) if is_short else prompt


def _filled(situation: Situation, wanted: Sequence[Wanted], measure: Measure, prompt: Prompt, limit: int) -> Prompt:
    """The prompt with as much more source as there is room for: `SMALLER` leaves it out in large steps.

    Of these the first is still said; the others are taken back in part.
    """
    files = sum(len(file.text) for file in prompt.files) + int((limit - len(prompt.text)) * _FILL)
    fuller = _composed(situation, wanted, replace(measure, files=files))
    if not len(prompt.text) < len(fuller.text) <= limit:
        return prompt
    taken = [what for what in prompt.left_out if what.startswith(_SOURCE)][1:]
    return replace(fuller, left_out=tuple(what for what in prompt.left_out if what not in taken))


def _composed(about: Situation, wanted: Sequence[Wanted], measure: Measure) -> Prompt:
    verdict = about.verdict
    files = shown_of(about.tree, wanted, measure.files, about.before)
    stays = {
        "overview": cut(about.overview, measure.overview, "the plan") if measure.overview else "",
        "installed": installed(verdict.environment.lock, measure.installed) if verdict.environment else "",
        "listing": listing(about.tree, measure.listing),
    }
    seen = evidence(verdict)
    short = tuple(file.path for file in files if about.whole and file.whole and is_short(file.text))
    text = render(
        "debug",
        **stays,
        command=about.command,
        metrics_file=about.metrics_file,
        analyses=_notes(about.notes or {}, wanted, files, measure.notes),
        files=files,
        library=(library := library_text(about.answers[: measure.answers])),
        ledger=(ledger := _latest(about.ledger, measure.ledger)),
        rung=verdict.rung.name,
        failure=verdict.failure or {"step": "smoke", "limit": None},
        place=place(verdict.failure),
        headline="" if _is_in(headline(verdict), seen) else headline(verdict),
        evidence=seen,
        fence=fence_for(f"{seen}\n{library}"),
        findings=others_found(verdict)[: measure.findings],
        refused=not_installed(verdict),
        missing=[f"{m.kind}: `{m.what.replace('`', '')}`" for m in verdict.missing]
        if verdict.outcome is Outcome.blocked
        else [],
        vacuous=verdict.did_nothing,
        never_code=never_code(about.tree, verdict),
        short=short,
    )
    sizes = {
        "what stays": sum(len(part) for part in stays.values()),
        "files": sum(len(file.text) for file in files),
        "libraries": len(library),
        "attempts": sum(len(entry) for entry in ledger),
        "what was seen": len(seen),
    }
    return Prompt(text, {**sizes, "the rest": len(text) - sum(sizes.values())}, (), short, files)


def _latest(ledger: Sequence[str], count: int) -> list[str]:
    """The last `count` attempts, as far as they are short enough together; the very last one always."""
    kept: list[str] = []
    for entry in reversed(ledger[-count:] if count else []):
        if kept and sum(map(len, kept)) + len(entry) > _LEDGER:
            break
        kept.insert(0, entry)
    return kept


def _is_in(line: str, text: str) -> bool:
    return " ".join(line.split())[:_SAID] in " ".join(text.split())


def library_text(answers: Sequence[Answer]) -> str:
    """What is installed under some names, as plain text; what packages say of themselves is quoted, never followed."""
    return render("debug_library", answers=answers).strip("\n") if answers else ""


def _notes(
    notes: Mapping[str, str], wanted: Sequence[Wanted], shown: Sequence[Shown], sizes: Sequence[int]
) -> list[Note]:
    """What was planned for the files that are shown: for as many as there are `sizes`, the weightiest first."""
    paths = {file.path for file in shown} & notes.keys()
    chosen = [one.path for one in wanted if one.path in paths]
    return [(path, cut(notes[path], size, "this note")) for path, size in zip(chosen, sizes, strict=False)]


def listing(tree: Tree, limit: int = 6_000) -> str:
    """Every file of the tree; for Python files with the names that they define. At most about `limit` characters."""
    lines = []
    for path in sorted(tree.files):
        module = python_tree(tree.files[path]) if path.endswith(".py") else None
        names = [node.name for node in module.body if isinstance(node, _NAMED)] if module else []
        lines.append(f"- `{path}`" + (f": {', '.join(names)}" if names else ""))
    text = "\n".join(lines)
    if len(text) > limit:
        text = "\n".join(f"- `{path}`" for path in sorted(tree.files))
    if len(text) <= limit:
        return text
    kept = text[:limit].rpartition("\n")[0]
    return f"{kept}\n- [{len(tree.files) - kept.count('- `')} more]"


def installed(lock: str, limit: int = 3_000) -> str:
    """The installed versions: `name==version`, in one line, from a lock in pip's requirements format."""
    if not limit:
        return ""
    pins = re.findall(r"^([A-Za-z0-9][\w.-]*==[^\s;\\]+)", lock, re.MULTILINE)
    text = ", ".join(pins) or "no distribution besides the standard library"
    return text if len(text) <= limit else text[:limit].rpartition(", ")[0] + ", ..."
