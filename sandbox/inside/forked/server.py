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
SETTLED = b"\0p2c-settled"
"""Who connects there is hung up on as soon as no program is left whose client has gone."""
SETTINGS = "P2C_PRELOAD"
"""Environment variable: descriptors (report, output, errors), then the modules; all separated by commas."""
VARYING = ("PWD", "OLDPWD", "SHLVL", "_")
"""Variables of a shell, which no module reads."""
TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket as Socket
    from collections.abc import Callable
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
        self._socket = _socket.socket
        self._variables = variables
        self._modules = {name.partition(".")[0] for name in modules}
        self._programs: dict[int, tuple[Socket, int]] = {}
        """Descriptor of the connection -> connection and process."""
        self._ending: set[int] = set()
        """Programs that were killed, because their clients had gone, and are not reaped yet."""
        self._asking: list[Socket] = []
        self._wake, self._into_wake = os.pipe()
        for fd in (self._wake, self._into_wake):
            os.set_blocking(fd, False)
        self._child_signal = _signal.signal(_signal.SIGCHLD, lambda *_: None)
        _signal.set_wakeup_fd(self._into_wake, warn_on_full_buffer=False)
        self._listening, self._questions = (_socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM) for _ in range(2))
        for listening, address in ((self._listening, ADDRESS), (self._questions, SETTLED)):
            listening.bind(address)
            listening.listen(64)
        self._poll = select.poll()
        for fd in (self._wake, self._questions.fileno(), self._listening.fileno()):
            self._poll.register(fd, select.POLLIN)
        os.write(report, f"{os.getpid()}\n".encode())
        os.close(report)

    def fork(self) -> Request:
        """Serve; returns in a fork, with what it shall become."""
        while True:
            asked = bool(self._asking) and not self._ending
            ready = [fd for fd, _ in self._poll.poll(0 if asked else None)]
            if asked and not ready:  # what came before they asked has been dealt with
                self._hang_up()
            for fd in ready:
                if fd in self._programs:
                    self._pass_on(fd)
            if self._wake in ready:
                os.read(self._wake, 4096)
                self._reap()
            if self._questions.fileno() in ready:
                self._asking += filter(None, [self._accepted(self._questions)])
            # last, for a new connection may have the number of one that was just closed
            request = self._accept() if self._listening.fileno() in ready else None
            if request is not None:
                return request

    def _accepted(self, listening: Socket) -> Socket | None:
        """A new connection, if it is still there."""
        try:
            return self._socket(fileno=listening._accept()[0])  # type: ignore[attr-defined]  # as `socket.accept` does
        except OSError:
            return None

    def _accept(self) -> Request | None:
        connection = self._accepted(self._listening)
        request = self._request.receive(connection) if connection else None
        if request is None:
            return None
        words = self._honoured(request)
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

    def _honoured(self, request: Request) -> Words | None:
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
        for fd in (self._wake, self._into_wake):
            os.close(fd)
        for one in (self._listening, self._questions, *self._asking, *(one for one, _ in self._programs.values())):
            one.close()

    def _pass_on(self, fd: int) -> None:
        """Signals from a client; or it is gone, and so the program must."""
        connection, child = self._programs[fd]
        try:
            numbers = connection.recv(64)
        except BlockingIOError:
            return
        except OSError:
            numbers = b""
        for number in numbers:
            _send(os.kill, child, number)
        if not numbers:
            self._forget(fd)
            self._ending.add(child)
            _send(os.killpg, child, _signal.SIGKILL)
            _send(os.kill, child, _signal.SIGKILL)  # it may not have a group of its own yet

    def _reap(self) -> None:
        while True:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if child == 0:
                return
            self._ending.discard(child)
            for fd, (connection, pid) in list(self._programs.items()):
                if pid == child:
                    try:
                        connection.send(b"S" + status.to_bytes(4, "little"))
                    except OSError:
                        pass
                    self._forget(fd)

    def _hang_up(self) -> None:
        """Tell those who asked."""
        while self._asking:
            self._asking.pop().close()

    def _forget(self, fd: int) -> None:
        self._poll.unregister(fd)
        self._programs.pop(fd)[0].close()


def _settled(variables: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name not in VARYING}


def _send(how: Callable[[int, int], None], child: int, number: int) -> None:
    try:
        how(child, number)
    except OSError:  # there is no such signal, or no such process any more
        pass
