"""The program has no capability, and none can come to it.

control: nobody
ends: exited 0
within: 4
"""

from contained import status

lines = status()
for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
    assert int(lines.get(name, "0"), 16) == 0, f"{name} is {lines[name]}"
assert int(lines["CapEff"], 16) == 0
