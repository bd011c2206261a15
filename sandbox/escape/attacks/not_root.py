"""The program is not root, in no group but its own, and cannot become somebody else.

control: nobody
ends: exited 0
within: 4
"""

import os

from contained import refused

assert set(os.getresuid()) == {1000}
assert set(os.getresgid()) == {1000}
assert set(os.getgroups()) <= {1000}
for become in (os.setuid, os.setgid, os.seteuid, os.setegid):
    for number in (0, 1, 65534):
        refused(f"{become.__name__}({number}) was allowed", lambda become=become, number=number: become(number))
refused("the groups could be set", lambda: os.setgroups([0]))
refused("a file could be given away", lambda: os.chown("main.py", 0, 0))
