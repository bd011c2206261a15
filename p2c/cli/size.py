"""Amounts of memory and disk on the command line."""

from __future__ import annotations

import re
from typing import Any

import click

from sandbox.settings import MIB

_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kmgt]?)i?b?", re.IGNORECASE)
_UNITS = {"": 1, "k": 1024, "m": MIB, "g": 1024 * MIB, "t": MIB * MIB}


class Size(click.ParamType[int]):
    """An amount of memory: `512m`, `4g`, `4GiB`, or bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Bytes."""
        match = _SIZE.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"{value!r} is no amount of memory; write for example 512m or 4g", param, ctx)
        return int(float(match["number"]) * _UNITS[match["unit"].lower()])


def size(count: int) -> str:
    """An amount of disk for people."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"
