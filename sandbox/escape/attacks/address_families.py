"""Sockets that no network namespace confines (a virtual machine's host, raw packets, kernel crypto) cannot be made.

control: calls
ends: exited 0
within: 4
"""

import socket

import contained  # noqa: F401 - ends the attack outside of a container

VSOCK, ALG, PACKET, XDP, BLUETOOTH, CAN, TIPC = 40, 38, 17, 44, 31, 29, 30

for family in (VSOCK, ALG, PACKET, XDP, BLUETOOTH, CAN, TIPC):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try:
            socket.socket(family, kind)
        except OSError:
            continue
        raise AssertionError(f"a socket of family {family} could be made")
for family in (socket.AF_INET, socket.AF_INET6):
    try:
        socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    except OSError:
        continue
    raise AssertionError("a raw socket could be made")
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
    pass  # what a program does with itself stays possible
