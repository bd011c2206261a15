"""Web programs that do not start themselves: an `app` that only a server's own command runs, and streamlit scripts."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from sandbox.smoke.endless import imports_of
from sandbox.smoke.modules import Modules, is_excluded
from sandbox.smoke.script import Script
from sandbox.tree import Tree

ASGI = frozenset({"FastAPI", "Starlette", "Quart", "Litestar", "Sanic"})
WSGI = frozenset({"Flask"})
APP_NAMES = ("main.py", "app.py", "server.py", "api.py", "wsgi.py", "asgi.py", "web.py")


def server_commands(tree: Tree, modules: Modules) -> Iterator[tuple[str, str]]:
    """Command and source for each application that is made at the top level and started by nothing.

    The module is named from the folder that it is run in: the root where the file's own folder is a package.
    """
    paths = [path for path in modules.files if not is_excluded(path)]
    for path in sorted(paths, key=lambda p: (p.count("/"), posixpath.basename(p) not in APP_NAMES, p)):
        script = Script.of(tree, path)
        made = _application(script)
        if is_streamlit(script) and (script.works_on_import or script.has_guard):
            yield streamlit(path), f"{path} (streamlit script)"
        elif made is not None and not script.has_guard and not script.works_on_import:
            name, kind = made
            is_package = f"{posixpath.dirname(path)}/__init__.py" in tree.files
            folder, module = ("", path[:-3].replace("/", ".")) if is_package else posixpath.split(path[:-3])
            serve = "python -m flask --app {}:{} run" if kind in WSGI else "python -m uvicorn {}:{}"
            start = f"cd {folder} && " if folder else ""
            yield start + serve.format(module, name), f"{path}:{script_line(script, name)} ({kind} application)"


def is_streamlit(script: Script) -> bool:
    """Whether it is written for `streamlit run`: run by itself it would do nothing that counts."""
    return "streamlit" in imports_of(script)


def streamlit(path: str) -> str:
    """The command for a streamlit script."""
    return f"python -m streamlit run {path} --server.headless true"


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
            kind = ast.unparse(call.func).rpartition(".")[2]
            if kind in ASGI | WSGI:
                return target.id, kind
    return None
