"""The door: a `Runner` whose every job runs in a fresh, hardened container that was warm before it came."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

import docker

from sandbox.calloff import CallOff
from sandbox.engine import labels
from sandbox.job import Job, RunResult
from sandbox.runner.container import Container, NotStarted
from sandbox.runner.host import Host
from sandbox.runner.pool import Pool
from sandbox.runner.purpose import Preload, Purpose
from sandbox.runner.shape import Shape
from sandbox.settings import Limits

ATTEMPTS = 2


class DockerRunner:
    """Runs jobs in one-shot containers; safe to call from several threads. Also a context manager.

    Args:
        client: the engine.
        image_tag: the sandbox image, for jobs that name no other; it holds `sandbox/inside` as /opt/p2c/inside.
        store_volume: the volume with the environments, mounted read-only at /store; None for none.
        runtime: an OCI runtime of the engine, for example `runsc`; None for its default.
        spare: how many containers are kept warm; 0 makes each when it is needed.
        limits: those that jobs will most likely have; a container for them is warmed at once.

    Attributes:
        notes: what cannot be as `limits` say, in a sentence each.

    Raises:
        InputError: the engine has no such runtime, or `limits` leave too little memory for any run.
        InfrastructureError: the engine does not answer.
    """

    def __init__(
        self,
        client: docker.DockerClient,
        image_tag: str,
        store_volume: str | None,
        runtime: str | None = None,
        spare: int = 1,
        *,
        limits: Limits | None = None,
    ) -> None:
        host = Host.of(client)
        host.check(runtime, limits or Limits())
        self.notes = host.notes(limits or Limits())
        self._host_cpus = host.cpus
        owner = labels()
        self._image = image_tag
        self._pool = Pool(lambda purpose: Container(client, purpose, store_volume, runtime, owner=owner), spare)
        self.warm(limits or Limits())

    def warm(
        self,
        limits: Limits,
        *,
        image: str | None = None,
        environment: str | None = None,
        preload: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Make containers in the background for jobs with these limits, and so on: each as in the job to come."""
        shape = Shape.of(limits, self._host_cpus)
        self._pool.refill(Purpose.made(shape, image or self._image, Preload.of(environment, preload, env or {})))

    def run(self, job: Job) -> RunResult:
        """Run `job` to its end.

        Raises:
            CalledOff: `job.call_off` was called.
            InputError: the tree does not fit into the workspace.
            RunnerLost: the container was removed, or the engine restarted, while the job ran.
            InfrastructureError: the run could not be made or its result could not be had.
        """
        purpose = Purpose.of(job, self._host_cpus, self._image)
        for attempt in range(1, ATTEMPTS + 1):
            container = self._pool.take(purpose)
            try:
                self._pool.refill(purpose)
                with (job.call_off or CallOff()).by(container.hang_up):
                    return container.run(job)
            except NotStarted:  # it was stale; so may be its neighbours
                if attempt == ATTEMPTS:
                    raise
                self._pool.flush()
            finally:
                self._pool.give_back(container)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def close(self) -> None:
        """Remove every container of this runner; a job that still runs is lost."""
        self._pool.close()

    def __enter__(self) -> DockerRunner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
