"""IPv4: addresses outside, private ones and loopbacks of others are refused at once.

control: network
ends: exited 0
within: 4
"""

from contained import unreachable

for target in ("1.1.1.1", "8.8.8.8", "10.0.0.1", "192.168.1.1", "100.64.0.1", "255.255.255.255", "224.0.0.1"):
    unreachable(target)
