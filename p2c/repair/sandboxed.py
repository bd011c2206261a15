"""The ladder as the repair loop sees it: a tree and a rung in, a verdict out, each step in the journal."""

from __future__ import annotations

from dataclasses import replace

from p2c.repair.cache import Verify
from p2c.run.journal import Journal
from sandbox.controller import Sandbox, verify
from sandbox.settings import Settings
from sandbox.tree import Tree
from sandbox.verdict import Rung, Step, Verdict


def verify_in(sandbox: Sandbox, settings: Settings, name: str, place: str, journal: Journal) -> Verify:
    """A function that verifies trees of the repository `name` in `sandbox`; `place` tells it from all others.

    What is tried on the way, up to rung 4, may find the environment's modules imported already, and is believed; a
    verdict up to the replay, by which a repair is accepted, never does.
    """
    quick = replace(settings, warm_imports=True, intermediate=True)

    def say(step: Step) -> None:
        journal.emit("verify_step", **step.model_dump())

    def begin(step: str) -> None:
        journal.emit("verify_step_started", name=step)

    def run(tree: Tree, until: Rung) -> Verdict:
        return verify(
            tree,
            name=name,
            settings=quick if until < Rung.replays and settings.replay else settings,
            sandbox=sandbox,
            until=until,
            place=place,
            on_step=say,
            on_start=begin,
        )

    return run
