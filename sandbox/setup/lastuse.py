"""When an image was used last, which no engine tells: a file of this user's for each image, whose time it is.

Best effort: where no such file can be written, an image counts as used when it was made.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from sandbox.setup.places import cache_folder

FOLDER = "used"
"""Below the cache folder."""


def note_use(identity: str) -> None:
    """The image with this id is used now."""
    with suppress(OSError):
        _stamp(identity).touch()


def last_use(identity: str) -> float:
    """Epoch seconds; 0 where nobody noted it."""
    try:
        return _stamp(identity).stat().st_mtime
    except OSError:
        return 0.0


def forget_others(identities: Collection[str]) -> None:
    """Drop what was noted of images other than these."""
    keep = {_stamp(identity).name for identity in identities}
    with suppress(OSError):
        for path in (cache_folder() / FOLDER).iterdir():
            if path.name not in keep:
                path.unlink(missing_ok=True)


def _stamp(identity: str) -> Path:
    folder = cache_folder() / FOLDER
    folder.mkdir(exist_ok=True)
    return folder / identity.rpartition(":")[2]
