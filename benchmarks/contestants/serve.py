"""One contestant as a process: takes orders as JSON lines on standard input, answers on standard output.

Standard library only, for it runs in every contestant's own virtual environment. The times are taken here, around the
contestant's own calls; the talk with the bench is not in them.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

KEPT = 4096
MEMORY_BYTES = 8 << 30
"""A contestant that would take more than this for itself fails, and the machine does not."""

Output = tuple[int | None, "str | bytes"]
"""Exit status and what was printed."""


class Contestant(ABC):
    """A way to run an edited tree in a container."""

    def __init__(self) -> None:
        self.more: dict[str, Any] = {}
        """What a call wants to say besides; goes out with its answer."""

    @abstractmethod
    def start(self, image: str, files: dict[str, str]) -> None:
        """Do all that is done once: have a container, where it is kept, and the tree in it."""

    @abstractmethod
    def edit(self, path: str, content: str, argv: list[str]) -> Output:
        """Write one file of the tree and run a command in it."""

    @abstractmethod
    def limited(self, argv: list[str], seconds: float) -> Output:
        """Run a command in the tree, with a time limit, in the contestant's own way."""

    def settle(self) -> None:  # noqa: B027 - most have nothing to wait for
        """Wait until nothing of this contestant works in the background."""

    @abstractmethod
    def stop(self) -> None:
        """Remove all that `start` made."""

    # What the bench asks for; the methods above are the contestant's own.

    def do_start(self, **given: Any) -> dict[str, Any]:
        """See `start`; seconds."""
        began = time.perf_counter()
        self.start(**given)
        return {"seconds": time.perf_counter() - began}

    def do_edit(self, path: str, content: str, argv: list[str]) -> dict[str, Any]:
        """Write, run, and read the last line of what was printed as JSON: from edit to parsed result."""
        began = time.perf_counter()
        status, output = self.edit(path, content, argv)
        text = output.decode("utf-8", "replace") if isinstance(output, bytes) else output
        parsed = json.loads(text[text.rstrip().rfind("\n") + 1 :])
        return {"seconds": time.perf_counter() - began, "status": status, "result": parsed}

    def do_limited(self, argv: list[str], limit: float) -> dict[str, Any]:
        """Run; how long it took, how much was printed, and what the contestant said if it gave up."""
        began = time.perf_counter()
        status, output, said = None, b"", ""
        try:
            status, output = self.limited(argv, limit)
        except Exception as error:  # noqa: BLE001 - a time limit is a different exception with each of them
            said = briefly(error)
        answer = {"seconds": time.perf_counter() - began, "status": status, "bytes": len(output), "said": said}
        return answer | {"tail": _tail(output)}

    def do_settle(self) -> dict[str, Any]:
        """See `settle`."""
        self.settle()
        return {}

    def do_stop(self) -> dict[str, Any]:
        """See `stop`."""
        self.stop()
        return {}

    def do_peak(self) -> dict[str, Any]:
        """The most memory that this process had resident since the last `do_forget_peak`, in bytes."""
        return {"bytes": peak_bytes()}

    def do_forget_peak(self) -> dict[str, Any]:
        """Start anew with `do_peak`."""
        Path("/proc/self/clear_refs").write_text("5")  # proc(5): resets VmHWM to what is resident now
        return {"bytes": peak_bytes()}


def peak_bytes() -> int:
    """VmHWM of this process."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def briefly(error: BaseException) -> str:
    """Type and first words of an error."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__


def _tail(output: str | bytes) -> str:
    return output[-KEPT:].decode("utf-8", "replace") if isinstance(output, bytes) else output[-KEPT:]


def serve(contestant: Contestant) -> None:
    """Answer orders until standard input ends; then stop."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what the contestant's library prints is no answer
    try:
        for line in sys.stdin:
            order = json.loads(line)
            contestant.more = {}
            try:
                answer = getattr(contestant, f"do_{order.pop('do')}")(**order) | contestant.more
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this contestant's failure
                answer = {"error": briefly(error)}
            channel.write(json.dumps(answer) + "\n")
    finally:
        contestant.stop()
