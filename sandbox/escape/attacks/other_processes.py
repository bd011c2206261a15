"""No process, name or address of the host or of another container shows.

control: host
ends: exited 0
within: 4
"""

import os
import socket
from pathlib import Path

import contained  # noqa: F401 - ends the attack outside of a container

assert socket.gethostname() == "sandbox"
processes = {int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()}
parents = {1, os.getpid(), os.getppid()}
assert processes <= parents, processes
resolver = Path("/etc/resolv.conf").read_text()
assert "nameserver" not in resolver or "127.0.0.1" in resolver, resolver
assert "search" not in resolver.replace("search .", ""), resolver
