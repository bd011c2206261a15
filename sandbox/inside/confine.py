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
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
"""Offsets in `struct seccomp_data`, see seccomp(2); the low half of an argument on little-endian machines."""
MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""Machine -> its AUDIT_ARCH value and the number of its system call socket(2)."""
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
    machine = MACHINES.get(os.uname().machine)
    if machine:
        _filter(program(*machine))


def program(architecture: int, socket_number: int) -> bytes:
    """A seccomp filter on top of the engine's profile, as classic BPF.

    Engines before 23 let AF_VSOCK through, which no network namespace confines (in a virtual machine it
    reaches the host), and io_uring, which goes round the filter. So: four address families, no io_uring,
    and no foreign ABI, whose calls have other numbers.
    """
    checks = [(EQUAL, number) for number in IO_URING]
    families = [(EQUAL, int(family)) for family in FAMILIES]
    code: list[tuple[int, int, int, int]] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, ERRNO | EPERM),
        (LOAD, 0, 0, NUMBER),
    ]
    denied = [(AT_LEAST, X32), *checks]
    for at, (test, number) in enumerate(denied):
        code.append((test, len(denied) - at + 1, 0, number))  # to the EPERM behind the two lines that follow
    code += [
        (EQUAL, 2, 0, socket_number),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, ERRNO | EPERM),
        (LOAD, 0, 0, FIRST_ARGUMENT),
    ]
    for at, (test, number) in enumerate(families):
        code.append((test, len(families) - at, 0, number))
    code += [(RETURN, 0, 0, ERRNO | EAFNOSUPPORT), (RETURN, 0, 0, ALLOW)]
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
