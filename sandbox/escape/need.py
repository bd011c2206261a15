"""What the engine and the kernel can enforce: asked, or tried in a plain container that this project did not harden.

A case is called "not enforceable here" only when such a probe says so, never because the case itself failed. The
probe's container is made with the engine's own options, one for each limit: where a plain `docker run --pids-limit`
limits nothing, ours cannot either.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import docker
from docker.types import LogConfig, Ulimit

from sandbox.engine import guard, is_local, labels
from sandbox.errors import InfrastructureError

MIB = 1 << 20
SECONDS = 60


class Need(StrEnum):
    """Something that the engine and the kernel must be able to do."""

    memory = "memory"
    """A limit of memory ends what exceeds it."""
    oom_counter = "oom_counter"
    """The kernel's count of such ends can be read inside."""
    pids = "pids"
    """A limit of processes refuses more of them."""
    cpu_counter = "cpu_counter"
    """CPU time is counted by the group, or by the kernel for each process."""
    tmpfs_size = "tmpfs_size"
    """The size of a memory file system is limited."""
    tmpfs_inodes = "tmpfs_inodes"
    """Its number of files is limited."""
    rlimits = "rlimits"
    """Limits of a process (`ulimit`) are applied."""
    profile = "profile"
    """The engine's seccomp profile is applied."""
    local = "local"
    """The engine sees this host's files."""
    devices = "devices"
    """This process may make a device file."""


_PROBE = r"""
import json, os, resource, signal, sys
from pathlib import Path

why = {}
status = dict(l.split(":", 1) for l in Path("/proc/self/status").read_text().splitlines() if ":" in l)
mode = status.get("Seccomp", "0").strip()
if mode != "2":
    why["profile"] = "a plain container's system calls are not filtered (Seccomp: %s)" % mode

def fails(act):
    try:
        act()
    except OSError:
        return True
    return False

def much():
    with open("/one/file", "wb", buffering=0) as f:
        for _ in range(4):
            if f.write(bytes(1 << 20)) < 1 << 20:
                raise OSError

def many():
    for n in range(200):
        open("/two/%d" % n, "w").close()

if not fails(much):
    why["tmpfs_size"] = "a tmpfs of 1 MiB took 4 MiB"
if not fails(many):
    why["tmpfs_inodes"] = "a tmpfs of 50 inodes took 200 files"
if resource.getrlimit(resource.RLIMIT_NOFILE)[1] != 64:
    why["rlimits"] = "a limit of 64 open files is %d inside" % resource.getrlimit(resource.RLIMIT_NOFILE)[1]

group = Path("/sys/fs/cgroup")
v2 = (group / "cgroup.controllers").exists()
def count(path, field):
    try:
        lines = (group / path).read_text().splitlines()
    except OSError:
        return None
    return next((int(l.split()[1]) for l in lines if l.startswith(field + " ")), None)

oom = ("memory.events" if v2 else "memory/memory.oom_control", "oom_kill")
before = count(*oom)
child = os.fork()
if child == 0:
    try:
        os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"1000")
    except OSError:
        pass
    hoard = b"x" * (160 << 20)
    os._exit(0)
if os.waitpid(child, 0)[1] == 0:
    why["memory"] = "a plain container with 64 MiB of memory used 160 MiB"
if before is None or (count(*oom) or 0) <= before:
    why["oom_counter"] = "the kernel's count of ends for lack of memory cannot be read inside"

children, refused = [], False
for _ in range(40):
    try:
        child = os.fork()
    except OSError:
        refused = True
        break
    if child == 0:
        signal.pause()
    children.append(child)
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
if not refused:
    why["pids"] = "a plain container with 20 processes at most started 40"

spent = os.times()
for _ in range(3_000_000):
    pass
usage = count("cpu.stat", "usage_usec") if v2 else (group / "cpuacct/cpuacct.usage").exists() or None
if usage is None and os.times().user + os.times().system <= spent.user + spent.system:
    why["cpu_counter"] = "CPU time is counted neither for a container nor for a process"
print(json.dumps(why))
"""


def lacking(client: docker.DockerClient, image: str, runtime: str | None) -> Mapping[Need, str]:
    """What cannot be enforced here -> why, as seen.

    Args:
        image: one with python3, whose container is removed afterwards.

    Raises:
        InfrastructureError: the probe could not be run.
    """
    found = {Need(name): why for name, why in _inside(client, image, runtime).items()}
    advice = _advice(client, runtime)
    why = {need: f"{text}{advice}" if need in _BY_GROUP else text for need, text in found.items()}
    if Need.memory in why and Need.oom_counter in why:
        why[Need.oom_counter] = why[Need.memory]  # where nothing is ended there is nothing to count
    if not is_local(client):
        why[Need.local] = "the engine is remote: it does not see this host's files"
    if not _may_make_devices():
        why[Need.devices] = "this user may not make device files"
    return why


_BY_GROUP = frozenset({Need.memory, Need.oom_counter, Need.pids})


def _advice(client: docker.DockerClient, runtime: str | None) -> str:
    """What the engine itself says of the limits, for the reader."""
    with guard("asking the engine what it can limit"):
        info = client.api.info()
    arguments = (info.get("Runtimes") or {}).get(runtime or info.get("DefaultRuntime"), {}).get("runtimeArgs") or []
    if "--ignore-cgroups" in arguments:
        return f"; the engine starts {runtime} with --ignore-cgroups"
    warnings = [line for line in info.get("Warnings") or () if "limit" in line]
    return f"; the engine says: {'; '.join(warnings)}" if warnings else ""


def _inside(client: docker.DockerClient, image: str, runtime: str | None) -> dict[str, str]:
    with guard("trying what this engine can limit"):
        container = client.api.create_container(
            image,
            entrypoint=["python3", "-I", "-S", "-c", _PROBE],
            user="1000:1000",
            labels=labels(),
            host_config=client.api.create_host_config(
                network_mode="none",
                mem_limit=64 * MIB,
                memswap_limit=64 * MIB,
                pids_limit=20,
                tmpfs={"/one": "size=1m,mode=1777", "/two": "nr_inodes=50,mode=1777"},
                ulimits=[Ulimit(name="nofile", soft=64, hard=64)],
                log_config=LogConfig(type="json-file"),
                runtime=runtime,
            ),
        )["Id"]
        try:
            client.api.start(container)
            client.api.wait(container, timeout=SECONDS)
            said = client.api.logs(container, stdout=True, stderr=True).decode("utf-8", "replace")
        finally:
            client.api.remove_container(container, force=True, v=True)
    try:
        answer: dict[str, str] = json.loads(said.strip().splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise InfrastructureError(
            f"a plain container (runtime {runtime or 'of the engine'}) could not say what it can limit: {said[-500:]!r}"
        ) from error
    return answer


def _may_make_devices() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        try:
            os.mknod(Path(folder) / "null", 0o600 | 0o020000, os.makedev(1, 3))
        except OSError:
            return False
    return True
