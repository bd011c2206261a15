"""Amounts of memory and disk on the command line."""

from __future__ import annotations

import re
from typing import Any

import click

from sandbox.settings import MIB

_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kmgt]?)i?b?", re.IGNORECASE)
MAX_BYTES = 2**63
"""What an engine's interface cannot hold."""
_UNITS = {"": 1, "k": 1024, "m": MIB, "g": 1024 * MIB, "t": MIB * MIB}


def read_size(text: str) -> int:
    """Bytes, of `512m`, `4g`, `4GiB`, or bytes. Raises ValueError for what is no amount of memory."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no amount of memory; write for example 512m or 4g")
    amount = float(match["number"]) * _UNITS[match["unit"].lower()]
    if amount >= MAX_BYTES:
        raise ValueError(f"{text[:20]!r}... is more memory than any machine has; write for example 512m or 4g")
    return int(amount)


class Size(click.ParamType[int]):
    """An amount of memory: `512m`, `4g`, `4GiB`, or bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Bytes."""
        try:
            return read_size(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def size(count: int) -> str:
    """An amount of disk for people."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"
