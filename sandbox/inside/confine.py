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
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
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
    (62, 129, FIRST, SUPERVISOR),  # kill: Linux spares process 1, gVisor does not
    (200, 130, FIRST, SUPERVISOR),  # tkill
    (234, 131, FIRST, SUPERVISOR),  # tgkill
    (129, 138, FIRST, SUPERVISOR),  # rt_sigqueueinfo
    (297, 240, FIRST, SUPERVISOR),  # rt_tgsigqueueinfo
    (434, 434, FIRST, SUPERVISOR),  # pidfd_open
)
"""What one process may do to another of its user without tracing it: starve, choke or end the supervisor."""
NEVER = (  # on x86_64, on aarch64
    (101, 117),  # ptrace
    (155, 41),  # pivot_root
    (161, 51),  # chroot
    (165, 40),  # mount
    (166, 39),  # umount2
    (246, 104),  # kexec_load
    (248, 217),  # add_key
    (249, 218),  # request_key
    (250, 219),  # keyctl
    (272, 97),  # unshare
    (298, 241),  # perf_event_open
    (304, 265),  # open_by_handle_at
    (308, 268),  # setns
    (310, 270),  # process_vm_readv
    (311, 271),  # process_vm_writev
    (321, 280),  # bpf
    (323, 282),  # userfaultfd
    (428, 428),  # open_tree
    (429, 429),  # move_mount
    (430, 430),  # fsopen
    (442, 442),  # mount_setattr
)
"""What the engine's profile refuses as well; but a runtime may not apply it (gVisor), and an engine may lack it."""
CLONE, CLONE3 = {"x86_64": 56, "aarch64": 220}, 435
NAMESPACES = 0x7E020000
"""Every CLONE_NEW flag that clone(2) takes. What clone3 takes lies in memory that no filter sees: ENOSYS, use clone."""
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
    no foreign ABI, whose calls have other numbers; no namespace, mount or tracing; and nothing that aims at the
    supervisor.
    """
    code = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, MACHINES[machine]),
        (RETURN, 0, 0, ERRNO | EPERM),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32),
        (RETURN, 0, 0, ERRNO | EPERM),
    ]
    is_x86 = machine == "x86_64"
    for number in (*IO_URING, *(x86 if is_x86 else arm for x86, arm in NEVER)):
        code += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | EPERM)]
    code += [(EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, ERRNO | ENOSYS)]
    code += [(EQUAL, 0, 3, CLONE[machine]), (LOAD, 0, 0, FIRST), (ANY_BIT, 0, 1, NAMESPACES)]
    code += [(RETURN, 0, 0, ERRNO | EPERM)]
    for x86, arm, argument, value in AIMED:
        code += [
            (LOAD, 0, 0, NUMBER),
            (EQUAL, 0, 3, x86 if is_x86 else arm),
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
