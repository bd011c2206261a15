"""No name is looked up, and that is said at once.

control: network
ends: exited 0
within: 4
"""

import socket
import time

import contained  # noqa: F401 - ends the attack outside of a container

before = time.monotonic()
for name in ("example.com", "host.docker.internal", "metadata.google.internal", "python.org"):
    try:
        socket.getaddrinfo(name, 80)
    except OSError:
        continue
    raise AssertionError(f"{name} was resolved")
assert time.monotonic() - before < 1.0, "a name was looked for, for too long"
