"""Nothing of the host is mounted but the three files that name the container itself.

control: host
ends: exited 0
within: 4
"""

from pathlib import Path

from contained import PLACES

OWN_NAMES = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}
for line in Path("/proc/self/mountinfo").read_text().splitlines():
    where = line.split()[4]
    known = where in {"/", "/store", *PLACES, *OWN_NAMES} or where.split("/")[1] in ("proc", "sys", "dev")
    assert known, f"{where} is mounted: {line}"
