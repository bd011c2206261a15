"""Run inside a contestant's container: what is it held to? Prints one line of JSON. Standard library only."""

import json
import os
import pathlib
import re

MARK = pathlib.Path("/tmp/p2c-bench-mark")  # an earlier run's mark says that the container is not fresh


def first(*paths):
    """The content of the first file that can be read, or an empty text."""
    for path in paths:
        try:
            return pathlib.Path(path).read_text().strip()
        except OSError:
            continue
    return ""


def limit(text):
    """A cgroup's limit; None for none (version 2 says `max`, version 1 an enormous number)."""
    return int(text) if text.isdigit() and int(text) < 1 << 60 else None


def status(name):
    """A field of /proc/self/status."""
    found = re.search(rf"^{name}:\s+(\w+)", first("/proc/self/status"), re.MULTILINE)
    return found[1] if found else ""


def can_write(folder):
    """Whether a file can be made in `folder`."""
    path = pathlib.Path(folder, "p2c-bench-write")
    try:
        path.write_text("")
        path.unlink()
    except OSError:
        return False
    return True


interfaces = [line.split(":")[0].strip() for line in first("/proc/net/dev").splitlines() if ":" in line]
stale = MARK.exists()
MARK.write_text("")
group = "/sys/fs/cgroup"
print(
    json.dumps(
        {
            "network": any(name != "lo" and "tunl" not in name and "sit" not in name for name in interfaces),
            "memory": limit(first(f"{group}/memory/memory.limit_in_bytes", f"{group}/memory.max")),
            "pids": limit(first(f"{group}/pids/pids.max", f"{group}/pids.max")),
            "capabilities": bin(int(status("CapEff") or "0", 16)).count("1"),
            "no_new_privileges": status("NoNewPrivs") == "1",
            "seccomp": status("Seccomp") == "2",
            "root_user": os.geteuid() == 0,
            "root_writable": can_write("/usr") or can_write("/"),
            "stale": stale,
        }
    )
)
