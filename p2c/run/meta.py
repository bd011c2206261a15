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
    title: str | None = None
    """The paper's title."""
    model: str | None = None
    """Who was asked last."""
    prompts: str | None = None
    """Digest of the prompts that the model was asked with last."""
    options: Mapping[str, object] = {}
    """The command's options, for people; never a key."""
    repair: Mapping[str, object] = {}
    """What the repair works with besides the code, for `p2c replay`."""

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
        raise _damaged(path, str(error)) from error
    if layout != LAYOUT:
        raise RunFolderError(
            f"{path.parent} has layout {layout!r}, this p2c knows layout {LAYOUT!r}; "
            "use the p2c that made it, or name another folder"
        )
    try:
        return RunMeta.model_validate(plain)
    except ValidationError as error:
        raise _damaged(path, first_fault(error)) from error


def first_fault(error: ValidationError) -> str:
    """What is wrong with a file, in a line: the first field that makes no sense, and why."""
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"


def _damaged(path: Path, why: str) -> RunFolderError:
    return RunFolderError(
        f"{path} is damaged, or of a newer p2c ({why}); delete it, and the command that made the run makes it anew "
        "and goes on: it holds nothing that was paid for"
    )
