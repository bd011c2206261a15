"""What a waiting container is made for: only a job of the same purpose can have it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.job import Job
from sandbox.runner.shape import Shape


@dataclass(frozen=True)
class Purpose:
    """What is settled when a container is made, before its job is known.

    Attributes:
        shape: its limits.
        image: tag of the image.
    """

    shape: Shape
    image: str

    @classmethod
    def of(cls, job: Job, host_cpus: int, image: str) -> Purpose:
        """The purpose of `job`, on a machine with `host_cpus` processors, where `image` is the runner's own."""
        return cls(Shape.of(job.limits, host_cpus), job.image or image)
