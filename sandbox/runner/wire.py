"""The bytes between the controller and a container: the job going in, the engine's and our frames coming out."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import asdict

from sandbox.errors import RunnerLost
from sandbox.inside.frames import HEAD, LARGEST, LENGTH, Kind
from sandbox.inside.seal import Seal
from sandbox.job import Job
from sandbox.runner.variables import interpreter, variables

ENGINE_HEAD = struct.Struct("!BxxxI")
"""Of a multiplexed stream of the engine: which stream (1 stdout, 2 stderr), length."""
STDOUT = 1
NOISE_BYTES = 16_384


def encode(job: Job, threads: int, key: bytes) -> bytes:
    """The job as the supervisor reads it: header first, then the contents of its files.

    Args:
        key: with which the supervisor seals what it says, see `Frames.seal`.
    """
    tree = job.tree
    header = {
        "key": key.hex(),
        "argv": list(job.argv),
        "env": variables(job.environment, threads, job.env),
        "interpreter": interpreter(job.environment),
        "limits": asdict(job.limits),
        "collect": list(job.collect),
        "collect_written": list(job.collect_written),
        "enough": [job.enough.file, job.enough.seconds] if job.enough else None,
        "files": [[p, len(c), 0o755 if p in tree.executable else 0o644] for p, c in tree.files.items()],
        "extra": [[p, len(c), 0o644] for p, c in job.extra.items()],
    }
    text = json.dumps(header).encode()
    return b"".join([LENGTH.pack(len(text)), text, *tree.files.values(), *job.extra.values()])


class Frames:
    """Takes the engine's stream apart into the supervisor's frames.

    Attributes:
        noise: what came on standard error: the supervisor's own traceback, if it ever has one.
    """

    def __init__(self) -> None:
        self.noise = b""
        self._raw = bytearray()
        self._sealed = bytearray()
        self._ours = bytearray()
        self._seal: Seal | None = None

    def seal(self, key: bytes) -> None:
        """From now on take nothing but what is sealed with `key`; to be called before the job is sent.

        What came before it is forgotten: it says that the container is ready, and nothing else that is believed.
        """
        self._seal = Seal(key)
        self._sealed.clear()
        self._ours.clear()

    def feed(self, data: bytes) -> Iterator[tuple[Kind, bytes]]:
        """The frames that are complete with `data`.

        Raises:
            RunnerLost: what came is not what a supervisor says.
        """
        self._raw += data
        while len(self._raw) >= ENGINE_HEAD.size:
            stream, length = ENGINE_HEAD.unpack_from(self._raw)
            if len(self._raw) < ENGINE_HEAD.size + length:
                break
            payload = self._raw[ENGINE_HEAD.size : ENGINE_HEAD.size + length]
            del self._raw[: ENGINE_HEAD.size + length]
            if stream == STDOUT:
                self._sealed += payload
            else:
                self.noise = (self.noise + bytes(payload))[:NOISE_BYTES]
        self._open()
        yield from self._frames()

    def _open(self) -> None:
        if self._seal is None:
            self._ours += self._sealed
            self._sealed.clear()
            return
        try:
            for piece in self._seal.open(self._sealed):
                self._ours += piece
        except ValueError as error:
            raise RunnerLost(f"somebody else spoke in the supervisor's place: {error}") from error

    def _frames(self) -> Iterator[tuple[Kind, bytes]]:
        at = 0
        while len(self._ours) - at >= HEAD.size:
            kind, length = HEAD.unpack_from(self._ours, at)
            if length > LARGEST or kind not in Kind.__members__.values():
                raise RunnerLost("the container's first process did not speak as the supervisor does")
            end = at + HEAD.size + length
            if len(self._ours) < end:
                break
            yield Kind(kind), bytes(self._ours[at + HEAD.size : end])
            at = end
        del self._ours[:at]
