"""What each contestant holds a program to, as a program inside sees it: in one table, with the version measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.child import Child, ContestantFailed
from benchmarks.frame import P2C, PEERS, Bench
from benchmarks.results import Table
from benchmarks.stats import bytes_text
from benchmarks.trees import EDITED, edited
from benchmarks.versions import version_of

TITLE = "What each holds the program to, seen from inside"
PROBE = "probe.py"
"""Name in the tree of `contestants/probe.py`."""
COLUMNS = (
    "", "version", "fresh for each run", "network", "user", "capabilities", "new privileges", "seccomp",
    "root file system", "memory limit", "process limit",
)  # fmt: skip


def held_table(bench: Bench, children: Mapping[str, Child]) -> Table:
    """A row for each contestant that is there."""
    versions = {one.name: version_of(one, bench.client) for one in (P2C, *PEERS)}
    rows = tuple((name, versions[name], *_probed(child)) for name, child in children.items())
    return Table(title=TITLE, columns=COLUMNS, rows=rows)


def _probed(child: Child) -> tuple[str, ...]:
    """What the probe saw in its second run, so that it can tell whether its container is a fresh one."""
    try:
        for number in (1, 2):
            child.ask("settle")
            answer = child.ask("edit", path=EDITED, content=edited(number), argv=["python3", PROBE])
        return held(answer["result"])
    except ContestantFailed as error:
        return (f"failed: {error}", *[""] * (len(COLUMNS) - 3))


def held(seen: dict[str, Any]) -> tuple[str, ...]:
    """The cells of what `contestants/probe.py` printed."""
    return (
        "no" if seen["stale"] else "yes",
        "yes" if seen["network"] else "none",
        "root" if seen["root_user"] else "unprivileged",
        str(seen["capabilities"]) if seen["capabilities"] else "none",
        "forbidden" if seen["no_new_privileges"] else "allowed",
        "on" if seen["seccomp"] else "off",
        "writable" if seen["root_writable"] else "read-only",
        bytes_text(seen["memory"]) if seen["memory"] else "none",
        str(seen["pids"]) if seen["pids"] else "none",
    )
