"""What a person cares about, in the order in which it is printed; each has its cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

GROUPS: Mapping[int, str] = {
    1: "time",
    2: "output",
    3: "resources",
    4: "reading",
    5: "inside",
    6: "installing",
    7: "lifecycle",
    8: "determinism",
    9: "disk",
}
"""The groups of controls, by number."""


@dataclass(frozen=True)
class Control:
    """One control.

    Attributes:
        key: as cases name it.
        group: a key of `GROUPS`.
        title: as it is printed; it says what must hold.
    """

    key: str
    group: int
    title: str


CONTROLS: Mapping[str, Control] = {
    key: Control(key, group, title)
    for group, key, title in (
        (1, "deadline", "a limit of time ends all that a program started"),
        (1, "survivors", "nothing outlives the program, nothing delays its end"),
        (1, "repeated", "ended runs leave threads, descriptors and containers as they were"),
        (2, "flood", "output is bounded: head and tail kept, the rest counted, memory flat"),
        (2, "bytes", "any bytes come back as they were, also from a run that was ended"),
        (2, "forgery", "nothing that a program prints or writes decides its verdict"),
        (3, "memory", "memory is limited, and told apart from a timeout and a signal"),
        (3, "disk_full", "disk and inodes are limited in every writable place"),
        (3, "processes", "processes and threads are limited"),
        (3, "cpu", "busy programs are ended in time, and nobody starves the supervisor"),
        (4, "collected", "what a run wrote is read without following it anywhere"),
        (4, "tree", "a hostile repository is read without following it anywhere"),
        (5, "nobody", "not root, no capability, no way to new privileges"),
        (5, "calls", "dangerous system calls are refused"),
        (5, "files", "the file system is read-only, but for small places of its own"),
        (5, "host", "nothing of the host shows: no socket, variable, disk or process"),
        (5, "supervisor", "the supervisor cannot be traced, read, written to or stopped"),
        (5, "network", "no network, refused at once"),
        (6, "declared", "a repository does not choose where packages come from"),
        (6, "packages", "what a package brings runs only where code runs"),
        (6, "names", "unknown, yanked and needlessly large packages are not installed"),
        (6, "tools", "a repository's own tool configuration is not obeyed"),
        (7, "dead", "a dead controller leaves nothing, a live one is not touched"),
        (7, "faults", "faults of the engine are ours, never the code's"),
        (7, "together", "two that want one environment make it once; verdicts do not differ"),
        (7, "iterations", "iterations add no image, volume or container"),
        (8, "fixed", "two runs see the same seed, time zone, locale and threads"),
        (8, "flaky", "a flaky run is reported as flaky"),
        (9, "growth", "disk grows with what is new, not with what is run"),
        (9, "left", "nothing is left behind"),
    )
}
"""Every control by its key."""
