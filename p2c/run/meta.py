"""`run.json`: what a run folder is about, and in which layout."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from p2c.errors import RunFolderError
from p2c.run.atomic import plain_errors

LAYOUT = "1"
"""Version of the layout, described in README.md beside this file."""


class RunMeta(BaseModel):
    """What a run is about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: str = LAYOUT
    paper: str | None = None
    """SHA-256 (hex) of the paper."""
    model: str | None = None
    options: Mapping[str, object] = {}
    """The command's options, for people; never a key."""

    def to_json(self) -> str:
        """As written to `run.json`."""
        return self.model_dump_json(indent=1) + "\n"


def read_meta(path: Path) -> RunMeta:
    """The meta data in `path`; fresh ones when there is no such file.

    Raises:
        RunFolderError: the file is damaged, or of a layout that this version does not know.
    """
    with plain_errors("read", path):
        if not path.exists():
            return RunMeta()
        text = path.read_text(encoding="utf-8", errors="replace")
    try:
        plain = json.loads(text)
        layout = plain.get("layout")
    except (ValueError, AttributeError) as error:
        raise RunFolderError(f"{path} is damaged ({error}); name another folder") from error
    if layout != LAYOUT:
        raise RunFolderError(
            f"{path.parent} has layout {layout!r}, this p2c knows layout {LAYOUT!r}; "
            "use the p2c that made it, or name another folder"
        )
    try:
        return RunMeta.model_validate(plain)
    except ValidationError as error:
        raise RunFolderError(f"{path} is damaged ({error}); name another folder") from error
