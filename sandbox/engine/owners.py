"""Who made a container: the label that says so, and whether that process still lives.

An owner is a process: its id, its start time, the boot, the PID namespace and the machine that it lives in.
Process ids are reused, so the id alone would make us remove a stranger's containers, or keep a dead one's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from functools import cache
from pathlib import Path

LABEL = "p2c.owner"
"""Every container of ours, and every temporary volume, carries it."""
TEMPORARY = "p2c.temporary"
"""A volume that carries it as well is removed when its owner is dead; the store never carries it."""

MAKER = "p2c.maker"
"""Images, which outlive their maker, carry its name under this label: they are nobody's to remove when it is dead."""


def labels(*, temporary: bool = False) -> dict[str, str]:
    """The labels that say that this process owns a container (or, `temporary`, a volume)."""
    owned = {LABEL: _owner(os.getpid())}
    return owned | {TEMPORARY: "1"} if temporary else owned


def is_dead(owner: str, *, is_shared: bool = False) -> bool:
    """Whether the process that `owner` (a label's value) names is surely dead; False when in doubt.

    Args:
        is_shared: whether other machines may use the engine. Machines that were cloned, as CI's often are, have one
            name; so a process of another boot may then be one that lives on another machine. What it left in a
            remote engine ends by itself, for a container without a controller does, or stays: a temporary volume.
    """
    parts = owner.split(":")
    if len(parts) != 5 or not parts[0].isdecimal():
        return False
    pid, start, boot, namespace, machine = parts
    here = _place()
    if (boot, namespace, machine) == here:
        return _start_of(int(pid)) != start
    return not is_shared and bool(machine) and machine == here[2] and boot != here[0]  # an earlier boot of this one


def _owner(pid: int) -> str:
    return ":".join((str(pid), _start_of(pid) or "", *_place()))


@cache
def _place() -> tuple[str, str, str]:
    """Boot, PID namespace and machine of this process; none of them holds a colon."""
    if sys.platform != "linux":
        return "", "", f"{uuid.getnode():x}"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    namespace = str(Path("/proc/self/ns/pid").stat().st_ino)
    try:
        machine = Path("/etc/machine-id").read_text().strip()
    except OSError:
        machine = ""
    return boot, namespace, machine


def _start_of(pid: int) -> str | None:
    """A text that differs for two processes that had the same id; None when there is no such process."""
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, *fields = stat.rpartition(")")[2].split()  # the name in parentheses may hold spaces
        return None if state in {"Z", "X"} else fields[18]  # field 22 of proc(5): clock ticks since boot
    listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip().replace(":", ".") or None
