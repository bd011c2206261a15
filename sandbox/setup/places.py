"""Where the set-up keeps its files: this user's cache folder, and what is shipped with the project."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.errors import InfrastructureError

if TYPE_CHECKING:
    from filelock import FileLock

Progress = Callable[[str], None]
"""Gets a line now and then while something takes long."""
INSIDE = Path(__file__).parent.parent / "inside"
"""What is copied into the image."""
WAIT_SECONDS = 1800
QUIET_SECONDS = 1.0


def dockerfile() -> Path:
    """`Dockerfile.sandbox`: at the root of a source tree, or inside an installed distribution."""
    installed = Path(__file__).parent.parent / "_data" / "Dockerfile.sandbox"
    return installed if installed.is_file() else Path(__file__).parents[2] / "Dockerfile.sandbox"


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/p2c` (made if needed), or a folder of this user in the temporary one."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "p2c"
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError:
        home = Path(tempfile.gettempdir()) / f"p2c-{os.getuid()}"
        home.mkdir(mode=0o700, exist_ok=True)
    return home


@contextmanager
def once(name: str, progress: Progress | None = None, *, seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock `name` of this user, so that two processes make one thing once.

    Args:
        progress: is told when another process has it, which may be long.
        seconds: how long the other one is waited for.

    Raises:
        InfrastructureError: another process held it for all that time.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - it takes longer to load than a known verdict to tell

    path = cache_folder() / f"{name}.lock"
    lock = FileLock(path)
    try:
        _acquire(lock, name, progress, seconds)
    except Timeout as error:
        raise InfrastructureError(f"another process has held {path} for {seconds:.0f} s; end it, try again") from error
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, name: str, progress: Progress | None, seconds: float) -> None:
    from filelock import Timeout  # noqa: PLC0415 - as above

    try:
        lock.acquire(timeout=min(QUIET_SECONDS, seconds))
    except Timeout:
        if seconds <= QUIET_SECONDS:
            raise
        if progress is not None:
            progress(f"another process is at it ({name}); waiting for it")
        lock.acquire(timeout=seconds)
