"""Files that a run wrote and a person would look at: tables, figures, texts; a few of them, none large.

They are data that untrusted code made. No name of theirs leads out of a folder, and none is a link (see
`sandbox.inside.files`); what is in them is not looked at.
"""

from __future__ import annotations

from sandbox.job import RunResult
from sandbox.settings import MIB

SHOWABLE = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf", ".csv", ".tsv", ".json", ".txt", ".md")
PATTERNS = tuple(f"**/*{ending}" for ending in SHOWABLE)
"""For `Job.collect_written`."""
MAX_FILES = 50
MAX_BYTES = 16 * MIB
MAX_NAME = 200


def written_files(result: RunResult) -> dict[str, bytes]:
    """path -> content of what the run wrote, of what came back by `PATTERNS`: the smallest files first.

    At most `MAX_FILES` and `MAX_BYTES`; none that is hidden, or has a name that cannot be printed.
    """
    found = {path: content for path, content in result.files.items() if path in result.written and _is_plain(path)}
    kept: dict[str, bytes] = {}
    left = MAX_BYTES
    for path, content in sorted(found.items(), key=lambda item: (len(item[1]), item[0]))[:MAX_FILES]:
        left -= len(content)
        if left >= 0:
            kept[path] = content
    return kept


def _is_plain(path: str) -> bool:
    hidden = any(part.startswith(".") for part in path.split("/"))
    return not hidden and path.isprintable() and len(path) <= MAX_NAME and path.lower().endswith(SHOWABLE)
