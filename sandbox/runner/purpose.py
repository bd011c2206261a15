"""What a waiting container is made for: only a job of the same purpose can have it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.job import Job
from sandbox.runner.shape import Shape
from sandbox.runner.variables import interpreter, variables

PROCESSES = 2
"""The interpreter that waits, and the client that follows its fork."""


@dataclass(frozen=True)
class Preload:
    """Modules that are imported before the job comes.

    Attributes:
        environment: key of the environment in the store that has them.
        modules: top-level names.
        env: the job's own variables, by name; modules may read them when they are imported.
    """

    environment: str
    modules: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, environment: str | None, modules: tuple[str, ...], env: Mapping[str, str]) -> Preload | None:
        """None where there is nothing to import; the image's own Python has nothing heavy."""
        return cls(environment, modules, tuple(sorted(env.items()))) if environment and modules else None


@dataclass(frozen=True)
class Purpose:
    """What is settled when a container is made, before its job is known.

    Attributes:
        shape: its limits.
        image: tag of the image.
        preload: what it imports ahead.
        tool: the command that it starts ahead, see `Job.ahead`.
    """

    shape: Shape
    image: str
    preload: Preload | None = None
    tool: tuple[str, ...] = ()

    @classmethod
    def of(cls, job: Job, host_cpus: int, image: str) -> Purpose:
        """The purpose of `job`, on a machine with `host_cpus` processors, where `image` is the runner's own."""
        shape, tag = Shape.of(job.limits, host_cpus), job.image or image
        if job.ahead and not job.environment and not job.env:
            return cls(shape, tag, tool=job.argv)
        return cls.made(shape, tag, Preload.of(job.environment, job.preload, job.env))

    @classmethod
    def made(cls, shape: Shape, image: str, preload: Preload | None) -> Purpose:
        """A purpose with room for the processes that preloading takes, so that the program has as many as without."""
        return cls(replace(shape, pids=shape.pids + PROCESSES) if preload else shape, image, preload)

    @property
    def is_ahead(self) -> bool:
        """Whether something is begun before the job comes, which takes time and memory."""
        return bool(self.preload or self.tool)

    def command(self) -> list[str]:
        """The supervisor's arguments, see `sandbox.inside.warming` and `sandbox.inside.starting`."""
        if self.tool:
            return [json.dumps({"argv": self.tool, "env": variables(None, self.shape.threads, {})})]
        if self.preload is None:
            return []
        key = self.preload.environment
        env = variables(key, self.shape.threads, dict(self.preload.env))
        return [json.dumps({"modules": self.preload.modules, "interpreter": interpreter(key), "env": env})]
