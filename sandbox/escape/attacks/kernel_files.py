"""The kernel's own files cannot be used to read memory or keys, nor to change how it works.

control: files
ends: exited 0
within: 4
"""

import os

import contained  # noqa: F401 - ends the attack outside of a container

SECRETS = ("/proc/kcore", "/etc/shadow", "/proc/keys", "/proc/timer_list", "/dev/mem", "/dev/kmsg", "/proc/sched_debug")
LEVERS = (
    "/proc/sysrq-trigger",
    "/proc/sys/kernel/core_pattern",
    "/sys/kernel/uevent_helper",
    "/proc/sys/vm/panic_on_oom",
)
for secret in SECRETS:
    try:
        content = os.read(os.open(secret, os.O_RDONLY | os.O_NONBLOCK), 1)
    except OSError:
        continue
    assert not content, f"{secret} can be read"
for lever in LEVERS:
    try:
        os.open(lever, os.O_WRONLY)
    except OSError:
        continue
    raise AssertionError(f"{lever} can be opened for writing")
for folder, _, names in os.walk("/sys/fs/cgroup"):
    for name in names:
        try:
            fd = os.open(f"{folder}/{name}", os.O_WRONLY)
            os.write(fd, b"9999999999")
        except OSError:
            continue
        raise AssertionError(f"{folder}/{name} can be written to")
