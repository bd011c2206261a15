"""An interpreter that has imported heavy modules ahead and waits to become a program.

The client (`python.c`, first on PATH as `python`) sends its command line, variables, folder and descriptors over a
socket. A fork of this process takes them, and returns from here to be that program. Signals that the client gets
are passed on, and it ends as the program ends. Whatever a fork cannot honour is refused; the client then becomes a
plain interpreter.
"""

from __future__ import annotations

import _signal
import os
import sys

from .preload import preload
from .words import Words, parse, shadows

ADDRESS = b"\0p2c-python"
SETTINGS = "P2C_PRELOAD"
"""Environment variable: descriptors (report, output, errors), then the modules; all separated by commas."""
VARYING = ("PWD", "OLDPWD", "SHLVL", "_")
"""Variables of a shell, which no module reads."""
TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket as Socket
    from types import ModuleType

    from .becoming import Request


def serve(own: dict[str, ModuleType]) -> None:
    """Preload, then fork programs until killed. Returns in each program.

    Args:
        own: modules of this package that were taken out of `sys.modules`.
    """
    report, output, errors, *names = os.environ.pop(SETTINGS).split(",")
    _, _, path = os.environ.pop("PYTHONPATH").partition(":")
    if path:
        os.environ["PYTHONPATH"] = path
    os.set_blocking(int(output), False)
    os.set_blocking(int(errors), False)
    visible = set(sys.modules)
    variables = dict(os.environ)
    with open("/proc/self/oom_score_adj", "w") as file:  # when memory runs short, before the supervisor
        file.write("1000")
    hidden = preload(names, int(output), int(errors))
    before = set(sys.modules)
    sys.modules.update(own)
    from . import becoming  # after what is preloaded: both use ctypes

    becoming.check_layout()
    server = _Server(variables, hidden.modules() | (before - visible), int(report))
    request = server.fork()
    try:
        becoming.become(request, server.words, hidden)
        os.close(int(output))
        os.close(int(errors))
        for name in [name for name in sys.modules if name not in before]:
            del sys.modules[name]
    except BaseException:  # noqa: BLE001 - a plain interpreter does it then, whatever hindered us
        request.answer(b"N")
        os._exit(70)
    request.answer(b"Y")


class _Server:
    """Takes requests, forks, tells the ends.

    Args:
        variables: those that the modules saw when they were imported.
        modules: names that no file of the program may have, if it is to be forked.
        report: where it is said that requests can come.
    """

    def __init__(self, variables: dict[str, str], modules: set[str], report: int) -> None:
        import _socket
        import select

        from .becoming import Request

        self.words: Words
        self._request = Request
        self._variables = variables
        self._modules = {name.partition(".")[0] for name in modules}
        self._programs: dict[int, tuple[Socket, int]] = {}
        """Descriptor of the connection -> connection and process."""
        self._wake, self._into_wake = os.pipe()
        for fd in (self._wake, self._into_wake):
            os.set_blocking(fd, False)
        self._child_signal = _signal.signal(_signal.SIGCHLD, lambda *_: None)
        _signal.set_wakeup_fd(self._into_wake, warn_on_full_buffer=False)
        self._listening = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self._listening.bind(ADDRESS)
        self._listening.listen(64)
        self._poll = select.poll()
        for fd in (self._listening.fileno(), self._wake):
            self._poll.register(fd, select.POLLIN)
        os.write(report, f"{os.getpid()}\n".encode())
        os.close(report)

    def fork(self) -> Request:
        """Serve; returns in a fork, with what it shall become."""
        while True:
            for fd, _ in self._poll.poll():
                if fd == self._wake:
                    os.read(fd, 4096)
                    self._reap()
                elif fd in self._programs:
                    self._pass_on(fd)
                elif fd == self._listening.fileno():
                    request = self._accept()
                    if request is not None:
                        return request

    def _accept(self) -> Request | None:
        request = self._request.receive(self._listening)
        if request is None:
            return None
        words = self._accepted(request)
        child = -1
        if words is not None:
            try:
                child = os.fork()
            except OSError:  # no room for another process; the client needs none
                child = -1
        if child == 0 and words is not None:
            self.words = words
            self._leave()
            return request
        if child < 0:
            request.keep()
            request.answer(b"N")
        else:
            connection = request.keep()
            self._programs[connection.fileno()] = (connection, child)
            self._poll.register(connection.fileno(), 1)
        return None

    def _accepted(self, request: Request) -> Words | None:
        words = parse(request.argv, request.cwd)
        if words is None or not request.is_like_here():
            return None
        if _settled(request.variables) != _settled(self._variables):
            return None
        if words.module is not None and words.module in self._modules:
            return None  # runpy warns of modules that are there already
        return None if shadows(words.front, self._modules) else words

    def _leave(self) -> None:
        """In the fork: let go of all that belongs to the server."""
        _signal.set_wakeup_fd(-1)
        _signal.signal(_signal.SIGCHLD, self._child_signal)
        self._listening.close()
        os.close(self._wake)
        os.close(self._into_wake)
        for connection, _ in self._programs.values():
            connection.close()

    def _pass_on(self, fd: int) -> None:
        """A signal from a client; or it is gone, and so the program must."""
        connection, child = self._programs[fd]
        try:
            numbers = connection.recv(64)
        except OSError:
            numbers = b""
        try:
            for number in numbers or b"\x09":
                os.kill(child, number)
            if not numbers:
                self._forget(fd)
                os.killpg(child, 9)
        except (ProcessLookupError, PermissionError):
            return

    def _reap(self) -> None:
        while True:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if child == 0:
                return
            for fd, (connection, pid) in list(self._programs.items()):
                if pid == child:
                    try:
                        connection.send(b"S" + status.to_bytes(4, "little"))
                    except OSError:
                        pass
                    self._forget(fd)

    def _forget(self, fd: int) -> None:
        self._poll.unregister(fd)
        self._programs.pop(fd)[0].close()


def _settled(variables: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name not in VARYING}
