"""One run of untrusted code, as values: what goes into a runner and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.calloff import CallOff
from sandbox.settings import Limits
from sandbox.tree import Tree
from sandbox.verdict import Ended


@dataclass(frozen=True)
class Enough:
    """When a run that would go on has been watched for long enough; it then ends as by the wall clock.

    Attributes:
        file: "/job/NAME"; what watches the program writes it. The program could, too: that only shortens its own run.
        seconds: at least so long it is watched.
    """

    file: str
    seconds: float


@dataclass(frozen=True)
class Job:
    """A command to run over a tree in a fresh container without a network.

    Attributes:
        argv: the command; `python` is the environment's interpreter (it comes first on PATH).
        tree: unpacked into the working directory, `/workspace`, which is the only place besides `/tmp` and
            the home that can be written to.
        environment: key of an environment in the store, or None for the image's own Python.
        limits: what the run may use.
        env: variables besides the fixed ones (PYTHONHASHSEED, TZ, LC_ALL, thread counts, ...).
        extra: further files, relative path below `/job` -> content (our helpers; not part of the tree).
        collect: relative paths below `/workspace` (globs) to bring back after the run; or "/job/NAME".
        collect_written: globs as of `collect`; of what the run wrote they are brought back, the smallest first, as
            far as there is room behind `collect`. What is left out is not said in `RunResult.uncollected`.
        image: tag of another image of ours for this job (the sandbox image with Debian packages on top); None
            takes the runner's own.
        preload: top-level modules of the environment, none of the tree's, that a waiting runner may import
            before the job comes. The program then starts with them imported, and is otherwise as without.
        ahead: the command is a tool of ours, in the image, which a waiting runner may start before the job comes.
            Whatever it does before the end of the first line on its standard input needs neither tree nor `extra`;
            where it is not started ahead, its standard input is empty.
        call_off: ends the run from outside; None where nobody wants to.
        enough: ends the run before its wall clock does; None: nothing of the kind.
    """

    argv: tuple[str, ...]
    tree: Tree
    environment: str | None
    limits: Limits = field(default_factory=Limits)
    env: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, bytes] = field(default_factory=dict)
    collect: tuple[str, ...] = ()
    collect_written: tuple[str, ...] = ()
    image: str | None = None
    preload: tuple[str, ...] = ()
    ahead: bool = False
    call_off: CallOff | None = field(default=None, compare=False)
    enough: Enough | None = None


@dataclass(frozen=True)
class Output:
    """What a stream carried: its head and its tail; `dropped` bytes between them were thrown away."""

    head: bytes
    tail: bytes = b""
    dropped: int = 0

    def text(self) -> str:
        """Head and tail as text; undecodable bytes and NUL become U+FFFD, the gap is said in a line."""
        gap = f"\n... {self.dropped} bytes dropped ...\n" if self.dropped else ""
        parts = (self.head.decode("utf-8", "replace"), gap, self.tail.decode("utf-8", "replace"))
        return "".join(parts).replace("\0", "\ufffd")


@dataclass(frozen=True)
class RunResult:
    """What one run did, as the supervisor and the kernel saw it.

    Attributes:
        exit_status: of the command's own process; None when it was ended by us or by a signal.
        signal: the signal that ended it, or None.
        files: the collected files, path -> content.
        written: relative paths of files in `/workspace` that are new or changed (at most 1,000 of them).
        survivors: processes of the run that were still alive when its main process had ended.
        uncollected: path -> reason, for matches of `collect` that were no regular file or too large.
        starved_seconds: for so long the run had work to do and others had the CPU.
        stacks: where its Python processes were when the clock ended it, as `faulthandler` prints it.
        preloaded: False: no module was imported before the job came, so this is what any run would have done, whatever
            the job's `preload` asked for (the environment's interpreter could not be kept waiting, or the modules
            did harm). True: its `python` could be a fork of an interpreter that had imported them, as far as they
            allow it; so the run is one with imports ahead, even where no command of it was such a fork.
    """

    ended: Ended
    exit_status: int | None
    signal: int | None
    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    stdout: Output
    stderr: Output
    files: Mapping[str, bytes] = field(default_factory=dict)
    written: tuple[str, ...] = ()
    survivors: int = 0
    uncollected: Mapping[str, str] = field(default_factory=dict)
    starved_seconds: float = 0.0
    stacks: str = ""
    preloaded: bool = False


class Runner(Protocol):
    """Runs jobs; each in a place of its own that is gone afterwards. Safe to call from several threads."""

    def run(self, job: Job) -> RunResult:
        """Run `job` to its end.

        Raises:
            CalledOff: `job.call_off` was called.
            InfrastructureError: the run could not be made or its result could not be had.
        """
        ...

    def close(self) -> None:
        """Remove every container that waits for a job."""
        ...
