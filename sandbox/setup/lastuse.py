"""When an image was used last, which no engine tells: a file of this user's for each image, whose time it is.

Best effort: where no such file can be written, an image counts as used when it was made.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from sandbox.setup.places import cache_folder

FOLDER = "used"
"""Below the cache folder."""
KEPT_SECONDS = 180 * 86400.0
"""What was not used for so long is forgotten."""


def note_use(identity: str) -> None:
    """The image with this id is used now."""
    with suppress(OSError):
        stamp = _stamp(identity)
        stamp.parent.mkdir(exist_ok=True)
        stamp.touch()
        _forget(time.time() - KEPT_SECONDS)


def last_use(identity: str) -> float:
    """Epoch seconds; 0 where nobody noted it."""
    try:
        return _stamp(identity).stat().st_mtime
    except OSError:
        return 0.0


def _forget(before: float) -> None:
    """Drop what is older: of an image that is gone, of whichever engine, nobody asks."""
    for path in (cache_folder() / FOLDER).iterdir():
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)


def _stamp(identity: str) -> Path:
    return cache_folder() / FOLDER / identity.rpartition(":")[2]
