"""No program that is started can have more privileges: a set-user-id program stays nobody.

control: nobody
ends: exited 0
within: 4
"""

import ctypes
import shutil
import subprocess
from pathlib import Path

import contained  # noqa: F401 - ends the attack outside of a container

PR_GET_NO_NEW_PRIVS = 39
assert ctypes.CDLL(None).prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
own = Path("/tmp/id")
shutil.copy("/usr/bin/id", own)
own.chmod(0o6755)
found = [path for folder in ("/bin", "/usr/bin", "/usr/sbin") for path in Path(folder).iterdir()]
owned = [path for path in found if path.is_file() and path.stat().st_mode & 0o6000]
for path in [own, *(path for path in owned if path.name in ("su", "mount", "newgrp"))]:
    argv = [str(path), "-u" if path == own else "--version"]
    said = subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=3, check=False)
    if path == own:
        assert said.stdout.strip() == b"1000", said
status = Path("/proc/self/status").read_text()
if "NoNewPrivs:" in status:
    assert "NoNewPrivs:\t1" in status
