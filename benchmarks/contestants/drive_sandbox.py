"""p2c's own parts: verify, environments and runs, timed in a process of their own."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from typing import Any

from drive_p2c import P2c
from serve import serve

from sandbox.controller import verify
from sandbox.engine import connect
from sandbox.job import Job
from sandbox.requirements import prepare
from sandbox.session import Sandbox
from sandbox.settings import Settings
from sandbox.setup.host import HostIndex
from sandbox.setup.image import ensure_image
from sandbox.setup.places import cache_folder
from sandbox.store import Store
from sandbox.tree import Tree
from sandbox.verdict import Requirement, Verdict


class Parts(P2c):
    """Orders besides those of every contestant; each answers with seconds."""

    store: Store | None = None

    def do_open(self, volume: str, files: dict[str, str]) -> dict[str, Any]:
        """A sandbox over the store `volume`, with the tree `files`."""
        began = time.perf_counter()
        self.sandbox = Sandbox.open(volume=volume)
        self.tree = Tree({path: content.encode() for path, content in files.items()})
        return {"seconds": time.perf_counter() - began}

    def do_verify(self, changes: dict[str, str], replay: bool, place: str) -> dict[str, Any]:
        """Change the tree and verify it; what was seen of each step goes along."""
        assert self.sandbox is not None  # noqa: S101 - `open` came first
        self.tree = self.tree.changed({path: content.encode() for path, content in changes.items()})
        settings = Settings(replay=replay, smoke="python main.py")
        began = time.perf_counter()
        verdict = verify(self.tree, name="bench", settings=settings, sandbox=self.sandbox, place=place)
        seconds = time.perf_counter() - began
        steps = {step.name: round(step.seconds, 3) for step in verdict.steps}
        made = verdict.environment
        environment = {"key": made.key if made else None, "reused": made is None or made.reused}
        said = {"rung": int(verdict.rung), "summary": verdict.summary, "steps": steps, "said": _said(verdict)}
        return {"seconds": seconds} | said | environment

    def do_environment(self, names: list[str]) -> dict[str, Any]:
        """An environment of the sandbox that was opened; its key."""
        assert self.sandbox is not None  # noqa: S101
        began = time.perf_counter()
        return _prepared(self.sandbox.store, names) | {"seconds": time.perf_counter() - began}

    def do_job(self, argv: list[str], key: str, preload: list[str]) -> dict[str, Any]:
        """A run over the tree in the environment `key`; the whole time and the supervisor's."""
        assert self.sandbox is not None  # noqa: S101
        job = Job(tuple(argv), self.tree, key)
        if preload:
            job = replace(job, preload=tuple(preload))
        began = time.perf_counter()
        result = self.sandbox.runner.run(job)
        seconds = time.perf_counter() - began
        said = result.stdout.text() if result.exit_status == 0 else result.stderr.text()[-300:]
        return {"seconds": seconds, "own_seconds": result.seconds, "status": result.exit_status, "output": said} | {
            "preloaded": result.preloaded
        }

    def do_change(self, changes: dict[str, str]) -> dict[str, Any]:
        """Change the tree."""
        self.tree = self.tree.changed({path: content.encode() for path, content in changes.items()})
        return {}

    def do_store(self, volume: str) -> dict[str, Any]:
        """A store alone, which asks the same index as a `docker build` can: no folders of this host."""
        client = connect()
        image = ensure_image(client)
        host = HostIndex.detect()
        remote = tuple(url for url in host.indexes if not url.startswith("file:"))
        default = host.default_index if not (host.default_index or "").startswith("file:") else None
        host = replace(host, default_index=default, indexes=remote, find_links=(), shown=())
        self.store = Store(client, image, host, volume)
        return {}

    def do_prepare(self, names: list[str]) -> dict[str, Any]:
        """An environment of the store alone."""
        assert self.store is not None  # noqa: S101 - `store` came first
        began = time.perf_counter()
        return _prepared(self.store, names) | {"seconds": time.perf_counter() - began}

    def do_forget(self, key: str) -> dict[str, Any]:
        """Remove an environment and the record of it; what was downloaded for it stays."""
        assert self.store is not None  # noqa: S101
        self.store.discard(key)
        shutil.rmtree(cache_folder() / "prepared", ignore_errors=True)
        return {}


def _said(verdict: Verdict) -> dict[str, Any]:
    """What a verdict must say again, however busy the machine is: no times."""
    failure = {"step", "kind", "exception", "message", "file", "line", "limit", "exit_status", "signature"}
    kept = dict.fromkeys(("outcome", "rung", "missing", "refused", "requirements"), True)
    found = verdict.model_dump(mode="json", include=kept | {"failure": failure})
    findings = sorted((one.tool, one.code, one.file, one.line or 0) for one in verdict.findings)
    return found | {"findings": findings, "lock": verdict.environment.lock if verdict.environment else ""}


def _prepared(store: Store, names: list[str]) -> dict[str, Any]:
    found = prepare(store, tuple(Requirement(distribution=name, rule="declared") for name in names))
    if found.environment is None:
        raise RuntimeError(found.failure.message if found.failure else "no environment")
    return {"key": found.environment.key, "reused": found.environment.reused}


if __name__ == "__main__":
    serve(Parts())
