"""IPv6: addresses outside and of the link are refused at once.

control: network
ends: exited 0
within: 4
"""

from contained import unreachable

for target in ("2606:4700:4700::1111", "fe80::1", "fd00::1", "ff02::1", "::ffff:1.1.1.1"):
    unreachable(target)
