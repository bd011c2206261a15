"""What verifying needs, opened once: engine, image, store, runners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

import docker

from sandbox.engine import connect, reap_dead
from sandbox.job import Runner
from sandbox.requirements import Prepared, exists, prepare, replay
from sandbox.runner import DockerRunner
from sandbox.settings import Settings
from sandbox.setup.image import ImageInfo, ensure_image
from sandbox.setup.layers import Layer, ensure_layer
from sandbox.setup.scratch import sweep_scratch
from sandbox.store import Store
from sandbox.verdict import Environment, Requirement

SPARE = 2


@dataclass(frozen=True)
class Sandbox:
    """An engine that answers, the image, the store of environments, and runners; also a context manager.

    Safe to use from several threads. `Sandbox.open` is how to get one.
    """

    client: docker.DockerClient
    image: ImageInfo
    store: Store
    runner: Runner

    @classmethod
    def open(cls, settings: Settings | None = None, progress: Callable[[str], None] | None = None) -> Sandbox:
        """Connect, make the image if it is not there, remove what dead processes left, warm a container.

        Args:
            progress: gets a line now and then while something takes long.

        Raises:
            EngineUnavailable: no engine answers; says what to do.
            ImageUnavailable: the image can be neither found nor made.
            InfrastructureError: the engine failed.
        """
        settings = settings or Settings()
        client = connect()
        reap_dead(client)
        sweep_scratch()
        image = ensure_image(client, progress or _quiet)
        store = Store(client, image, tell=progress)
        store.reap()
        runner = DockerRunner(client, image.tag, store.volume, settings.runtime, SPARE, limits=settings.limits)
        return cls(client, image, store, runner)

    def prepare(self, requirements: tuple[Requirement, ...]) -> Prepared:
        """An environment that satisfies `requirements`. Raises InfrastructureError."""
        return prepare(self.store, requirements)

    def exists(self, distribution: str) -> bool:
        """Whether the package index has `distribution`; nothing is installed. Raises InfrastructureError."""
        return exists(self.store, distribution)

    def layer(self, packages: tuple[str, ...]) -> Layer:
        """The image with these Debian packages, from a table of ours; made if needed. Raises InfrastructureError."""
        return ensure_layer(self.client, self.image, packages, _quiet)

    def fresh(self, environment: Environment) -> Environment:
        """A brand-new environment from the same lock; `discard` it. Raises InfrastructureError."""
        return replay(self.store, environment)

    def discard(self, environment: Environment) -> None:
        """Remove an environment that `fresh` made."""
        self.store.discard(environment.key)

    def close(self) -> None:
        """Remove the containers that wait for a job, and give up the environments; the engine is left."""
        self.runner.close()
        self.store.close()
        self.client.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _quiet(_line: str) -> None:
    """Report nothing."""
