"""The supervisor cannot be traced, and its memory cannot be read or written.

control: supervisor
ends: exited 0
within: 5
"""

import ctypes
import os

from contained import opened

libc = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
for request in (PTRACE_ATTACH, PTRACE_SEIZE):
    assert libc.ptrace(request, 1, None, None) == -1, "the supervisor can be traced"
for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):
    assert not opened("/proc/1/mem", flags), "the supervisor's memory can be opened"
buffer = ctypes.create_string_buffer(8)
iovec = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
remote = (ctypes.c_void_p * 2)(0x400000, 8)
for call in (libc.process_vm_readv, libc.process_vm_writev):
    assert call(1, iovec, 1, remote, 1, 0) == -1, "the supervisor's memory is open"
