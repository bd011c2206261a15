"""Web programs that do not start themselves: an `app` that only a server's own command runs, and streamlit scripts."""

from __future__ import annotations

import ast
import posixpath
import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

from sandbox.requirements.dotted import last_part
from sandbox.smoke.endless import find_endless, imports_of
from sandbox.smoke.modules import Modules, is_excluded
from sandbox.smoke.script import Script
from sandbox.tree import Tree

ASGI = frozenset({"FastAPI", "Starlette", "Quart", "Litestar", "Sanic"})
WSGI = frozenset({"Flask"})
DEFAULT_PORTS = {"uvicorn": "8000", "flask": "5000", "streamlit": "8501"}
_REFUSED = re.compile(r"refused|Errno 111")
_OTHERS = re.compile(r"redis|mongo|psycopg|postgres|mysql|amqp|kafka|ollama|elastic|docker", re.IGNORECASE)
"""Services that no repository holds itself."""
_PORT = re.compile(
    r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|::1)[]'\"]?(?::|,\s*(?:port=)?)(\d{2,5})\b|\bport[= ](\d{2,5})\b"
)
APP_NAMES = ("main.py", "app.py", "server.py", "api.py", "wsgi.py", "asgi.py", "web.py")


class Refusing(NamedTuple):
    """A server of the tree's own to which a connection may have been refused.

    Attributes:
        command: a shell line that starts it.
        is_sure: whether the port that was asked is its own; else none was said.
    """

    command: str
    is_sure: bool


def server_commands(tree: Tree, modules: Modules) -> Iterator[tuple[str, str]]:
    """Command and source for each application that is made at the top level and started by nothing."""
    return ((command, source) for command, source, _ in _applications(tree, modules))


def _applications(tree: Tree, modules: Modules) -> Iterator[tuple[str, str, str]]:
    """Command, source and path.

    The module is named from the folder that it is run in: the root where the file's own folder is a package.
    """
    paths = [path for path in modules.files if not is_excluded(path)]
    for path in sorted(paths, key=lambda p: (p.count("/"), posixpath.basename(p) not in APP_NAMES, p)):
        script = Script.of(tree, path)
        made = _application(script)
        if is_streamlit(script) and (script.works_on_import or script.has_guard):
            yield streamlit(path), f"{path} (streamlit script)", path
        elif made is not None and not script.has_guard and not script.works_on_import:
            name, kind = made
            is_package = f"{posixpath.dirname(path)}/__init__.py" in tree.files
            folder, module = ("", path[:-3].replace("/", ".")) if is_package else posixpath.split(path[:-3])
            app = shlex.quote(f"{module}:{name}")
            serve = f"python -m flask --app {app} run" if kind in WSGI else f"python -m uvicorn {app}"
            start = f"cd {shlex.quote(folder)} && " if folder else ""
            yield start + serve, f"{path}:{script_line(script, name)} ({kind} application)", path


def refusing_server(words: str, tree: Tree, but: frozenset[str]) -> Refusing | None:
    """The server of the tree's own to which, as `words` say, a connection was refused.

    It names the port that was asked, or its kind listens there by itself; where no port is said, any server may be it.

    Args:
        words: the exception and its message.
        but: files that are no candidates: those of the program that could not connect.
    """
    if not _REFUSED.search(words) or _OTHERS.search(words):
        return None
    match = _PORT.search(words)
    port = next(filter(None, match.groups())) if match else None
    modules = Modules.of(tree)
    paths = [path for path in modules.files if not is_excluded(path) and path not in but]
    found = {f"python {shlex.quote(path)}": path for path in paths if _serves(Script.of(tree, path))}
    for command, _, path in _applications(tree, modules):
        if path not in but:
            found.setdefault(command, path)
    fitting = [command for command, path in found.items() if port is None or _has_port(port, command, tree.text(path))]
    nearest = min(fitting, key=lambda one: (found[one].count("/"), one), default=None)
    return Refusing(nearest, is_sure=port is not None) if nearest else None


def _has_port(port: str, command: str, text: str) -> bool:
    """Whether a server's file names `port`, or its kind listens there by itself."""
    by_itself = DEFAULT_PORTS.get(command.partition("python -m ")[2].partition(" ")[0])
    return port == by_itself or re.search(rf"\b{port}\b", text) is not None


def _serves(script: Script) -> bool:
    endless = find_endless((script,)) if script.has_guard or script.works_on_import else None
    return endless is not None and endless.kind == "server"


def is_streamlit(script: Script) -> bool:
    """Whether it is written for `streamlit run`: run by itself it would do nothing that counts."""
    return "streamlit" in imports_of(script)


def streamlit(path: str) -> str:
    """The command for a streamlit script."""
    return f"python -m streamlit run {shlex.quote(path)} --server.headless true"


def script_line(script: Script, name: str) -> int:
    """The line where the top-level variable `name` is bound."""
    for node in script.module.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            return node.lineno
    return 1


def _application(script: Script) -> tuple[str, str] | None:
    """The variable and the class of an application that is made at the top level."""
    for node in script.module.body:
        call = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(call, ast.Call) and isinstance(target, ast.Name):
            kind = last_part(call.func)
            if kind in ASGI | WSGI:
                return target.id, kind
    return None
