"""A fork of the server becomes the program that a client asked for."""

from __future__ import annotations

import _socket
import ctypes
import os
import resource
import struct
import sys

from .reveal import Hidden
from .words import Words

HEADER = struct.Struct("=6IQQ32Q")
"""Bytes of text, words, variables, file mode mask, niceness, nothing, ignored and blocked signals, limits."""
LARGEST = 8 << 20
SECONDS = 5.0
LIMITS = 16
NICE = 19
"""The supervisor gives it to every program."""


class Request:
    """What a client sent: all that a process inherits.

    Attributes:
        argv: of the interpreter, its own name first.
        variables: the environment.
        cwd: absolute path of the working directory.
    """

    def __init__(self, connection: _socket.socket, fds: list[int], header: tuple[int, ...], text: bytes) -> None:
        _, words, _, self._mask, self._nice, _, self._ignored, self._blocked, *self._limits = header
        parts = [os.fsdecode(part) for part in text.split(b"\0")[:-1]]
        self.argv = parts[:words]
        self.variables = dict(part.partition("=")[::2] for part in parts[words:])
        self.cwd = os.readlink(f"/proc/self/fd/{fds[3]}")
        self._connection = connection
        self._fds = fds

    @classmethod
    def receive(cls, connection: _socket.socket) -> Request | None:
        """Read what comes; None, and the connection is closed, when it is not a client's."""
        connection.settimeout(SECONDS)
        fds: list[int] = []
        try:
            data, control, _, _ = connection.recvmsg(HEADER.size, _socket.CMSG_SPACE(16))
            for _, _, content in control:
                fds += [fd for (fd,) in struct.iter_unpack("=i", content)]
            header = HEADER.unpack(data)
            if len(fds) == 4 and header[0] <= LARGEST:
                text = connection.recv(header[0], _socket.MSG_WAITALL)
                if len(text) == header[0]:
                    connection.setblocking(False)
                    return cls(connection, fds, header, text)
        except (OSError, struct.error):  # whoever it was, it is no client
            pass
        for fd in fds:
            os.close(fd)
        connection.close()
        return None

    def is_like_here(self) -> bool:
        """Whether limits are as this process has them, and no signal is ignored, so that it is so in a fork."""
        limits = [value & (1 << 64) - 1 for number in range(LIMITS) for value in resource.getrlimit(number)]
        return self._limits == limits and not self._ignored and not self._blocked

    def answer(self, word: bytes) -> None:
        """`Y`: this fork is the program now; `N`: no fork will be. The connection is closed in this process."""
        try:
            self._connection.send(word)
        except OSError:  # the client was killed
            pass
        self._connection.close()

    def keep(self) -> _socket.socket:
        """The connection; the other descriptors are closed in this process."""
        for fd in self._fds:
            os.close(fd)
        self._fds = []
        return self._connection

    def inherit(self) -> None:
        """Make this process, a fork, what a child of the client would be."""
        os.setsid()
        for number in range(3):
            os.dup2(self._fds[number], number)
        os.fchdir(self._fds[3])
        for fd in self._fds:
            os.close(fd)
        os.umask(self._mask)
        os.setpriority(os.PRIO_PROCESS, 0, max(NICE, self._nice))
        os.environ.clear()
        os.environ.update(self.variables)


def become(request: Request, words: Words, hidden: Hidden) -> None:
    """What is to be done before `site` returns to the interpreter, which then runs the program."""
    request.inherit()
    for path in [path for path in sys.path_importer_cache if not path.startswith(("/store/", "/usr/"))]:
        del sys.path_importer_cache[path]
    _reseed()
    sys.orig_argv = list(request.argv)
    sys.argv = list(words.argv)
    called = request.argv[0].rpartition("/")[2]
    sys.executable = f"{os.path.dirname(sys.executable)}/{called}"
    _configure(words)
    hidden.cover()
    hidden.telling = True


def _reseed() -> None:
    """NumPy takes its global state from the system once, when it is imported; `random` sees to itself."""
    generator = sys.modules.get("numpy.random.mtrand")
    if generator is not None:
        generator.seed()


class _Words(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ssize_t), ("items", ctypes.c_void_p))


class _Config(ctypes.Structure):
    """`PyConfig` of CPython 3.11, Include/cpython/initconfig.h; the names of what is of no interest are made up."""

    _fields_ = (
        ("a", ctypes.c_int * 6),
        ("hash_seed", ctypes.c_ulong),
        ("b", ctypes.c_int * 6),
        ("dump_refs_file", ctypes.c_void_p),
        ("malloc_stats", ctypes.c_int),
        ("c", ctypes.c_void_p * 3),
        ("parse_argv", ctypes.c_int),
        ("orig_argv", _Words),
        ("argv", _Words),
        ("d", _Words * 2),
        ("e", ctypes.c_int * 13),
        ("f", ctypes.c_void_p * 3),
        ("g", ctypes.c_int * 3),
        ("h", ctypes.c_void_p * 4),
        ("search_paths_set", ctypes.c_int),
        ("search_paths", _Words),
        ("i", ctypes.c_void_p * 7),
        ("skip_source_first_line", ctypes.c_int),
        ("run_command", ctypes.c_void_p),
        ("run_module", ctypes.c_void_p),
        ("run_filename", ctypes.c_void_p),
    )


class _Status(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int),
        ("function", ctypes.c_char_p),
        ("text", ctypes.c_char_p),
        ("code", ctypes.c_int),
    )


def _api() -> tuple[ctypes.PyDLL, int]:
    """The interpreter's C interface, and the address of its configuration."""
    api = ctypes.pythonapi
    api._Py_GetConfig.restype = ctypes.c_void_p
    api._PyConfig_AsDict.argtypes, api._PyConfig_AsDict.restype = [ctypes.c_void_p], ctypes.py_object
    api.PyConfig_SetString.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_wchar_p]
    api.PyConfig_SetString.restype = _Status
    api.PyWideStringList_Append.argtypes = [ctypes.c_void_p, ctypes.c_wchar_p]
    api.PyWideStringList_Append.restype = _Status
    return api, api._Py_GetConfig()


def check_layout() -> None:
    """Raises RuntimeError where the interpreter's configuration cannot be changed as `become` does it."""
    api, address = _api()
    config = _Config.from_address(address)
    told = api._PyConfig_AsDict(address)
    found = config.argv.length, config.run_module, config.run_filename
    if found != (len(told["argv"]), None, None) or ctypes.wstring_at(config.run_command) != told["run_command"]:
        raise RuntimeError("this interpreter's configuration is not laid out as in CPython 3.11")


def _configure(words: Words) -> None:
    """Let the interpreter run these words, as if they had been its command line.

    `Py_RunMain` reads them from its configuration only after `site` has been imported.
    """
    api, address = _api()
    wanted = {
        "run_command": None if words.command is None else words.command + "\n",
        "run_module": words.module,
        "run_filename": None if words.file is None else os.path.join(os.getcwd(), words.file),
    }
    for name, value in wanted.items():
        api.PyConfig_SetString(address, address + getattr(_Config, name).offset, value)
    _Config.from_address(address).argv.length = 0
    for word in words.argv:
        api.PyWideStringList_Append(address + _Config.argv.offset, word)
    found = api._PyConfig_AsDict(address)
    if any(found[name] != value for name, value in wanted.items()) or found["argv"] != words.argv:
        raise RuntimeError("the interpreter's configuration could not be changed")
