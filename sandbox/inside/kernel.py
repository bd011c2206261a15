"""What the kernel counts: CPU time, memory, processes, room on the file systems. Control groups v1 and v2.

The counters are those of this container's own group, which the engine mounts at /sys/fs/cgroup, read-only.
A counter that cannot be read counts as 0, so that a runtime without it (gVisor) still runs jobs.
"""

from __future__ import annotations

import contextlib
import os
import resource
import time
from pathlib import Path

GROUP = Path("/sys/fs/cgroup")
CROWD = 50
"""Processes of one program, more than honest ones have."""
LOOK_SECONDS = 0.05
"""At most so long processes are looked at, one by one."""
EXITING = 0x4
"""PF_EXITING of include/linux/sched.h, among the flags in /proc/PID/stat."""
KILLED = 1 << 8
"""SIGKILL, among the pending signals in /proc/PID/status."""
PENDING = (b"SigPnd:", b"ShdPnd:")
"""Of /proc/PID/status; another line, the name, is the process's own."""
WRITABLE = ("/workspace", "/job", "/tmp", "/home/sandbox", "/dev/shm")  # noqa: S108 - the container's own mounts


class Counters:
    """The counters of a control group.

    Args:
        group: where it is mounted; v2 when it holds `cgroup.controllers`.
    """

    def __init__(self, group: Path = GROUP) -> None:
        v2 = (group / "cgroup.controllers").exists()
        self._cpu = group / ("cpu.stat" if v2 else "cpuacct/cpuacct.usage")
        self._peak = group / ("memory.peak" if v2 else "memory/memory.max_usage_in_bytes")
        self._oom = group / ("memory.events" if v2 else "memory/memory.oom_control")
        self._pids = group / ("pids.events" if v2 else "pids/pids.events")
        self._v2 = v2

    def cpu_seconds(self) -> float:
        """CPU time used by all processes of the container; added up from theirs where the group does not count it."""
        used = _field(self._cpu, "usage_usec") / 1e6 if self._v2 else _number(self._cpu) / 1e9
        if used:
            return used
        reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
        return reaped.ru_utime + reaped.ru_stime + time_of_living()

    def peak_memory_bytes(self) -> int:
        """The most memory that was in use at once, tmpfs files included."""
        return _number(self._peak) or resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024

    def oom_kills(self) -> int:
        """Processes of the container that the kernel killed because its memory was used up."""
        return _field(self._oom, "oom_kill")

    def refused_forks(self) -> int:
        """How often a process or thread was refused because the limit was reached."""
        return _field(self._pids, "max")


def is_linux(group: Path = GROUP) -> bool:
    """Whether this is Linux itself, which shows a container its control group; gVisor shows none."""
    return (group / "cgroup.controllers").exists() or (group / "pids").exists()


def is_crowd(group: Path = GROUP, proc: Path = Path("/proc")) -> bool:
    """Whether gVisor has more than `CROWD` processes here; False in Linux, which counts the forks that it refused."""
    return not is_linux(group) and sum(path.name.isdecimal() for path in proc.iterdir()) > CROWD


def full(mounts: tuple[str, ...] = WRITABLE) -> bool:
    """Whether a writable file system has no block or no inode left."""
    for mount in mounts:
        try:
            state = os.statvfs(mount)
        except OSError:
            continue
        if (state.f_blocks and not state.f_bavail) or (state.f_files and not state.f_favail):
            return True
    return False


def living(spared: tuple[int, ...] = (1,), folder: str | None = None, proc: Path = Path("/proc")) -> int:
    """Processes that are alive in this PID namespace; one that was sent SIGKILL runs no more code, and is none.

    Args:
        spared: ids of processes that do not count.
        folder: nor does what runs a program of this folder; code that such a program was made to load is not seen.
    """
    processes = (path for path in proc.iterdir() if path.name.isdecimal() and int(path.name) not in spared)
    return sum(1 for path in processes if _alive(path) and not (folder and _runs_from(folder, path)))


def time_of_living(proc: Path = Path("/proc")) -> float:
    """CPU time in seconds of the processes that /proc shows, this one included; of a storm, those seen in time."""
    ticks = 0
    until = time.monotonic() + LOOK_SECONDS
    for process in proc.iterdir():
        if process.name.isdecimal() and time.monotonic() < until:
            with contextlib.suppress(OSError):  # it ended meanwhile
                fields = (process / "stat").read_bytes().rpartition(b")")[2].split()
                ticks += int(fields[11]) + int(fields[12])  # 14 and 15 of proc(5): user and system time
    return ticks / os.sysconf("SC_CLK_TCK")


def _alive(process: Path) -> bool:
    try:
        state, *fields = (process / "stat").read_bytes().rpartition(b")")[2].split()
        lines = (process / "status").read_bytes().splitlines()
    except OSError:
        return False
    try:
        signals = [int(line.split()[1], 16) for line in lines if line.startswith(PENDING)]
        is_dying = int(fields[5]) & EXITING or any(one & KILLED for one in signals)
    except (ValueError, IndexError):  # a line of this process's own making: it chose its name
        return True
    return state not in {b"Z", b"X"} and not is_dying


def _runs_from(folder: str, process: Path) -> bool:
    try:
        return (process / "exe").readlink().parent == Path(folder)
    except OSError:
        return False


def born(pid: int) -> int:
    """When a process began, in ticks since the machine did; 0 when there is none. With its id it names it for good."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19])
    except OSError:
        return 0


def _number(path: Path) -> int:
    try:
        return int(path.read_bytes())
    except (OSError, ValueError):
        return 0


def _field(path: Path, name: str) -> int:
    """The number behind `name` in a file of `name number` lines."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0)
