"""The host, as containers usually reach it, is refused at once; there is no interface but the loopback.

control: network
ends: exited 0
within: 4
"""

import socket
from pathlib import Path

from contained import unreachable

for target in ("172.17.0.1", "172.18.0.1", "10.0.2.2", "192.168.65.1"):
    for port in (22, 80, 2375, 2376):
        unreachable(target, port)
TUNNELS = {"tunl0", "ip6tnl0", "sit0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "ip6gre0"}
names = {name for _, name in socket.if_nameindex()}
assert names <= {"lo"} | TUNNELS, names
route = Path("/proc/net/route")
if route.exists():
    assert len(route.read_text().splitlines()) <= 1, route.read_text()
