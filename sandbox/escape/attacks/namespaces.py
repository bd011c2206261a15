"""No namespace can be made or entered, so nobody can play root.

control: calls
ends: exited 0
within: 4
"""

import ctypes
import os
import signal

import contained  # noqa: F401 - ends the attack outside of a container

libc = ctypes.CDLL(None, use_errno=True)
NEW = {
    "user": 0x10000000, "mount": 0x00020000, "pid": 0x20000000, "net": 0x40000000, "uts": 0x04000000,
    "ipc": 0x08000000, "cgroup": 0x02000000,
}  # fmt: skip
for name, flag in NEW.items():
    assert libc.unshare(flag) == -1, f"a {name} namespace could be made by unshare"
stack = ctypes.create_string_buffer(65536)
top = ctypes.c_void_p(ctypes.addressof(stack) + 65536 - 64)
child = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(lambda _: 0)
libc.clone.restype = ctypes.c_int
for name, flag in NEW.items():
    made = libc.clone(child, top, flag | signal.SIGCHLD, None)
    if made > 0:
        os.waitpid(made, 0)
    assert made == -1, f"a {name} namespace could be made by clone"
for name in ("user", "mnt", "net", "pid"):
    fd = os.open(f"/proc/self/ns/{name}", os.O_RDONLY) if os.path.exists(f"/proc/self/ns/{name}") else -1
    assert libc.setns(fd, 0) == -1, f"the {name} namespace could be entered"
