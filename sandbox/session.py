"""What verifying needs, opened once: engine, image, store, runners."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import docker

from sandbox.checks import Parsed, expected
from sandbox.engine import STORE_VOLUME, LateReaper, connect, reap_dead
from sandbox.errors import InfrastructureError
from sandbox.job import Job, Runner
from sandbox.runner import DockerRunner
from sandbox.settings import MIB, Limits, Settings
from sandbox.setup.image import ImageInfo, ensure_image, sweep_builds
from sandbox.setup.layers import Layer, ensure_layer
from sandbox.setup.scratch import sweep_scratch
from sandbox.store import Store
from sandbox.turns import InTurn
from sandbox.verdict import Environment, Requirement

if TYPE_CHECKING:
    from sandbox.requirements import Inference, Prepared
    from sandbox.smoke.imports import Known

# What infers and resolves requirements is imported when it is needed: the first container is being made meanwhile.

SPARE = 2
LEAST_MEMORY = 1024 * MIB
"""Left to the host beside early work."""


@dataclass(frozen=True)
class Sandbox:
    """An engine that answers, the image, the store of environments, and runners; also a context manager.

    Safe to use from several threads. `Sandbox.open` is how to get one.
    """

    client: docker.DockerClient
    image: ImageInfo
    store: Store
    runner: Runner
    lanes: ThreadPoolExecutor | None = None
    """Where work is done before its turn comes, whichever ladder it is of; None: nowhere."""
    notes: tuple[str, ...] = ()
    """What of the settings cannot be kept on this machine, in a sentence each."""
    tell: Callable[[str], None] | None = None
    """Gets a line now and then while something takes long."""
    at_once: int = 1
    """So many ladders at the same time leave a processor and memory to each; for whoever has several to climb."""
    plans: dict[tuple[str, Settings], Job] = field(default_factory=dict, compare=False)
    """The last smoke runs, without their trees, by a repository's place; see `sandbox.ladder.guess`."""
    bases: dict[str, str] = field(default_factory=dict, compare=False)
    """The folder from which mypy began last, by a repository's place."""
    parsed: dict[tuple[str, Limits], Parsed] = field(default_factory=dict, compare=False)
    """What the parser said last of trees of which every file compiles, by a repository's place."""
    imported: dict[str, Known] = field(default_factory=dict, compare=False)
    """The last imports that went well, by a repository's place; see `sandbox.ladder.imported`."""
    _chores: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, "chores"), compare=False)
    _reaper: LateReaper | None = field(default=None, compare=False)

    @classmethod
    def open(
        cls,
        settings: Settings | None = None,
        progress: Callable[[str], None] | None = None,
        *,
        volume: str = STORE_VOLUME,
        spare: int = SPARE,
    ) -> Sandbox:
        """Connect, make the image if it is not there, remove what dead processes left, warm a container.

        Args:
            progress: gets a line now and then while something takes long.
            volume: where environments are kept; another one for tests.
            spare: runners that are kept warm for each purpose, where that is more than usual.

        Raises:
            InputError: the engine has no such runtime, or a run would have too little memory.
            EngineUnavailable: no engine answers; says what to do.
            ImageUnavailable: the image can be neither found nor made.
            InfrastructureError: the engine failed.
        """
        settings = settings or Settings()
        client = connect()
        reap_dead(client)
        if sweep_scratch():
            sweep_builds(client)
        image = ensure_image(client, progress or _quiet)
        store = Store(client, image, volume=volume, tell=progress)
        store.reap()
        limits = settings.limits
        count = _count(limits)
        runner = DockerRunner(
            client,
            image.tag,
            store.volume,
            settings.runtime,
            max(spare, SPARE),
            ahead=max(1, min(spare, count)),
            limits=limits,
            expected=expected(limits),
        )
        return cls(
            client,
            image,
            store,
            InTurn(runner, progress),
            _lanes(count),
            runner.notes,
            progress,
            at_once=max(1, count),
            _reaper=LateReaper(client),
        )

    def prepare(self, requirements: tuple[Requirement, ...]) -> Prepared:
        """An environment that satisfies `requirements`. Raises InfrastructureError."""
        from sandbox.requirements import prepare  # noqa: PLC0415 - see above

        return prepare(self.store, requirements)

    def trust(self, found: Inference) -> Inference:
        """`found`, with what the index has long had of the little-known. Raises InfrastructureError."""
        from sandbox.requirements import trust  # noqa: PLC0415 - see above

        return trust(self.store, found)

    def layer(self, packages: tuple[str, ...]) -> Layer:
        """The image with these Debian packages, from a table of ours; made if needed. Raises InfrastructureError."""
        return ensure_layer(self.client, self.image, packages, self.tell or _quiet)

    @contextmanager
    def fresh(self, environment: Environment) -> Iterator[Environment]:
        """A brand-new environment from the same lock; it is removed, in the background, when the block has ended.

        Raises InfrastructureError.
        """
        from sandbox.requirements import replay  # noqa: PLC0415 - see above

        things = ExitStack()
        try:
            session = things.enter_context(self.store.session())
            made = replay(self.store, environment, session)
            things.callback(session.discard, made.key)
            yield made
        finally:
            self._chores.submit(_put_away, things)

    def close(self) -> None:
        """Remove the containers that wait for a job, and give up the environments; the engine is left."""
        if self.lanes is not None:
            self.lanes.shutdown(cancel_futures=True)
        self.runner.close()
        self._chores.shutdown()
        self.store.close()
        if self._reaper is not None:
            self._reaper.end()
        with suppress(InfrastructureError):  # the engine may have made a container for a dead process after we began
            reap_dead(self.client)
        self.client.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _count(limits: Limits) -> int:
    """How many runs at once this machine bears: one for each processor, as far as the memory suffices."""
    return min(_processors(), max(0, _available_bytes() - LEAST_MEMORY) // limits.memory_bytes)


def _lanes(count: int) -> ThreadPoolExecutor | None:
    """So many lanes; none on a single processor, which would only be taken from the step whose turn it is."""
    return ThreadPoolExecutor(count, "early") if count > 0 and _processors() > 1 else None


def _available_bytes() -> int:
    """Memory of this host that processes could still have; plenty where that is not known."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return sys.maxsize


def _put_away(things: ExitStack) -> None:
    with suppress(InfrastructureError):  # the next start removes what its owner, this process, has left
        things.close()


def _quiet(_line: str) -> None:
    """Report nothing."""
