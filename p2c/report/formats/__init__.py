"""A verdict in the formats that CI systems read; each module is loaded when its format is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from sandbox.verdict import Verdict

FORMATS = {"junit": "junit", "sarif": "sarif", "codequality": "codequality", "summary": "markdown"}
"""The format's name -> the module below this package that renders it."""


def render(name: str, verdict: Verdict, prefix: str = "") -> str:
    """The file's text, in UTF-8 without lone surrogates.

    Args:
        name: one of `FORMATS`.
        prefix: from the root of the checkout to the repository, POSIX, empty or ending in `/`.
    """
    module = importlib.import_module(f"{__name__}.{FORMATS[name]}")
    return cast(Callable[[Verdict, str], str], module.render)(verdict, prefix)
