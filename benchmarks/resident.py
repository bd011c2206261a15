"""A container that stays, in which commands are timed from inside: the floor that a figure is held against."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.child import ContestantFailed

_INSIDE = Path(__file__).parent / "contestants" / "inside.py"
TMPFS = "/w:exec,uid=1000,gid=1000"


class Resident:
    """No network, the sandbox's user, a folder in memory: as a run of p2c has it, but nothing else; a context manager.

    Args:
        image: with Python in it.
        options: more of `docker run`, for example a volume.
    """

    def __init__(self, image: str, options: Sequence[str] = ()) -> None:
        held = ["--network", "none", "--user", "1000:1000", "--tmpfs", TMPFS, "-w", "/w", *options]
        command = ["docker", "run", "-i", "--rm", *held, image, "python3", "-u", "-c", _INSIDE.read_text()]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def write(self, files: Mapping[str, str]) -> None:
        """Write files below its working directory."""
        self._ask({"files": dict(files)})

    def time(self, argv: Sequence[str], env: Mapping[str, str], *, may_fail: bool = False) -> tuple[float, str]:
        """Seconds of one process, and what it printed.

        Raises:
            ContestantFailed: its exit status was not 0, and it may not be.
        """
        answer = self._ask({"argv": list(argv), "env": dict(env)})
        if answer["status"] != 0 and not may_fail:
            raise ContestantFailed(f"{argv[0]} ended with {answer['status']}: {answer['stderr'][-200:]}")
        return float(answer["seconds"]), str(answer["output"])

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError as error:
            raise ContestantFailed(f"the container that stays has ended: {error}") from error
        if not line:
            raise ContestantFailed("the container that stays has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Resident:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
