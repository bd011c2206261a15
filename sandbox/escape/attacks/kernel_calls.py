"""System calls that widen the kernel's surface are refused: namespaces, mounts, tracing, eBPF, keys, io_uring.

control: calls
ends: exited 0
within: 4
"""

import ctypes
import os
import platform

import contained  # noqa: F401 - ends the attack outside of a container

libc = ctypes.CDLL(None, use_errno=True)
X86 = {
    "unshare": (272, 0x10000000),
    "mount": (165, 0),
    "umount2": (166, 0),
    "pivot_root": (155, 0),
    "chroot": (161, 0),
    "setns": (308, 0),
    "bpf": (321, 0),
    "perf_event_open": (298, 0),
    "userfaultfd": (323, 0),
    "keyctl": (250, 0),
    "add_key": (248, 0),
    "io_uring_setup": (425, 8),
    "io_uring_enter": (426, 0),
    "open_by_handle_at": (304, 0),
    "kexec_load": (246, 0),
    "init_module": (175, 0),
    "finit_module": (313, 0),
    "reboot": (169, 0),
    "swapon": (167, 0),
    "settimeofday": (164, 0),
    "acct": (163, 0),
    "ptrace": (101, 16),
    "fsopen": (430, 0),
    "move_mount": (429, 0),
}
EPERM, ENOSYS, ESRCH = 1, 38, 3

if platform.machine() == "x86_64":
    for name, (number, argument) in X86.items():
        ctypes.set_errno(0)
        result = libc.syscall(number, argument, 0, 0, 0, 0)
        allowed = (EPERM, ENOSYS, ESRCH) if name == "ptrace" else (EPERM, ENOSYS)
        assert result == -1, f"{name} worked: {result}"
        assert ctypes.get_errno() in allowed, f"{name} is not filtered: {os.strerror(ctypes.get_errno())}"
    result = libc.syscall(0x40000000 | 39)
    assert result == -1, "calls of the x32 ABI pass the filter"
