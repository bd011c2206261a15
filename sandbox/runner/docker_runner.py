"""The door: a `Runner` whose every job runs in a fresh, hardened container that was warm before it came."""

from __future__ import annotations

from types import TracebackType

import docker

from sandbox.calloff import CallOff
from sandbox.engine import labels
from sandbox.job import Job, RunResult
from sandbox.runner.container import Container, NotStarted
from sandbox.runner.host import Host
from sandbox.runner.pool import Pool
from sandbox.runner.purpose import Purpose
from sandbox.settings import Limits
from sandbox.tree import Tree

ATTEMPTS = 2


class DockerRunner:
    """Runs jobs in one-shot containers; safe to call from several threads. Also a context manager.

    Args:
        client: the engine.
        image_tag: the sandbox image, for jobs that name no other; it holds `sandbox/inside` as /opt/p2c/inside.
        store_volume: the volume with the environments, mounted read-only at /store; None for none.
        runtime: an OCI runtime of the engine, for example `runsc`; None for its default.
        spare: how many containers are kept warm; 0 makes each when it is needed.
        ahead: how many of those that start something ahead, which takes memory.
        limits: those that jobs will most likely have; a container for them is warmed at once.
        expected: jobs that start something ahead and will come soon, the first one first; so is one for each of them.

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
        ahead: int = 1,
        limits: Limits | None = None,
        expected: tuple[Job, ...] = (),
    ) -> None:
        host = Host.of(client)
        host.check(runtime, limits or Limits())
        self.notes = host.notes(limits or Limits())
        self._host_cpus = host.cpus
        owner = labels()
        self._image = image_tag
        self._pool = Pool(lambda purpose: Container(client, purpose, store_volume, runtime, owner=owner), spare, ahead)
        for job in expected[:1]:
            self.warm(job)
        self.warm(Job((), Tree({}), None, limits or Limits()))
        for job in expected[1:]:
            self.warm(job)

    def warm(self, job: Job) -> None:
        """Make containers in the background for jobs such as `job`: its limits, its image, what it begins ahead."""
        self._pool.refill(Purpose.of(job, self._host_cpus, self._image))

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
