"""Which modules an environment holds, told by its files alone: nothing of it is imported.

An absence is only said when it is sure: compiled extensions, single-file modules and namespace packages count, so do
folders that a `.pth` file adds, and what a distribution's metadata claim (`Import-Name`, PEP 794). Standard library
only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.parser import HeaderParser
from pathlib import Path

_SUFFIXES = (".py", ".pyc", ".so", ".pyd")
_REDIRECTS = re.compile(r"__editable__|finder", re.I)
_DYNAMIC = re.compile(rb"__getattr__|__path__|sys\.modules|lazy|import_module|__import__", re.I)


def absent(environment: Path, modules: Iterable[str], exact: Iterable[str] = ()) -> list[str]:
    """Those of `modules` and `exact` that the environment surely lacks.

    Args:
        modules: looked for up to the first regular package: what lies below it may be another version's.
        exact: looked for to their last part, as far as the package binds nothing by itself.
    """
    missing = []
    for site in environment.glob("lib/python3*/site-packages"):
        roots, sure = _roots(site)
        if not sure:
            continue
        missing += [name for name in modules if not _has(roots, name, exact=False)]
        missing += [name for name in exact if not _has(roots, name, exact=True)]
        claimed = _claimed(site) if missing else frozenset()
        missing = [name for name in missing if not claimed.intersection(_parents(name))]
    return list(dict.fromkeys(missing))


def _roots(site: Path) -> tuple[list[Path], bool]:
    """The folders that are searched for modules; False when an import hook may add others."""
    roots = [site]
    for path in sorted(site.glob("*.pth")):
        for line in path.read_text("utf-8", "replace").splitlines():
            if line.startswith(("import ", "import\t")):
                if _REDIRECTS.search(line):
                    return roots, False
            elif line.strip() and not line.startswith("#"):
                roots.append(site / line.strip())
    return roots, True


def _has(roots: list[Path], module: str, *, exact: bool) -> bool:
    return any(_has_in(root, module.split("."), exact=exact) for root in roots)


def _has_in(here: Path, parts: list[str], *, exact: bool) -> bool:
    for number, part in enumerate(parts):
        if _is_file(here, part):
            return True
        parent, here = here, here / part
        if not here.is_dir():
            return number > 0 and _may_bind(parent, part)
        if not exact and _is_file(here, "__init__"):
            return True
    return True


def _is_file(folder: Path, name: str) -> bool:
    """Whether the folder holds the module as a single file, such as `name.py` or `name.cpython-311-x86_64.so`."""
    return any(path.suffix in _SUFFIXES for path in folder.glob(f"{name}.*"))


def _may_bind(package: Path, part: str) -> bool:
    """Whether a regular package may bind `part` when it is imported."""
    for path in package.glob("__init__.*"):
        content = path.read_bytes() if path.suffix == ".py" else b"__getattr__"
        if re.search(rb"\b%s\b" % re.escape(part.encode()), content) or _DYNAMIC.search(content):
            return True
    return False


def _claimed(site: Path) -> frozenset[str]:
    """Import names that distributions say to provide."""
    found: set[str] = set()
    for path in site.glob("*.dist-info/METADATA"):
        headers = HeaderParser().parsestr(path.read_text("utf-8", "replace"))
        for field in ("Import-Name", "Import-Namespace"):
            found.update(value.partition(";")[0].strip() for value in headers.get_all(field, ()))
    return frozenset(found)


def _parents(module: str) -> set[str]:
    parts = module.split(".")
    return {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
