"""The first process of an installing container: runs uv for the controller, one JSON line in, one out.

It has the network and writes to the store, so nothing untrusted may run here: uv alone is started, never with
leave to build, and no interpreter of an environment that holds packages (their `.pth` files would run).
Standard library only.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import py_compile
import re
import resource
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

STORE = Path("/store")
UV = "/opt/p2c/tools/bin/uv"
PYTHON = "/usr/bin/python3"
COMPLETE = ".complete"
SAID_BYTES = 65_536
RESOLVE_SECONDS = 180
INSTALL_SECONDS = 1500
COMPILE_SECONDS = 300
FRESH = "fresh-"
FRESH_SECONDS = 6 * 3600
KEY = re.compile(r"[0-9a-z][0-9a-z-]{7,79}")
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
    for name in ("cache", "envs", "locks", "wheels", "bytecode"):
        (STORE / name).mkdir(parents=True, exist_ok=True)
    _sweep()
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer = _COMMANDS[job.pop("do")](**job)
        except (OSError, ValueError) as error:
            answer = {"status": "failed", "said": f"{type(error).__name__}: {error}"}
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


def install(key: str, lock: str, arguments: list[str], modules: list[str]) -> Any:
    """The environment `key`, made from `lock` unless it is there; what it lacks of `modules`."""
    folder = _folder(key)
    with _locked(key):
        reused = (folder / COMPLETE).exists()
        if not reused:
            answer = _build(folder, lock, arguments)
            if answer["status"] != "ok":
                shutil.rmtree(folder, ignore_errors=True)
                return answer
            (folder / COMPLETE).write_text(json.dumps({"made": time.time()}))
        os.utime(folder / COMPLETE)
    absent = [module for module in modules if not _importable(folder, module)]
    return {"status": "ok", "said": "", "reused": reused, "absent": absent}


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
        _compile(folder)
    return answer


def has(key: str) -> Any:
    """Whether the environment is complete; its last use is noted."""
    mark = _folder(key) / COMPLETE
    with contextlib.suppress(FileNotFoundError):
        os.utime(mark)
        return {"status": "ok", "said": "", "reused": True}
    return {"status": "ok", "said": "", "reused": False}


def discard(key: str) -> Any:
    """Remove an environment."""
    folder = _folder(key)
    with _locked(key):
        (folder / COMPLETE).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    (STORE / "locks" / key).unlink(missing_ok=True)
    return {"status": "ok", "said": ""}


def usage() -> Any:
    """Every environment with its size (bytes, hard links counted in each) and its last use (epoch seconds)."""
    found = []
    for folder in sorted((STORE / "envs").iterdir()):
        mark = folder / COMPLETE
        if mark.exists():
            size = sum(p.lstat().st_size for p in folder.rglob("*"))
            found.append({"key": folder.name, "bytes": size, "used": mark.stat().st_mtime})
    return {"status": "ok", "said": "", "environments": found}


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
        done = subprocess.run(command, env=env, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return {"status": "timeout", "said": f"uv was not done after {seconds:.0f} s"}
    said = (done.stderr or done.stdout)[-SAID_BYTES:].decode("utf-8", "replace")
    return {"status": "ok" if done.returncode == 0 else "failed", "said": said}


def _folder(key: str) -> Path:
    if not KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key of an environment")
    return STORE / "envs" / key


@contextlib.contextmanager
def _locked(key: str, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock of one environment; it is released however this process ends. False: somebody holds it."""
    with (STORE / "locks" / _folder(key).name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def _sweep() -> None:
    """Remove what a dead installer left half-built, and replays' environments that nobody discarded."""
    for folder in list((STORE / "envs").iterdir()):
        mark = folder / COMPLETE
        try:
            stale = folder.name.startswith(FRESH) and time.time() - mark.stat().st_mtime > FRESH_SECONDS
        except FileNotFoundError:
            stale = True
        if stale and KEY.fullmatch(folder.name):
            with _locked(folder.name, wait=False) as ours:
                if ours and (folder.name.startswith(FRESH) or not mark.exists()):
                    shutil.rmtree(folder, ignore_errors=True)


def _importable(folder: Path, module: str) -> bool:
    """Whether `module` is in site-packages, as far as names of files tell: to the first regular package."""
    for site in folder.glob("lib/python3*/site-packages"):
        here = site
        for part in module.split("."):
            if any(here.glob(f"{part}.*so")) or (here / f"{part}.py").exists():
                return True
            here /= part
            if not here.is_dir():
                break
            if (here / "__init__.py").exists() or any(here.glob("__init__.*")):
                return True
        else:
            return True
    return False


def _compile(folder: Path) -> None:
    """Bytecode for all sources but tests, shared between environments by what the source holds.

    The store is read-only where code runs, so without it every run would compile every import again. Compiling
    is done by the image's Python, not the environment's, and in processes of their own: a hostile source can
    end its compiler but not the installation. The bytecode is never checked against its source again.
    """
    sources = [
        path
        for path in folder.glob("lib/python3*/site-packages/**/*.py")
        if not {"tests", "test"}.intersection(path.parts) and not path.is_symlink()
    ]
    workers = os.cpu_count() or 1
    children = []
    for number in range(workers):
        child = os.fork()
        if child == 0:
            try:
                resource.setrlimit(resource.RLIMIT_CPU, (COMPILE_SECONDS, COMPILE_SECONDS))
                warnings.simplefilter("ignore")
                for path in sources[number::workers]:
                    _compile_one(path)
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


def _compile_one(path: Path) -> None:
    with contextlib.suppress(OSError, py_compile.PyCompileError, ValueError, RecursionError, MemoryError):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        kept = STORE / "bytecode" / digest[:2] / digest[2:]
        if not kept.exists():
            kept.parent.mkdir(exist_ok=True)
            mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
            py_compile.compile(str(path), str(kept), doraise=True, quiet=2, invalidation_mode=mode)
        target = path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc"
        target.parent.mkdir(exist_ok=True)
        try:
            os.link(kept, target)
        except FileExistsError:
            return
        except OSError:  # too many links to it
            shutil.copyfile(kept, target)


_COMMANDS: dict[str, Callable[..., Any]] = {
    "resolve": resolve,
    "install": install,
    "has": has,
    "discard": discard,
    "usage": usage,
    "keep_wheel": keep_wheel,
}

if __name__ == "__main__":
    main()
