"""The first process of an installing container: runs uv for the controller, one JSON line in, one out.

It has the network and writes to the store, so nothing untrusted may run here: uv alone is started, never with
leave to build, and no interpreter of an environment that holds packages (their `.pth` files would run).
Standard library only.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import housekeeping
from .bytecode import compile_all
from .contents import absent
from .shelves import COMPLETE, FOLDERS, STORE, Presence, folder_of, forget_lock, locked

UV = "/opt/p2c/tools/bin/uv"
PYTHON = "/usr/bin/python3"
SAID_BYTES = 65_536
RESOLVE_SECONDS = 180
INSTALL_SECONDS = 1500
WAIT_SECONDS = INSTALL_SECONDS + 200
"""Another installer that makes the same environment is waited for so long: it is killed at its own limit before."""
SAY_SECONDS = 2.0
WHEEL = re.compile(r"[A-Za-z0-9_.]+-[A-Za-z0-9_.!+]+(-\d\w*)?-[\w.]+-[\w.]+-[\w.]+\.whl")
UV_SETTINGS = {
    "UV_CACHE_DIR": str(STORE / "cache"),
    "UV_NO_CONFIG": "1",
    "UV_NO_PROGRESS": "1",
    "UV_PYTHON_DOWNLOADS": "never",
    "UV_LINK_MODE": "hardlink",
    "UV_HTTP_RETRIES": "2",
    "NO_COLOR": "1",
    "HOME": "/tmp",  # noqa: S108 - the container's own
}


def main() -> None:
    """Serve until standard input ends."""
    for name in FOLDERS:
        (STORE / name).mkdir(parents=True, exist_ok=True)
    presence = Presence()
    housekeeping.sweep(presence)
    commands = _commands(presence)
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer = commands[job.pop("do")](**job)
        except (OSError, ValueError) as error:
            answer = {"status": "failed", "said": f"{type(error).__name__}: {error}"}
        _say(answer)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def resolve(requirements: str, constraints: str, overrides: str, arguments: list[str], env: dict[str, str]) -> Any:
    """Resolve to a lock with hashes."""
    folder = Path("/tmp/resolve")  # noqa: S108
    folder.mkdir(exist_ok=True)
    lock = folder / "lock.txt"
    lock.unlink(missing_ok=True)
    command = [UV, "pip", "compile", "--generate-hashes", "--no-build", "--no-header", "--no-annotate"]
    command += ["--python", PYTHON, "--no-emit-index-url", "--no-emit-find-links", "--output-file", str(lock)]
    for name, text in (("constraints", constraints), ("overrides", overrides), ("", requirements)):
        if text.strip() or not name:
            path = folder / (f"{name}.txt" if name else "requirements.in")
            path.write_text(text)
            command += [f"--{name}"] * bool(name) + [str(path)]
    answer = _run([*command, *arguments], RESOLVE_SECONDS, env)
    return {**answer, "lock": lock.read_text() if lock.exists() else ""}


def install(key: str, lock: str, arguments: list[str], modules: list[str], exact: list[str]) -> Any:
    """The environment `key`, made from `lock` unless it is there; what it lacks of `modules` and `exact`."""
    folder = folder_of(key)
    told = 0.0

    def waiting(seconds: float) -> None:
        nonlocal told
        if seconds - told >= SAY_SECONDS:
            told = seconds
            _say({"status": "waiting", "said": "another process is making this environment", "seconds": seconds})

    with locked(key, WAIT_SECONDS, waiting) as ours:
        if not ours:
            return {"status": "busy", "said": f"another process has been making it for {WAIT_SECONDS} s"}
        reused = (folder / COMPLETE).exists()
        if not reused:
            answer = _build(folder, lock, arguments)
            if answer["status"] != "ok":
                shutil.rmtree(folder, ignore_errors=True)
                forget_lock(key)
                return answer
            (folder / COMPLETE).write_text(json.dumps({"made": time.time()}))
        os.utime(folder / COMPLETE)
    return {"status": "ok", "said": "", "reused": reused, "absent": absent(folder, modules, exact)}


def _build(folder: Path, lock: str, arguments: list[str]) -> dict[str, str]:
    shutil.rmtree(folder, ignore_errors=True)
    text = Path("/tmp/lock.txt")  # noqa: S108
    text.write_text(lock)
    answer = _run([UV, "venv", "--quiet", "--no-project", "--python", PYTHON, str(folder)], 60, {})
    if answer["status"] != "ok" or not lock.strip():
        return answer
    command = [UV, "pip", "sync", "--quiet", "--no-build", "--require-hashes"]
    answer = _run([*command, *arguments, "--python", str(folder / "bin/python"), str(text)], INSTALL_SECONDS, {})
    if answer["status"] == "ok":
        compile_all(folder, STORE / "bytecode")
    return answer


def has(key: str) -> Any:
    """Whether the environment is complete; its last use is noted."""
    mark = folder_of(key) / COMPLETE
    with contextlib.suppress(FileNotFoundError):
        os.utime(mark)
        return {"status": "ok", "said": "", "reused": True}
    return {"status": "ok", "said": "", "reused": False}


def discard(key: str) -> Any:
    """Remove an environment."""
    stays = housekeeping.discard([key], float("inf"))
    housekeeping.empty_trash()
    return {"status": "failed" if stays else "ok", "said": "it is being made" if stays else ""}


def discard_unused(keys: list[str], used_since: float) -> Any:
    """Remove environments that were not used since that time (epoch seconds); says which stay."""
    return {"status": "ok", "said": "", "stay": housekeeping.discard(keys, used_since)}


def usage() -> Any:
    """What takes room, see `housekeeping.usage`."""
    return {"status": "ok", "said": "", **housekeeping.usage()}


def keep_wheel(name: str, content: str) -> Any:
    """Keep a wheel that a builder made and the controller has checked."""
    if not WHEEL.fullmatch(name):
        return {"status": "failed", "said": f"{name!r} is no file name of a wheel"}
    target = STORE / "wheels" / name
    if not target.exists():
        partial = STORE / "wheels" / f".{name}.{os.getpid()}"
        partial.write_bytes(base64.b64decode(content))
        partial.replace(target)
    return {"status": "ok", "said": ""}


def _run(command: list[str], seconds: float, env: dict[str, str]) -> dict[str, str]:
    links = ",".join(filter(None, (os.environ.get("UV_FIND_LINKS"), str(STORE / "wheels"))))
    env = os.environ | UV_SETTINGS | {"UV_FIND_LINKS": links} | env
    try:
        done = subprocess.run(command, env=env, cwd="/tmp", capture_output=True, timeout=seconds, check=False)  # noqa: S108
    except subprocess.TimeoutExpired:
        return {"status": "timeout", "said": f"uv was not done after {seconds:.0f} s"}
    said = (done.stderr or done.stdout)[-SAID_BYTES:].decode("utf-8", "replace")
    return {"status": "ok" if done.returncode == 0 else "failed", "said": said}


def _commands(presence: Presence) -> dict[str, Callable[..., Any]]:
    def drop(archives: list[str], wheels: list[str]) -> Any:
        done = housekeeping.drop_cache(archives, presence) and housekeeping.drop_wheels(wheels, presence)
        housekeeping.empty_trash()
        return {"status": "ok" if done else "busy", "said": "" if done else "other installers are at work"}

    return {
        "resolve": resolve,
        "install": install,
        "has": has,
        "discard": discard,
        "discard_unused": discard_unused,
        "drop": drop,
        "usage": usage,
        "keep_wheel": keep_wheel,
    }


if __name__ == "__main__":
    main()
