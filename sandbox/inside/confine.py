"""What the supervisor does to itself before it takes a job; the program inherits the filter.

The program runs under the same user. As the first process of the PID namespace the supervisor is out of
reach of its signals (pid_namespaces(7)), as a process that is not dumpable it is out of reach of ptrace,
and of the files in /proc that lead to its descriptors and memory (ptrace(2), proc(5)).
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import struct

PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 4, 22, 38
SECCOMP_MODE_FILTER = 2
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
EPERM, EAFNOSUPPORT = 1, 97
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER, ARCHITECTURE, FIRST, SECOND = 0, 4, 16, 24
"""Offsets in `struct seccomp_data`, see seccomp(2); the low half of an argument on little-endian machines."""
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""Machine -> its AUDIT_ARCH value."""
SOCKET = {"x86_64": 41, "aarch64": 198}
SUPERVISOR, SAME_USER, ANY_OF_USER = 1, 2, 3
AIMED = (  # system call on x86_64, on aarch64, which argument, its refused value
    (302, 261, FIRST, SUPERVISOR),  # prlimit64: an exhausted CPU limit kills even process 1
    (141, 140, SECOND, SUPERVISOR),  # setpriority
    (141, 140, FIRST, SAME_USER),
    (251, 30, SECOND, SUPERVISOR),  # ioprio_set
    (251, 30, FIRST, ANY_OF_USER),
    (203, 122, FIRST, SUPERVISOR),  # sched_setaffinity
    (144, 119, FIRST, SUPERVISOR),  # sched_setscheduler
    (142, 118, FIRST, SUPERVISOR),  # sched_setparam
    (314, 274, FIRST, SUPERVISOR),  # sched_setattr
)
"""What one process may do to another of its user without tracing it: starve or choke the supervisor."""
X32 = 0x40000000
IO_URING = (425, 426, 427)
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)


def confine() -> None:
    """Make this process untraceable, and narrow the system calls of it and of all that it starts.

    Raises:
        RuntimeError: not the first process of its PID namespace (its last act is to kill all others).
        OSError: the kernel refused; the supervisor must not take a job then.
    """
    if os.getpid() != 1:
        raise RuntimeError("the supervisor must be the first process of a container")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.closerange(3, 1024)
    os.umask(0o022)
    _prctl(PR_SET_DUMPABLE, 0)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    machine = os.uname().machine
    if machine in MACHINES:
        _filter(program(machine))


def program(machine: str) -> bytes:
    """A seccomp filter on top of the engine's profile, as classic BPF, for a machine of `MACHINES`.

    Engines before 23 let AF_VSOCK through, which no network namespace confines (in a virtual machine it
    reaches the host), and io_uring, which goes round the filter. So: four address families, no io_uring,
    no foreign ABI, whose calls have other numbers; and nothing that aims at the supervisor.
    """
    code = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, MACHINES[machine]),
        (RETURN, 0, 0, ERRNO | EPERM),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32),
        (RETURN, 0, 0, ERRNO | EPERM),
    ]
    for number in IO_URING:
        code += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | EPERM)]
    for x86, arm, argument, value in AIMED:
        code += [
            (LOAD, 0, 0, NUMBER),
            (EQUAL, 0, 3, x86 if machine == "x86_64" else arm),
            (LOAD, 0, 0, argument),
            (EQUAL, 0, 1, value),
            (RETURN, 0, 0, ERRNO | EPERM),
        ]
    code += [(LOAD, 0, 0, NUMBER), (EQUAL, 1, 0, SOCKET[machine]), (RETURN, 0, 0, ALLOW), (LOAD, 0, 0, FIRST)]
    for family in FAMILIES:
        code += [(EQUAL, 0, 1, int(family)), (RETURN, 0, 0, ALLOW)]
    code += [(RETURN, 0, 0, ERRNO | EAFNOSUPPORT)]
    return b"".join(struct.pack("=HBBI", *line) for line in code)


def _filter(code: bytes) -> None:
    buffer = ctypes.create_string_buffer(code, len(code))
    packed = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.create_string_buffer(packed, len(packed)))


def _prctl(option: int, value: int, pointer: ctypes.Array[ctypes.c_char] | None = None) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    address = ctypes.addressof(pointer) if pointer is not None else 0
    arguments = (ctypes.c_ulong(value), ctypes.c_ulong(address), ctypes.c_ulong(0), ctypes.c_ulong(0))
    if libc.prctl(option, *arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")
