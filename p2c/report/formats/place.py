"""Where a repository is inside its checkout: CI systems name files from the checkout's root."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE")
"""Set by GitHub, GitLab and Jenkins."""


def prefix_of(repository: Path, environ: Mapping[str, str]) -> str:
    """From the checkout's root to `repository`: empty, or a POSIX path that ends in `/`.

    The root is what the CI system says, where the repository is inside it; else the next folder above with a `.git`.
    """
    folder = repository.resolve()
    named = [Path(environ[name]).resolve() for name in _ROOTS if environ.get(name)]
    roots = [root for root in named if folder.is_relative_to(root)]
    roots += [parent for parent in (folder, *folder.parents) if (parent / ".git").exists()]
    inside = folder.relative_to(roots[0]).as_posix() if roots else "."
    return "" if inside == "." else f"{inside}/"
