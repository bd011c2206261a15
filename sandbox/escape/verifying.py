"""A whole verify in the place of a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace

from sandbox.controller import Sandbox, verify
from sandbox.escape.case import Place
from sandbox.escape.wheelhouse import Wheelhouse
from sandbox.runner import DockerRunner
from sandbox.settings import Limits, Settings
from sandbox.setup.host import HostIndex
from sandbox.store import Store
from sandbox.tree import Tree
from sandbox.verdict import Verdict

SETTINGS = Settings(limits=Limits(wall_seconds=20), replay=False)


def store_of(place: Place, packages: Wheelhouse | None = None) -> Store:
    """A store in the suite's volume; its index holds `packages` and nothing else."""
    host = packages.host() if packages else HostIndex(no_index=True)
    return Store(place.client, place.image, host, place.volume)


@contextmanager
def sandbox_of(place: Place, settings: Settings = SETTINGS, packages: Wheelhouse | None = None) -> Iterator[Sandbox]:
    """A sandbox of the suite's own: its volume, its index, its runtime."""
    limits = settings.limits
    with (
        closing(store_of(place, packages)) as store,
        DockerRunner(place.client, place.image.tag, place.volume, place.runtime, 1, limits=limits) as runner,
    ):
        yield Sandbox(place.client, place.image, store, runner)


def verdict_of(place: Place, files: Mapping[str, str], settings: Settings = SETTINGS) -> Verdict:
    """The verdict on a repository of these files, run by `python main.py`; its index is empty."""
    with sandbox_of(place, settings) as sandbox:
        tree = Tree({path: text.encode() for path, text in files.items()})
        settings = replace(settings, smoke=settings.smoke or "python main.py")
        return verify(tree, name="hostile", settings=settings, sandbox=sandbox)
