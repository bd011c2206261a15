"""A contestant's process as the bench sees it: orders go in, answers or the reason for none come out."""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

STOP_SECONDS = 60.0


_NAMES = (
    (re.compile(r"\b\w+://[^\s'\"]+"), "URL"),
    (re.compile(r"(?<![\w.:/])/(?:[\w.@+-]+/)+[\w.@+-]+"), "PATH"),
    (re.compile(r"\b[0-9a-f]{32,}\b"), "ID"),
)


def without_names(text: str) -> str:
    """`text` for a report: one line, no path, URL or long number of this machine."""
    text = " ".join(text.split())
    for found, word in _NAMES:
        text = found.sub(word, text)
    return text


class ContestantFailed(Exception):
    """A contestant gave an error, no answer in time, or ended; the message says which, in a few words."""

    def __init__(self, message: str) -> None:
        super().__init__(without_names(message))


class Child:
    """A process that answers JSON lines, see `contestants/serve.py`; also a context manager.

    Args:
        command: what is run.
        env: variables besides this process's own.
    """

    def __init__(self, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        variables = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"} | dict(env or {})
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=variables
        )
        self._rest = b""

    def ask(self, do: str, seconds: float = 120.0, **given: Any) -> dict[str, Any]:
        """The answer to an order.

        Raises:
            ContestantFailed: it failed, or said nothing for `seconds`; then its process is ended.
        """
        assert self._process.stdin is not None  # noqa: S101 - see __init__
        try:
            self._process.stdin.write(json.dumps({"do": do} | given).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise ContestantFailed(f"its process has ended: {self._last_words()}") from error
        answer: dict[str, Any] = json.loads(self._line(seconds))
        if "error" in answer:
            raise ContestantFailed(answer["error"])
        return answer

    def _line(self, seconds: float) -> bytes:
        assert self._process.stdout is not None  # noqa: S101
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not selector.select(seconds):
                    self._process.kill()
                    raise ContestantFailed(f"no answer for {seconds:.0f} s")
                piece = os.read(self._process.stdout.fileno(), 1 << 16)
                if not piece:
                    raise ContestantFailed(f"its process has ended: {self._last_words()}")
                self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:200] if lines else f"exit status {self._process.returncode}"

    def stop_quietly(self) -> None:
        """Let it clean up and end; kill it when it does not within `STOP_SECONDS`. May be called twice."""
        if self._errors.closed:
            return
        try:
            self._process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        except (OSError, ValueError):  # it had ended, and its input with it
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_quietly()
