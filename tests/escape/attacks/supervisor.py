"""The supervisor cannot be traced, read, written to, stopped or killed by the program it watches.

ends: exited 0
within: 5
"""

import ctypes
import os
import signal
from pathlib import Path

libc = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
for request in (PTRACE_ATTACH, PTRACE_SEIZE):
    assert libc.ptrace(request, 1, None, None) == -1, "the supervisor can be traced"

for name in ("fd", "map_files", "fdinfo", "cwd", "root"):
    try:
        found = list(Path(f"/proc/1/{name}").iterdir())
    except OSError:
        continue
    raise AssertionError(f"/proc/1/{name} can be read: {found}")
for name in ("mem", "environ", "maps", "auxv", "syscall", "stack", "fd/0", "fd/1", "fd/2"):
    for flags in (os.O_RDONLY, os.O_WRONLY):
        try:
            fd = os.open(f"/proc/1/{name}", flags)
            os.read(fd, 1)
        except OSError:
            continue
        raise AssertionError(f"/proc/1/{name} can be opened")
for name in ("oom_score_adj", "coredump_filter", "clear_refs"):
    try:
        Path(f"/proc/1/{name}").write_text("1000")
    except OSError:
        continue
    raise AssertionError(f"/proc/1/{name} can be written to")

buffer = ctypes.create_string_buffer(8)
iovec = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
remote = (ctypes.c_void_p * 2)(0x400000, 8)
for call in (libc.process_vm_readv, libc.process_vm_writev):
    assert call(1, iovec, 1, remote, 1, 0) == -1, "the supervisor's memory is open"
try:
    pidfd = os.pidfd_open(1)
except OSError:
    pass
else:
    assert libc.syscall(438, pidfd, 1, 0) == -1, "a descriptor of the supervisor could be taken"

for number in signal.valid_signals():
    try:
        os.kill(1, number)
    except OSError:
        continue
os.killpg(os.getpgid(0), 0)
