"""What the engine's machine has, asked once: what a runner cannot have is said before anything is run."""

from __future__ import annotations

from dataclasses import dataclass

import docker

from sandbox.engine import guard
from sandbox.errors import InputError
from sandbox.runner.shape import SMALLEST_MEMORY
from sandbox.settings import MIB, Limits


@dataclass(frozen=True)
class Host:
    """The engine's machine, which need not be this one.

    Attributes:
        cpus: processors.
        memory_bytes: of the machine; 0 where the engine does not say.
        runtimes: names of the OCI runtimes that the engine is set up with.
    """

    cpus: int
    memory_bytes: int
    runtimes: tuple[str, ...]

    @classmethod
    def of(cls, client: docker.DockerClient) -> Host:
        """Ask the engine. Raises InfrastructureError when it does not answer."""
        with guard("asking the Docker engine what its machine has"):
            info = client.info()
        runtimes = tuple(sorted(info.get("Runtimes") or ()))
        return cls(int(info.get("NCPU") or 1), int(info.get("MemTotal") or 0), runtimes)

    def check(self, runtime: str | None, limits: Limits) -> None:
        """Whether the engine can run with these.

        Raises:
            InputError: the runtime is not there, or the memory is too little for any run.
        """
        if runtime is not None and self.runtimes and runtime not in self.runtimes:
            raise InputError(
                f"the engine has no runtime {runtime!r}; it has {', '.join(self.runtimes)}. Take one of those, or "
                "add it to the engine's configuration (`p2c doctor` shows what the engine has)"
            )
        if limits.memory_bytes < SMALLEST_MEMORY:
            raise InputError(
                f"{limits.memory_bytes / MIB:.0f} MiB of memory are too little for a run in the sandbox; "
                f"give it at least {SMALLEST_MEMORY // MIB} MiB"
            )

    def notes(self, limits: Limits) -> tuple[str, ...]:
        """What cannot be as `limits` say, in a sentence each."""
        if 0 < self.memory_bytes < limits.memory_bytes:
            return (
                f"a run may use {limits.memory_bytes // MIB} MiB of memory, but the engine's machine has only "
                f"{self.memory_bytes // MIB} MiB: where it runs short, the machine does, not the limit",
            )
        return ()
