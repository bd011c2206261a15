"""What the import step found the last time at a place, for verdicts that only say what to try next.

Such a verdict does not import again where nothing that importing executes has changed since it went well (see
`sandbox.smoke.at_import`), nor how it is done: the same modules in the same order, the same environment, the same
limits. It is then the verdict that the import would have come to, as far as a program does the same when it is run
twice. Only what went well is remembered. A first and a last verdict, and every other that something is accepted by,
import anew.
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.job import Job
from sandbox.ladder.state import State, keep_last
from sandbox.smoke.at_import import alike
from sandbox.smoke.imports import Imported, Known
from sandbox.tree import Tree


def known_imports(state: State, job: Job, how: tuple[object, ...]) -> Imported | None:
    """What importing came to, where it is known and this verdict decides nothing; else None.

    Args:
        job: as it would be run.
        how: all else that decides what is imported, and in which order.
    """
    known = state.sandbox.imported.get(state.place) if state.settings.intermediate and state.place else None
    if known is None or (_plan(known.job), known.how) != (_plan(job), how) or not alike(known.job.tree, job.tree):
        return None
    return known.found


def remember_imports(state: State, job: Job, how: tuple[object, ...], found: Imported) -> None:
    """Keep what importing came to, which went well."""
    if state.place is None:
        return
    keep_last(state.sandbox.imported, state.place, Known(job, how, found))


def _plan(job: Job) -> Job:
    """Without what it is about, and what it may find imported already."""
    return replace(job, tree=Tree({}), preload=())
