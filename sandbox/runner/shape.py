"""What a runner's container may do: the whole hardening, in one place. Each line has its test in tests/escape."""

from __future__ import annotations

from dataclasses import dataclass

from docker.api.client import APIClient
from docker.types import HostConfig, LogConfig, Mount, Ulimit

from sandbox.settings import MIB, Limits

USER = "1000:1000"
HOME = "/home/sandbox"
SMALLEST_MEMORY = 128 * MIB
"""The supervisor needs some of it."""


@dataclass(frozen=True)
class Shape:
    """The limits that a container has from its birth; the others come with the job."""

    memory_bytes: int
    cpus: float
    pids: int
    workspace_bytes: int
    workspace_inodes: int

    @classmethod
    def of(cls, limits: Limits, host_cpus: int) -> Shape:
        """The shape for `limits` on a machine with `host_cpus` processors (the engine refuses more than it has).

        Files of a tmpfs are memory, so the workspace takes half of the memory at most; so are its inodes.
        """
        memory = max(limits.memory_bytes, SMALLEST_MEMORY)
        return cls(
            memory_bytes=memory,
            cpus=max(0.01, min(limits.cpus, float(host_cpus))),
            pids=limits.pids + 1,  # the supervisor is one
            workspace_bytes=min(limits.workspace_bytes, memory // 2),
            workspace_inodes=min(limits.workspace_inodes, memory // 32_768),
        )

    @property
    def threads(self) -> int:
        """How many threads a numeric library should start."""
        return max(1, int(self.cpus))

    def tmpfs(self) -> dict[str, str]:
        """The places that can be written to; all full, they leave a quarter of the memory to processes.

        Code may be loaded from them: compiled extensions need it.
        """
        share, few = self.memory_bytes // 16, self.memory_bytes // 131_072

        def options(size: int, inodes: int, mode: str) -> str:
            owned = "" if mode == "1777" else "uid=1000,gid=1000,"
            return f"rw,exec,nosuid,nodev,{owned}size={size},nr_inodes={inodes},mode={mode}"

        return {
            "/workspace": options(self.workspace_bytes, self.workspace_inodes, "755"),
            "/job": options(min(64 * MIB, share), min(10_000, few), "755"),
            "/tmp": options(min(512 * MIB, share), min(20_000, few), "1777"),  # noqa: S108 - the container's own
            HOME: options(min(128 * MIB, share), min(10_000, few), "755"),
            "/dev/shm": options(min(512 * MIB, share), min(4_096, few), "1777"),  # noqa: S108
        }


def host_config(api: APIClient, shape: Shape, store_volume: str | None, runtime: str | None) -> HostConfig:
    """The engine's side of the confinement. The default seccomp and AppArmor profiles stay on."""
    store = [Mount("/store", store_volume, type="volume", read_only=True, no_copy=True)] if store_volume else []
    return api.create_host_config(
        network_mode="none",
        dns=["127.0.0.1"],  # nobody answers there, so a look-up fails at once; and the host's file stays outside
        dns_search=["."],
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        read_only=True,
        init=False,  # the supervisor is process 1 itself: as its child it could be killed by the program
        ipc_mode="private",
        privileged=False,
        pids_limit=shape.pids,
        mem_limit=shape.memory_bytes,
        memswap_limit=shape.memory_bytes,
        nano_cpus=int(shape.cpus * 1e9),
        tmpfs=shape.tmpfs(),
        mounts=store,
        ulimits=[Ulimit(name="core", soft=0, hard=0), Ulimit(name="nofile", soft=8192, hard=8192)],
        log_config=LogConfig(type="none"),
        auto_remove=True,
        restart_policy=None,
        runtime=runtime,
    )
