"""The ladder as the repair loop sees it: a tree and a rung in, a verdict out, each step in the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from threading import BoundedSemaphore

from p2c.repair.cache import SHOWN, Quick, Verify, Wanted
from p2c.run.journal import Journal
from sandbox.controller import Sandbox, verify
from sandbox.settings import Settings
from sandbox.tree import Tree
from sandbox.verdict import Rung, Verdict


def verify_in(
    sandbox: Sandbox,
    settings: Settings,
    name: str,
    place: str,
    journal: Journal,
    *,
    keep: Callable[[Mapping[str, bytes]], None] | None = None,
) -> tuple[Verify, Quick]:
    """Two functions that verify trees of the repository `name` in `sandbox`; `place` tells it from all others.

    The verdicts of the first decide: its runs never find a module imported already. Those of the second only say what
    to try next: its runs may find the environment's modules imported, and are believed as they are; imports that would
    come to the same as before are not made again, and findings on a tree that failed are waited for where they are
    wanted. Both may be called from several threads; as many trees are verified at the same time as the machine bears.

    Args:
        keep: given what the run of a verified tree wrote, before its verdict is.
    """
    slots = BoundedSemaphore(sandbox.at_once)
    plain = replace(settings, warm_imports=False, intermediate=False)
    quick = replace(settings, warm_imports=True, intermediate=True)

    def run(
        chosen: Settings,
        tree: Tree,
        until: Rung,
        wanted: Wanted | None = None,
        keep: Callable[[Mapping[str, bytes]], None] | None = None,
    ) -> Verdict:
        of = tree.digest()[:SHOWN]
        with slots:
            return verify(
                tree,
                name=name,
                settings=chosen,
                sandbox=sandbox,
                until=until,
                place=place,
                on_step=lambda step: journal.emit("verify_step", tree=of, **step.model_dump()),
                on_start=lambda step: journal.emit("verify_step_started", tree=of, name=step),
                keep=keep,
                wanted=wanted,
            )

    def decide(tree: Tree, until: Rung) -> Verdict:
        written: dict[str, bytes] = {}
        verdict = run(plain, tree, until, keep=written.update if keep else None)
        if keep and written and verdict.verified:
            keep(written)
        return verdict

    return decide, partial(run, quick)
