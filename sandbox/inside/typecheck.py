"""Runs mypy over a tree, with the cache that it was given and the one that the image holds of the standard library.

Never runs code of the tree. The image is built with `--prepare`, which makes the cache of the standard library. Else
all is made ready that needs no tree, and a line on standard input, or its end, says that the tree is there; `BASE` says
from which of its folders imports start. Findings go to standard output as JSON lines; what mypy remembers
of the tree's own modules goes to `KEPT`, for the next run over the same repository.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREPARED = Path("/opt/p2c/mypy-cache")
BASE = Path("/job/base")
CACHE = Path("/tmp/mypy-cache")  # noqa: S108 - the container's own
GIVEN = Path("/job/given.tar")
KEPT = Path("/job/kept.tar")
KEPT_BYTES = 16 * 1024 * 1024
"""What would be larger is not kept."""
OPTIONS = (
    "--config-file=", "--no-sqlite-cache", "--no-site-packages", "--check-untyped-defs",
    "--explicit-package-bases", "--namespace-packages", "--output=json", "--no-error-summary", "--show-column-numbers",
    "--disable-error-code=import-untyped", "--disable-error-code=var-annotated", "--python-version=3.11",
)  # fmt: skip
"""Those that the cache depends on are the same when the image is built: another option, and it would be of no use."""
ENDINGS = (".data.ff", ".meta.ff", ".meta_ex.ff")
NAME = re.compile(r"3\.11(/[^/\0.][^/\0]{0,200}){1,40}\.(data|meta|meta_ex)\.ff")
"""No part of it begins with a dot, so none leads out of the folder."""


def prepare() -> None:
    """Make the cache of the standard library. Raises FileNotFoundError where mypy left none."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        public = sorted(name for name in sys.stdlib_module_names if not name.startswith("_") or name == "__future__")
        lines = (f"import {name}\n" for name in public if name not in ("antigravity", "this", "idlelib", "lib2to3"))
        Path("standard_library.py").write_text("".join(lines))
        with contextlib.redirect_stdout(io.StringIO()):  # it misses the few modules that have no stubs
            _mypy(PREPARED)
        for left in PREPARED.rglob("standard_library.*"):
            left.unlink()
    (PREPARED / "3.11/builtins.meta.ff").stat()


def get_ready() -> None:
    """All that needs no tree, and takes longer than the check of a small one."""
    with contextlib.suppress(OSError):  # without it all is made anew
        shutil.copytree(PREPARED, CACHE, copy_function=os.symlink)  # mypy replaces files, and writes into none
    import mypy.main  # noqa: PLC0415, F401 - it is a tool of the image, and nothing of this package needs it


def check(base: str) -> int:
    """Check the tree from the folder `base` on; mypy's exit status."""
    os.chdir(base)
    with contextlib.suppress(OSError, tarfile.TarError):
        _stamp()
        _take()
    status = _mypy(CACHE)
    with contextlib.suppress(OSError):
        _keep()
    return status


def _mypy(cache: Path) -> int:
    from mypy.main import main  # noqa: PLC0415 - see above

    try:
        main(args=[*OPTIONS, f"--cache-dir={cache}", "."], stdout=sys.stdout, stderr=sys.stderr, clean_exit=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 2
    return 0


def _stamp() -> None:
    """Give each source a time that its content decides: mypy believes a file unchanged by its time and its size."""
    for source in Path().rglob("*.py*"):
        if source.suffix in (".py", ".pyi") and source.is_file():
            when = int.from_bytes(hashlib.sha256(source.read_bytes()).digest()[:4]) >> 1
            os.utime(source, (when, when))


def _take() -> None:
    """Unpack what the last run kept: plain files with the names of a cache, and nothing else.

    They keep their times: mypy forgets a module whose data is not as old as it was when it was written.
    """
    with tarfile.open(GIVEN, "r:") as given:
        for member in given:
            content = given.extractfile(member) if member.isfile() and NAME.fullmatch(member.name) else None
            if content is not None:
                path = CACHE / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)
                path.write_bytes(content.read())
                os.utime(path, (member.mtime, member.mtime))


def _keep() -> None:
    """Write what is known of the tree's own modules to `KEPT`, unless it is too much."""
    found = [path for path in _own() if path.is_file()]
    if sum(path.stat().st_size + 1024 for path in found) > KEPT_BYTES:
        return
    with tarfile.open(KEPT, "w", format=tarfile.USTAR_FORMAT) as kept:
        for path in found:
            with contextlib.suppress(ValueError):  # a name that is too long for the format
                kept.add(path, path.relative_to(CACHE).as_posix(), recursive=False)


def _own() -> Iterator[Path]:
    """What the cache holds of modules whose file is below the working directory."""
    root = CACHE / "3.11"
    for source in Path().rglob("*.py"):
        stem = root / source.with_suffix("")
        yield from (stem.with_name(stem.name + ending) for ending in ENDINGS)


def main() -> int:
    """Prepare the image, or check a tree."""
    if sys.argv[1:] == ["--prepare"]:
        prepare()
        return 0
    get_ready()
    sys.stdin.readline()
    return check(os.fsdecode(BASE.read_bytes()))


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # taking the syntax trees down one by one is of no use
