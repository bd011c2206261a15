"""The metadata services of clouds are refused at once.

control: network
ends: exited 0
within: 4
"""

from contained import unreachable

for target in ("169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254"):
    unreachable(target, 80)
