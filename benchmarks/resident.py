"""A container that stays, in which commands are timed from inside: the floor that a figure is held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.child import Child, ContestantFailed

_INSIDE = Path(__file__).parent / "contestants" / "inside.py"
TMPFS = "/w:exec,uid=1000,gid=1000"
COMMAND_SECONDS = 900.0


class Resident:
    """No network, the sandbox's user, a folder in memory: as a run of p2c has it, but nothing else; a context manager.

    Args:
        image: with Python in it.
        options: more of `docker run`, for example a volume.
        installs: it has the network and is root, as one who installs something by hand is.
    """

    def __init__(self, image: str, options: Sequence[str] = (), *, installs: bool = False) -> None:
        network, user = ("bridge", "0") if installs else ("none", "1000:1000")
        held = ["--network", network, "--user", user, "--tmpfs", TMPFS, "-w", "/w", *options]
        command = ["docker", "run", "-i", "--rm", *held, image, "python3", "-u", "-c", _INSIDE.read_text()]
        self._child = Child(command)

    def write(self, files: Mapping[str, str]) -> None:
        """Write files below its working directory. Raises ContestantFailed."""
        self._child.ask("write", files=dict(files))

    def time(self, argv: Sequence[str], env: Mapping[str, str], *, may_fail: bool = False) -> tuple[float, str]:
        """Seconds of one process, and what it printed.

        Raises:
            ContestantFailed: its exit status was not 0, and it may not be; or it was not done after `COMMAND_SECONDS`.
        """
        answer = self._child.ask("run", COMMAND_SECONDS, argv=list(argv), env=dict(env))
        if answer["status"] != 0 and not may_fail:
            raise ContestantFailed(f"{argv[0]} ended with {answer['status']}: {answer['stderr'][-200:]}")
        return float(answer["seconds"]), str(answer["output"])

    def __enter__(self) -> Resident:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.stop_quietly()
