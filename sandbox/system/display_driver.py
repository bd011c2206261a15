"""Runs inside a container, around a program that may open windows: an X server without a screen beside it.

Standard library only. Starts Xvfb, then the program, and ends as the program ends; meanwhile it asks the server now
and then which windows are up, and writes what it saw as JSON beside itself. Speaks just enough of the X11 protocol
for that (X Window System Protocol, X Consortium Standard, version 11), so that no tool has to be installed.
"""

import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

REPORT = Path(__file__).with_name("windows.json")
SERVER = ("Xvfb", "-displayfd", "%d", "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-noreset", "-ac")
START_SECONDS = 20.0
EVERY_SECONDS = 0.5
MAX_WINDOWS = 200
MAX_REPLY = 1 << 22
SMALLEST = 16
"""Pixels; toolkits keep windows of a few pixels that nobody sees."""
QUERY_TREE, GET_ATTRIBUTES, GET_GEOMETRY, INTERN_ATOM, GET_PROPERTY = 15, 3, 14, 16, 20
VIEWABLE, INPUT_OUTPUT, WM_NAME = 2, 1, 39


class Server:
    """A connection to the X server of display `number`."""

    def __init__(self, number: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(5.0)
        self.socket.connect(f"/tmp/.X11-unix/X{number}")  # noqa: S108
        self.socket.sendall(struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0))
        status, length = struct.unpack("<B5xH", self._read(8))
        setup = self._read(4 * length)
        if status != 1:
            raise OSError("the X server refused the connection")
        vendor, formats = struct.unpack_from("<H", setup, 16)[0], setup[21]
        (self.root,) = struct.unpack_from("<I", setup, 32 + (vendor + 3) // 4 * 4 + 8 * formats)
        self.net_wm_name = self._atom("_NET_WM_NAME")

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise OSError("the X server hung up")
            data += piece
        return data

    def _ask(self, request: bytes) -> bytes | None:
        """The reply; None for an error, as when a window is gone meanwhile."""
        self.socket.sendall(request)
        while True:
            head = self._read(32)
            if head[0] == 0:
                return None
            if head[0] == 1:
                length = 4 * struct.unpack_from("<I", head, 4)[0]
                if length > MAX_REPLY:
                    raise OSError("the X server answers too much")
                return head + self._read(length)

    def _atom(self, name: str) -> int:
        padded = name.encode().ljust((len(name) + 3) // 4 * 4, b"\0")
        reply = self._ask(struct.pack("<BBHHxx", INTERN_ATOM, 0, 2 + len(padded) // 4, len(name)) + padded)
        return struct.unpack_from("<I", reply, 8)[0] if reply else 0

    def windows(self) -> list[dict[str, object]]:
        """Name and size of every window that can be seen, the direct children of the root."""
        reply = self._ask(struct.pack("<BxHI", QUERY_TREE, 2, self.root))
        count = struct.unpack_from("<H", reply, 16)[0] if reply else 0
        children = struct.unpack_from(f"<{count}I", reply, 32) if reply else ()
        return [found for child in children[:MAX_WINDOWS] if (found := self._window(child))]

    def _window(self, window: int) -> dict[str, object] | None:
        attributes = self._ask(struct.pack("<BxHI", GET_ATTRIBUTES, 2, window))
        geometry = self._ask(struct.pack("<BxHI", GET_GEOMETRY, 2, window))
        if not attributes or not geometry:
            return None
        kind, state = struct.unpack_from("<H", attributes, 12)[0], attributes[26]
        width, height = struct.unpack_from("<HH", geometry, 16)
        if kind != INPUT_OUTPUT or state != VIEWABLE or min(width, height) < SMALLEST:
            return None
        name = self._property(window, self.net_wm_name) or self._property(window, WM_NAME)
        return {"name": name, "width": width, "height": height}

    def _property(self, window: int, atom: int) -> str:
        reply = self._ask(struct.pack("<BBHIIIII", GET_PROPERTY, 0, 6, window, atom, 0, 0, 64)) if atom else None
        if not reply or reply[1] != 8:
            return ""
        (length,) = struct.unpack_from("<I", reply, 16)
        return reply[32 : 32 + length].decode("utf-8", "replace")


def start_server() -> tuple[subprocess.Popen[bytes], str] | None:
    """An X server and the number of its display; None when it does not start."""
    ours, its = os.pipe()
    command = [word % its if "%" in word else word for word in SERVER]
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            command, pass_fds=(its,), stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
    except OSError:
        return None
    os.close(its)
    said, until = b"", time.monotonic() + START_SECONDS
    while b"\n" not in said and time.monotonic() < until:
        if select.select([ours], [], [], 0.2)[0]:
            piece = os.read(ours, 64)
            if not piece:
                return None
            said += piece
    return (process, said.decode().strip()) if b"\n" in said else None


def look(server: Server, seen: dict[str, dict[str, object]]) -> None:
    """Write down which windows are up, and which ever were."""
    up = server.windows()
    for window in up:
        seen.setdefault(json.dumps(window), window)
    partial = REPORT.with_suffix(".part")
    partial.write_text(json.dumps({"up": up, "seen": list(seen.values())[:MAX_WINDOWS]}), "utf-8")
    partial.replace(REPORT)


def end_as(status: int) -> None:
    """End this process as the program ended."""
    if status >= 0:
        os._exit(status)
    signal.signal(-status, signal.SIG_DFL) if -status not in (signal.SIGKILL, signal.SIGSTOP) else None
    os.kill(os.getpid(), -status)
    os._exit(128 - status)


def main() -> None:
    """Run the program of the command line, with a display where one can be had."""
    started = start_server()
    if started is not None:
        os.environ["DISPLAY"] = f":{started[1]}"
    try:
        program = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    except OSError as error:  # as a shell does
        sys.stderr.write(f"cannot start {sys.argv[1]!r}: {error}\n")
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)
    server: Server | None = None
    seen: dict[str, dict[str, object]] = {}
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = program.wait(EVERY_SECONDS)
            break
        with contextlib.suppress(OSError, struct.error):
            server = server or (Server(started[1]) if started else None)
            if server:
                look(server, seen)
    if started is not None:
        started[0].kill()
        started[0].wait()
    end_as(status)


if __name__ == "__main__":
    main()
