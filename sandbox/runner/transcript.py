"""What a container said, put together to a `RunResult`; names and sizes are checked, whoever sent them."""

from __future__ import annotations

import json
from typing import Any

from sandbox.errors import InfrastructureError, InputError, RunnerLost
from sandbox.inside.frames import Kind
from sandbox.job import Output, RunResult
from sandbox.settings import MIB, Limits
from sandbox.tree import check_path
from sandbox.verdict import Ended

REPORT_BYTES = 64 * MIB
"""A report names at most 3,000 files."""


class Transcript:
    """Takes the frames of one run as they come.

    Args:
        limits: of the job; a supervisor that sends more than they allow is not believed.
    """

    def __init__(self, limits: Limits) -> None:
        self.started = False
        self.complete = False
        self._parts: dict[Kind, bytearray] = {}
        each = limits.output_bytes
        self._most = {
            Kind.stdout_head: each, Kind.stderr_head: each, Kind.stdout_tail: each, Kind.stderr_tail: each,
            Kind.file: limits.collect_bytes, Kind.report: REPORT_BYTES,
        }  # fmt: skip

    def take(self, kind: Kind, payload: bytes) -> None:
        """Note one frame.

        Raises:
            RunnerLost: more came than can be right.
        """
        if kind is Kind.started:
            self.started = True
        elif kind is Kind.end:
            self.complete = True
        elif kind is not Kind.ready:
            part = self._parts.setdefault(kind, bytearray())
            part += payload
            if len(part) > self._most[kind]:
                raise RunnerLost(f"the container sent more than {self._most[kind]} bytes of {kind.name}")

    def result(self) -> RunResult:
        """The result of a run that reported.

        Raises:
            InputError: the tree could not be unpacked, for example because it is larger than the workspace.
            InfrastructureError: the run could not be started.
        """
        report = json.loads(self._parts[Kind.report])
        if "refused" in report:
            raise InputError(
                f"the tree could not be unpacked in the sandbox: {report['refused']}; "
                "raise the limit of the workspace, or leave large files out"
            )
        if "lost" in report:
            raise InfrastructureError(f"the run could not be started: {report['lost']}; install it again")
        dropped = report["dropped"]
        uncollected = {_shown(name): reason for name, reason in report["uncollected"].items()}
        files = self._files(report["files"], uncollected)
        return RunResult(
            ended=Ended(report["ended"]),
            exit_status=report["exit_status"],
            signal=report["signal"],
            seconds=report["seconds"],
            cpu_seconds=report["cpu_seconds"],
            peak_memory_bytes=report["peak_memory_bytes"],
            stdout=self._output(Kind.stdout_head, Kind.stdout_tail, dropped[0]),
            stderr=self._output(Kind.stderr_head, Kind.stderr_tail, dropped[1]),
            files=files,
            written=tuple(_shown(name) for name in report["written"]),
            survivors=report["survivors"],
            uncollected=uncollected,
            starved_seconds=report["starved_seconds"],
            stacks=report["stacks"],
            preloaded=report["preloaded"],
        )

    def cut_short(self, ended: Ended, seconds: float, *, preloaded: bool) -> RunResult:
        """The result of a run whose supervisor could not report: what had come by then.

        Args:
            preloaded: whether its container may have imported modules ahead.
        """
        return RunResult(
            ended=ended,
            exit_status=None,
            signal=None,
            seconds=seconds,
            cpu_seconds=0.0,
            peak_memory_bytes=0,
            stdout=self._output(Kind.stdout_head, Kind.stdout_tail, 0),
            stderr=self._output(Kind.stderr_head, Kind.stderr_tail, 0),
            preloaded=preloaded,
        )

    def _output(self, head: Kind, tail: Kind, dropped: int) -> Output:
        return Output(bytes(self._parts.get(head, b"")), bytes(self._parts.get(tail, b"")), dropped)

    def _files(self, listed: list[Any], uncollected: dict[str, str]) -> dict[str, bytes]:
        """The collected files; those with a name that would lead out of a folder are refused."""
        contents = self._parts.get(Kind.file, bytearray())
        files: dict[str, bytes] = {}
        at = 0
        for name, size in listed:
            content = bytes(contents[at : at + size])
            at += size
            try:
                name.encode()
                check_path(name.removeprefix("/job/"))
            except ValueError as error:
                uncollected[_shown(name)] = f"{error}".encode("utf-8", "replace").decode()
            else:
                files[name] = content
        if at != len(contents):
            raise RunnerLost("the collected files are not as long as the report says")
        return files


def _shown(name: str) -> str:
    """A name with what is no UTF-8 replaced, so that it can be printed and stored."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
