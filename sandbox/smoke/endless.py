"""Programs that never end by design: servers, windows, service loops. Told by their code, not by what they print."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from sandbox.smoke.script import REMEMBERED, Script, called_names
from sandbox.smoke.syntax import imported

SERVER_CALLS = frozenset(
    {"uvicorn.run", "web.run_app", "serve", "waitress.serve", "hypercorn.run", "socketserver.serve_forever"}
    | {"asyncio.start_server", "grpc.server", "st.run", "tornado.ioloop.IOLoop.current().start"}
)
SERVER_METHODS = frozenset({"serve_forever", "run_forever", "run_server", "infinity_polling", "run_polling", "launch"})
SERVER_OBJECTS = frozenset({"app", "socketio", "server", "api", "demo", "bot", "dash_app", "flask_app", "application"})
SERVER_LIBRARIES = frozenset(
    {"flask", "fastapi", "dash", "gradio", "aiohttp", "bottle", "sanic", "tornado", "flask_socketio", "quart"}
    | {"socketserver", "http", "uvicorn", "telegram", "discord", "streamlit"}
)
WEB_LIBRARIES = frozenset(
    {"flask", "fastapi", "dash", "gradio", "aiohttp", "bottle", "sanic", "tornado", "flask_socketio", "quart"}
    | {"http", "uvicorn", "starlette", "wsgiref", "waitress", "hypercorn", "cherrypy"}
)
WINDOW_CALLS = frozenset({"mainloop", "exec_", "turtle.done", "pyglet.app.run", "arcade.run", "glutMainLoop"})
WAITING = frozenset(
    {"sleep", "accept", "recv", "select", "poll", "get_message", "wait", "tick", "tick_busy_loop", "run_pending"}
)


@dataclass(frozen=True)
class Endless:
    """Why a program is believed never to end.

    Attributes:
        idles: whether it should use next to no CPU while it waits.
        evidence: the file and the call or loop.
        web: whether it is a server that speaks HTTP.
    """

    kind: Literal["server", "window", "loop"]
    idles: bool
    evidence: str
    web: bool = False


def find_endless(scripts: tuple[Script, ...]) -> Endless | None:
    """The first evidence in `scripts` (the entry point and what it imports), or None."""
    return next(filter(None, map(_evidence, scripts)), None)


@lru_cache(maxsize=REMEMBERED)
def _evidence(script: Script) -> Endless | None:
    if script.served_by:
        return Endless("server", idles=True, evidence=f"{script.served_by} {script.path}", web=True)
    names = tuple(called_names(script.nodes))
    if server := next((name for name in names if _is_server(name, script)), None):
        speaks_http = bool(imports_of(script) & WEB_LIBRARIES)
        return Endless("server", idles=True, evidence=f"{script.path}: {server}()", web=speaks_http)
    if window := next((n for n in names if n in WINDOW_CALLS or n.rsplit(".", 1)[-1] in WINDOW_CALLS), None):
        return Endless("window", idles=True, evidence=f"{script.path}: {window}()")
    if line := _service_loop(script, names):
        is_game = any(name.startswith("pygame.") for name in names)
        kind: Literal["window", "loop"] = "window" if is_game else "loop"
        return Endless(kind, idles=not is_game, evidence=f"{script.path}:{line}: a loop that waits for events")
    return None


def _is_server(name: str, script: Script) -> bool:
    owner, _, method = name.rpartition(".")
    if name in SERVER_CALLS:
        return bool(imports_of(script) & SERVER_LIBRARIES) or "." in name
    if method in SERVER_METHODS:
        return method != "launch" or "gradio" in imports_of(script)
    return method == "run" and owner.split(".")[-1] in SERVER_OBJECTS and bool(imports_of(script) & SERVER_LIBRARIES)


@lru_cache(maxsize=REMEMBERED)
def imports_of(script: Script) -> frozenset[str]:
    """The top-level names that it imports, anywhere in it."""
    return imported(script.nodes)


def _service_loop(script: Script, names: tuple[str, ...]) -> int | None:
    """The line of a `while True` that waits for something in every turn; None when there is none.

    A loop that never leaves by `break` or `return` counts; with pygame also `while running`, which only the
    user's closing of the window ends.
    """
    is_game = any(name.startswith("pygame.event") for name in names)
    for node in script.nodes:
        if not isinstance(node, ast.While):
            continue
        inside = tuple(ast.walk(node))
        calls = {name.rsplit(".", 1)[-1] for name in called_names(inside)}
        forever = isinstance(node.test, ast.Constant) and bool(node.test.value)
        leaves = any(isinstance(one, ast.Break | ast.Return) for one in inside)
        if (forever and not leaves and calls & WAITING) or (is_game and calls & {"flip", "update", "tick"}):
            return node.lineno
    return None
