"""The prompts: Jinja templates under `prompts/`, one a step; an undefined variable is an error."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_folder()),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - the output is plain text for a model, never HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, **values: object) -> str:
    """The text of `prompts/{template}.md.j2` with `values` filled in.

    Raises:
        jinja2.UndefinedError: the template uses a name that is not among `values`.
        jinja2.TemplateNotFound: there is no such template.
    """
    return _environment().get_template(f"{template}.md.j2").render(**values)


def digest() -> str:
    """SHA-256 (hex) over all prompts: another one means that this p2c asks otherwise."""
    total = hashlib.sha256()
    for path in sorted(_folder().rglob("*.j2")):
        total.update(f"{path.relative_to(_folder()).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return total.hexdigest()


def _folder() -> Path:
    installed = Path(__file__).parent / "_data" / "prompts"
    return installed if installed.is_dir() else Path(__file__).parent.parent / "prompts"
