"""Goes into the container beside each attack, whose first import it is: outside of one, an attack finds no such module.

A few words that attacks share. Nothing in the package imports it.
"""

import errno
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

if not Path("/opt/p2c/inside").is_dir() or Path.cwd() != Path("/workspace"):
    raise SystemExit("an attack runs in a container of the sandbox, nowhere else")

PLACES = ("/workspace", "/tmp", "/job", "/home/sandbox", "/dev/shm")  # noqa: S108 - the container's own
"""Every place that can be written to."""
REFUSED = {
    errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EINVAL, errno.EHOSTUNREACH, errno.EACCES,
    errno.EPERM,
}  # fmt: skip
"""How the kernel says that a packet cannot leave."""


def refused(what: str, act: Callable[[], object]) -> None:
    """See that `act` raises OSError; `what` says what would have been possible otherwise."""
    try:
        act()
    except OSError:
        return
    raise AssertionError(what)


def status() -> dict[str, str]:
    """The lines of /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def opened(path: str, flags: int) -> bool:
    """Whether a path can be opened."""
    try:
        os.close(os.open(path, flags | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def unreachable(target: str, port: int = 53) -> None:
    """See that neither a connection to an address nor a datagram for it leaves, and that this is said at once."""
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        before = time.monotonic()
        number = None
        try:
            with socket.socket(family, kind) as link:
                link.settimeout(2)
                link.connect((target, port))
                link.send(b"x")
        except OSError as error:
            number = error.errno
        assert number in REFUSED, f"{target} was not refused: {number}"
        assert time.monotonic() - before < 0.5, f"{target} took {time.monotonic() - before} s to be refused"
