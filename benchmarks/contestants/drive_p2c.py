"""p2c: a fresh, hardened container for each run, warm before the job comes."""

from __future__ import annotations

import time

from serve import Contestant, Output, serve

from sandbox.engine import LABEL, labels
from sandbox.job import Job
from sandbox.session import SPARE, Sandbox
from sandbox.settings import Limits
from sandbox.tree import Tree

WARM_SECONDS = 20.0
CALM_SECONDS = 0.3
"""A container that was removed, or made, keeps the engine busy for a moment longer."""


class P2c(Contestant):
    """An edit is a `Job` over the changed tree, with the defaults of every limit."""

    sandbox: Sandbox | None = None
    tree = Tree({})

    def start(self, image: str, files: dict[str, str]) -> None:
        self.sandbox = Sandbox.open()
        self.tree = Tree({path: content.encode() for path, content in files.items()})
        self.settle()

    def _run(self, argv: list[str], tree: Tree, limits: Limits) -> Output:
        assert self.sandbox is not None  # noqa: S101 - `start` came first
        result = self.sandbox.runner.run(Job(tuple(argv), tree, None, limits))
        self.more = {"own_seconds": result.seconds, "survivors": result.survivors, "ended": result.ended.value}
        return result.exit_status, result.stdout.text()

    def edit(self, path: str, content: str, argv: list[str]) -> Output:
        self.tree = self.tree.changed({path: content.encode()})
        return self._run(argv, self.tree, Limits())

    def limited(self, argv: list[str], seconds: float) -> Output:
        status, output = self._run(argv, self.tree, Limits(wall_seconds=seconds))
        return status, output

    def settle(self) -> None:
        assert self.sandbox is not None  # noqa: S101
        mine = {"label": f"{LABEL}={labels()[LABEL]}"}
        until = time.monotonic() + WARM_SECONDS
        while time.monotonic() < until:
            found = self.sandbox.client.api.containers(all=True, filters=mine)
            if len(found) == SPARE and all(one["State"] == "running" for one in found):
                break
            time.sleep(0.05)
        time.sleep(CALM_SECONDS)

    def stop(self) -> None:
        if self.sandbox is not None:
            sandbox, self.sandbox = self.sandbox, None
            sandbox.close()


if __name__ == "__main__":
    serve(P2c())
