"""The supervisor cannot be starved of CPU, files or time by a process of its own user, nor can its limits be set.

control: cpu
ends: wall
within: 2.3
limits: wall_seconds=1
"""

import os
import resource
from collections.abc import Callable

import contained  # noqa: F401 - ends the attack outside of a container

attempts: list[Callable[[], object]] = [
    lambda: resource.prlimit(1, resource.RLIMIT_CPU, (0, 0)),
    lambda: resource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0)),
    lambda: os.setpriority(os.PRIO_PROCESS, 1, 19),
    lambda: os.setpriority(os.PRIO_PGRP, 1, 19),
    lambda: os.setpriority(os.PRIO_USER, 0, 19),
    lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0)),
    lambda: os.sched_setaffinity(1, {0}),
]
for number, attempt in enumerate(attempts):
    try:
        attempt()
    except PermissionError:
        continue
    raise SystemExit(f"attempt {number} worked")
os.sched_setaffinity(0, os.sched_getaffinity(0))
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
for _ in range(63):
    if os.fork() == 0:
        break
while True:
    pass
