"""The ladder as the repair loop sees it: a tree and a rung in, a verdict out, each step in the journal."""

from __future__ import annotations

from p2c.repair.cache import Verify
from p2c.run.journal import Journal
from sandbox.controller import Sandbox, verify
from sandbox.settings import Settings
from sandbox.tree import Tree
from sandbox.verdict import Rung, Step, Verdict


def verify_in(sandbox: Sandbox, settings: Settings, name: str, place: str, journal: Journal) -> Verify:
    """A function that verifies trees of the repository `name` in `sandbox`; `place` tells it from all others."""

    def say(step: Step) -> None:
        journal.emit("verify_step", **step.model_dump())

    def begin(step: str) -> None:
        journal.emit("verify_step_started", name=step)

    def run(tree: Tree, until: Rung) -> Verdict:
        return verify(
            tree,
            name=name,
            settings=settings,
            sandbox=sandbox,
            until=until,
            place=place,
            on_step=say,
            on_start=begin,
        )

    return run
