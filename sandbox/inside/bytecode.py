"""Bytecode for an environment, shared between environments by what a source holds. Standard library only.

The store is read-only where code runs, so without it every run would compile every import again. Compiling is done by
the image's Python, not the environment's, and in processes of their own: a hostile source can end its compiler but not
the installation. The bytecode is never checked against its source again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import py_compile
import resource
import shutil
import sys
import warnings
from pathlib import Path

COMPILE_SECONDS = 300


def compile_all(folder: Path, kept: Path) -> None:
    """Bytecode for all sources in the environment `folder` but tests; `kept` holds it by the digest of its source
    and the interpreter that can read it."""
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
                    _compile_one(path, kept)
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


def _compile_one(path: Path, shared: Path) -> None:
    with contextlib.suppress(OSError, py_compile.PyCompileError, ValueError, RecursionError, MemoryError):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        kept = shared / digest[:2] / f"{digest[2:]}-{sys.implementation.cache_tag}"
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
