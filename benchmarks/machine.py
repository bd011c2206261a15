"""The machine that was measured: what a figure depends on, and nothing that names its owner (no host, no path)."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import docker
from pydantic import BaseModel, ConfigDict


class Machine(BaseModel):
    """Processor, kernel, engine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: str
    cores: int
    memory_gib: int
    kernel: str
    engine: str
    storage: str
    cgroups: str
    python: str
    """Of the controller; the containers have the image's."""

    def line(self) -> str:
        """One line for a person."""
        return (
            f"{self.cpu}, {self.cores} cores, {self.memory_gib} GiB; kernel {self.kernel}; Docker {self.engine}, "
            f"storage driver {self.storage}, cgroups v{self.cgroups}; controller on Python {self.python}"
        )


def describe(client: docker.DockerClient) -> Machine:
    """This machine and its engine."""
    info = client.info()
    return Machine(
        cpu=_cpu(),
        cores=int(info.get("NCPU") or os.cpu_count() or 1),
        memory_gib=round(int(info.get("MemTotal") or 0) / 2**30),
        kernel=".".join(platform.release().split("-")[0].split(".")[:2]),
        engine=str(info.get("ServerVersion", "unknown")),
        storage=str(info.get("Driver", "unknown")),
        cgroups=str(info.get("CgroupVersion", "1")),
        python=platform.python_version(),
    )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
