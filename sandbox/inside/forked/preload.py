"""Importing modules ahead, so that a fork of this process is as good as an import of theirs.

Each is tried in a fork, which takes this process's place if the module may stay: it must import, start no thread
that outlives a fork, and leave the process as it was. What it prints is kept, and printed when it is imported.
Only modules that every interpreter has loaded already are used here: the program shall not find more than it would.
"""

from __future__ import annotations

import _signal
import os
import sys

from .reveal import Hidden, Piece

SOURCE = "<preload>"


def preload(names: list[str], output: int, errors: int) -> Hidden:
    """Import those of `names` that may be, and hide them; this process may be another one afterwards.

    Args:
        output, errors: descriptors, non-blocking, from which this process's standard streams can be read.
    """
    hidden = Hidden(set(sys.modules))
    for name in names:
        answer, into_answer = os.pipe()
        child = os.fork()
        if child:
            os.close(into_answer)
            if os.read(answer, 1):
                os._exit(0)  # the child goes on
            os.close(answer)
            os.waitpid(child, 0)
            _read(output), _read(errors)
            continue
        os.close(answer)
        if not _try(name, hidden, output, errors):
            os._exit(1)
        os.write(into_answer, b"1")
        os.close(into_answer)
    return hidden


def _try(name: str, hidden: Hidden, output: int, errors: int) -> bool:
    state, variables = _state(), dict(os.environ)
    try:
        # as the program does: some warnings depend on who imports
        exec(compile(f"import {name}", SOURCE, "exec"), {"__name__": "__main__"})  # noqa: S102
    except BaseException:  # noqa: BLE001 - whatever it raises, the program shall see it
        return False
    if _state() != state or not variables.items() <= os.environ.items() or not _has_one_thread():
        return False
    said, complained = _read(output), _read(errors)
    if SOURCE.encode() in said + complained:  # the program's file would be named there
        return False
    own = {key: value for key, value in os.environ.items() if key not in variables}
    for key in own:
        del os.environ[key]
    hidden.hide(Piece(name, said, complained, own))
    return True


def _state() -> list[object]:
    """What belongs to the whole process and must not change."""
    return [
        os.getcwd(),
        sys.getrecursionlimit(),
        sys.getswitchinterval(),
        [sys.stdin, sys.stdout, sys.stderr, sys.excepthook, sys.displayhook, sys.unraisablehook, sys.gettrace()],
        [_signal.getsignal(number) for number in _signal.valid_signals()],
        list(sys.argv),
        list(sys.path),
        sorted(os.listdir("/proc/self/fd")),
    ]


def _has_one_thread() -> bool:
    """Whether this process has no further thread, or none after a fork (OpenBLAS ends its own then)."""
    if len(os.listdir("/proc/self/task")) == 1:
        return True
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    return len(os.listdir("/proc/self/task")) == 1


def _read(fd: int) -> bytes:
    """What has been written to a pipe by now."""
    parts: list[bytes] = []
    try:
        while part := os.read(fd, 1 << 16):
            parts.append(part)
    except BlockingIOError:
        pass
    return b"".join(parts)
