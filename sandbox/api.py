"""The door for callers in Python: one function from a folder to a verdict."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from sandbox import controller
from sandbox.errors import InfrastructureError
from sandbox.known import KnownVerdicts, verdict_key
from sandbox.ladder.summary import summarize
from sandbox.session import Sandbox
from sandbox.settings import Settings
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Rung, Step, Verdict


def verify(
    repository: str | os.PathLike[str] | Tree,
    settings: Settings | None = None,
    *,
    sandbox: Sandbox | None = None,
    name: str | None = None,
    until: Rung = Rung.replays,
    on_step: Callable[[Step], None] | None = None,
    on_start: Callable[[str], None] | None = None,
    known: KnownVerdicts | None = None,
    place: str | None = None,
) -> Verdict:
    """How far a repository comes, and why no further; nothing of it runs outside of containers.

    Safe to call from several threads, also with one `Sandbox`.

    Args:
        repository: its folder, which is read once and never written to, or a `Tree`.
        settings: the smoke command, limits and the rest; None: the defaults.
        sandbox: an open one, for many calls; None: one is opened for this call alone (about a second).
        name: what the verdict calls it; None: the folder's name.
        until: the last rung that is tried.
        on_step: called after each step, in this thread.
        on_start: called with each step's name before it begins.
        place: tells the repository from all others, so that mypy may remember its modules; None: the folder's path,
            and nothing is remembered of a `Tree`.
        known: where verdicts are kept; one that is there is given at once. None: everything is run.

    Returns:
        The verdict. Where we failed, not the code (no engine, no image, no disk), its outcome is `infrastructure`.

    Raises:
        InputError: there is no such folder, it holds no file, or it is too large.
    """
    settings = settings or Settings()
    tree = repository if isinstance(repository, Tree) else Tree.read(Path(repository))
    named = name or ("repository" if isinstance(repository, Tree) else Path(repository).resolve().name)
    key = verdict_key(tree, settings, until) if known is not None else ""
    before = known.get(key, named) if known is not None else None
    if before is not None:
        return before.verdict

    if place is None and not isinstance(repository, Tree):
        place = str(Path(repository).resolve())

    def climb(opened: Sandbox) -> Verdict:
        return controller.verify(
            tree,
            name=named,
            settings=settings,
            sandbox=opened,
            until=until,
            place=place,
            on_step=on_step,
            on_start=on_start,
        )

    if sandbox is not None:
        verdict = climb(sandbox)
    else:
        try:
            opened = Sandbox.open(settings)
        except InfrastructureError as error:
            return unopened(tree, named, error)
        with opened:
            verdict = climb(opened)
    if known is not None:
        known.put(key, verdict)
    return verdict


def unopened(tree: Tree, name: str, error: InfrastructureError) -> Verdict:
    """The verdict when no sandbox could be opened: nothing is known of the code."""
    step = Step(name="infrastructure", state="failed", detail=str(error))
    verdict = Verdict(
        repository=name,
        tree=tree.digest(),
        rung=Rung.none,
        outcome=Outcome.infrastructure,
        summary="",
        steps=(step,),
    )
    return verdict.model_copy(update={"summary": summarize(verdict)})
