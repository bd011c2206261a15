"""p2c: a fresh, hardened container for each run, warm before the job comes."""

from __future__ import annotations

import time
from contextlib import suppress

from docker.errors import DockerException
from serve import Contestant, Output, serve

from sandbox.engine import LABEL, labels
from sandbox.job import Job
from sandbox.session import Sandbox
from sandbox.settings import Limits
from sandbox.tree import Tree

WARM_SECONDS = 60.0
CALM_SECONDS = 0.4
"""For so long no container may have come or gone, or worked."""
CALM_CPU = 5_000_000
"""Nanoseconds between two looks that count as no work."""


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
        began = calm = time.monotonic()
        seen: dict[str, int] = {}
        while (now := time.monotonic()) - calm < CALM_SECONDS and now - began < WARM_SECONDS:
            here = self._waiting()
            worked = sum(here.values()) - sum(seen.values())
            if not here or here.keys() != seen.keys() or min(here.values()) < 0 or worked > CALM_CPU:
                calm = now
            seen = here
            time.sleep(0.1)

    def _waiting(self) -> dict[str, int]:
        """The containers that wait for a job, and the nanoseconds of CPU that each has used; -1: not running yet."""
        assert self.sandbox is not None  # noqa: S101
        api = self.sandbox.client.api
        found = api.containers(all=True, filters={"label": f"{LABEL}={labels()[LABEL]}"})
        used = {}
        for one in found:
            stats = {}
            if one["State"] == "running":
                with suppress(DockerException, ValueError):  # it may have ended since, and the answer is empty
                    stats = api.stats(one["Id"], stream=False, one_shot=True)
            used[one["Id"]] = stats.get("cpu_stats", {}).get("cpu_usage", {}).get("total_usage", -1)
        return used

    def stop(self) -> None:
        if self.sandbox is not None:
            sandbox, self.sandbox = self.sandbox, None
            sandbox.close()


if __name__ == "__main__":
    serve(P2c())
