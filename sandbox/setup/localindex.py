"""Package indexes that are folders of this host (`file://`): what a container must see of them.

Only the folder of the index itself and the folders that its pages link to are shown, never a parent
such as a home directory: what installs is trusted less than the user is.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

_HREF = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*["']([^"'#]+)""", re.IGNORECASE)
_MAX_PAGES = 500
_MAX_LINKS = 50


@dataclass(frozen=True)
class Shown:
    """One folder or file of the host, and where a container sees it (read-only)."""

    source: str
    target: str


def local_path(location: str) -> Path | None:
    """The host's path that `location` (a `file:` URL or a plain path) names; None for any other URL."""
    parts = urlsplit(location)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    if "://" in location:
        return None
    return Path(location).expanduser().absolute()


def show_links(location: Path, number: int) -> tuple[tuple[Shown, ...], str]:
    """A find-links folder, or page, as a container sees it: what to mount, and its path or URL there."""
    if location.is_dir():
        target = f"/host/links/{number}"
        return (Shown(str(location), target),), target
    return _show(location, [location], f"/host/links/{number}")


def show_index(folder: Path, number: int) -> tuple[tuple[Shown, ...], str]:
    """An index folder (PEP 503) as a container sees it: what to mount, and its URL there."""
    pages = [folder / "index.html", *islice(sorted(folder.glob("*/index.html")), _MAX_PAGES)]
    return _show(folder, [page for page in pages if page.is_file()], f"/host/index/{number}")


def _show(root: Path, pages: list[Path], target: str) -> tuple[tuple[Shown, ...], str]:
    """Keep the distances between the folders as they are, so that relative links stay true."""
    root = Path(os.path.normpath(root))
    folders = {root, *(folder for page in pages for folder in _linked(page))}
    outermost = [f for f in sorted(folders) if not any(f != other and f.is_relative_to(other) for other in folders)]
    common = Path(os.path.commonpath([str(folder.parent) for folder in outermost]))
    shown = tuple(Shown(str(f), f"{target}/{f.relative_to(common).as_posix()}") for f in outermost)
    return shown, f"file://{quote(f'{target}/{root.relative_to(common).as_posix()}')}"


def _linked(page: Path) -> set[Path]:
    """The folders that hold the files that `page` links to by a relative link."""
    try:
        text = page.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    folders: set[Path] = set()
    for match in islice(_HREF.finditer(text), _MAX_LINKS):
        link = urlsplit(match[1])
        if link.scheme or link.netloc or link.path.startswith("/"):
            continue
        linked = Path(os.path.normpath(page.parent / unquote(link.path)))
        folders |= {path.parent for path in (linked, linked.resolve()) if path.is_file()}
    return folders
