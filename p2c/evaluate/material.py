"""What is evaluated, and what every prompt is made from: paper, repositories and record, cut to the model's window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from p2c.errors import ContextTooLong
from p2c.evaluate.fit import Shown, fit, wanted
from p2c.evaluate.gather import gather
from p2c.evaluate.prompt import paper_part, repository_part
from p2c.evaluate.record import Record, read_record
from p2c.evaluate.result import Context
from p2c.evaluate.rubric import Node
from p2c.evaluate.window import Window
from p2c.model.source import CHARACTERS_PER_TOKEN
from p2c.paper.fit import Fitted
from p2c.paper.fit import fit as fit_paper
from p2c.types import Paper
from sandbox.words import counted

SAMPLES = 8
"""As in the PaperCoder paper (arXiv 2504.17192)."""
_WHOLE = 10**9
"""Tokens; more than any paper has."""
_CHARACTERS = 4
"""`fit_paper` counts at least a token for so many of them."""
_MOST_OF_PAPER = 0.75


@dataclass(frozen=True)
class Task:
    """What is evaluated.

    Attributes:
        repository: the folder of the repository.
        reference: the folder of the authors' own; None: reference-free.
        samples: of the correctness score; 0: no score.
        rubric: graded leaf by leaf; None: no rubric.
        code_dev: only the rubric's leaves of Code Development.
        verdict: a `verdict.json` of the repository, for leaves that only a run can show.
    """

    repository: Path
    paper: Paper
    reference: Path | None = None
    samples: int = SAMPLES
    rubric: Node | None = None
    code_dev: bool = False
    verdict: Path | None = None


@dataclass(frozen=True)
class Material:
    """What every prompt is made from."""

    shown: Shown
    reference: Shown | None
    record: Record | None
    shared: tuple[str, ...]
    context: Context
    notes: tuple[str, ...]


def material_of(task: Task, window: Window) -> Material:
    """The paper, the repositories and the record, cut to the model's window.

    Raises:
        UsageError, InputError: a folder or the verdict cannot be used.
        ContextTooLong: not even the paper's method fits.
    """
    own = gather(task.repository)
    theirs = gather(task.reference) if task.reference else None
    record, notes = _record(task, own.digest, window)
    paper, rooms = _rooms(task.paper, [wanted(one) for one in (own, theirs) if one], window, record)
    shown = fit(own, rooms[0])
    reference = fit(theirs, rooms[1]) if theirs else None
    shared = (paper_part(paper.text), repository_part(shown))
    characters = sum(map(len, shared)) + (reference.characters if reference else 0)
    context = Context(
        tokens=window.tokens,
        source=window.source,
        prompt_tokens=characters // CHARACTERS_PER_TOKEN,
        paper_trimmed=bool(paper.cuts),
    )
    cuts = [_cuts(one) for one in (shown, reference) if one and one.no_room]
    return Material(shown, reference, record, shared, context, (*paper.notes(), *cuts, *notes))


def _cuts(shown: Shown) -> str:
    """For people: that a repository is larger than the room, and what became of it."""
    gone = len(shown.no_room) - shown.cut
    cut = [f"{counted(shown.cut, 'file')} shown in part"] if shown.cut else []
    cut += [f"{counted(gone, 'file')} not at all"] if gone else []
    return (
        f"{shown.name} does not fit into the model's context: {', '.join(cut)}; the model is told which. "
        "A model with a larger context sees more"
    )


def _rooms(paper: Paper, wants: list[int], window: Window, record: Record | None) -> tuple[Fitted, tuple[int, ...]]:
    """The paper, and the room in characters that is there for each repository.

    All get the same at least; a paper whose method needs more gets up to `_MOST_OF_PAPER` of the window, as without it
    nothing can be judged.
    """
    taken = len(record.text) if record else 0
    whole = fit_paper(paper, _WHOLE)
    room, *rooms = window.shares(len(whole.text), *wants, taken=taken)
    if room == len(whole.text):
        return whole, tuple(rooms)
    try:
        fitted = fit_paper(paper, room // _CHARACTERS)
    except ContextTooLong:
        fitted = fit_paper(paper, int(window.characters * _MOST_OF_PAPER) // _CHARACTERS)
    return fitted, window.shares(*wants, taken=taken + len(fitted.text))


def _record(task: Task, digest: str, window: Window) -> tuple[Record | None, tuple[str, ...]]:
    """The record of a run, in a quarter of the window at most, and what there is to say of it."""
    if task.verdict is None:
        return None, ()
    whole = read_record(task.verdict, digest)
    if whole is None:
        return None, (
            "the verdict holds no record of a run: the sandbox failed, or the program needs what it withholds",
        )
    record = whole.within(window.characters // 4)
    cut = "the record of the run is shown without the middle of what the program printed: it is too long"
    return record, () if record is whole else (cut,)
