"""What the smoke run wrote, kept in the run folder: tables, figures, texts that the program of a paper makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from p2c.errors import DiskFull, RunFolderError
from p2c.run.folder import RunFolder

OUTPUTS = "outputs"
"""Below it the files lie as the program placed them."""


def keep_outputs(folder: RunFolder, files: Mapping[str, bytes]) -> None:
    """Write path -> content below `outputs/`; what cannot be placed there is said, and stops nothing.

    Raises:
        DiskFull: there is no room.
    """
    for path, content in files.items():
        try:
            folder.write(f"{OUTPUTS}/{path}", content)
        except DiskFull:
            raise
        except RunFolderError as error:
            folder.journal.emit("note", message=f"what the smoke run wrote to {path} is not kept: {error}")


def kept_outputs(folder: RunFolder, written: Iterable[str]) -> tuple[str, ...]:
    """Those of the `written` files that are kept."""
    return tuple(path for path in written if folder.exists(f"{OUTPUTS}/{path}"))
