"""A file that the answer gives in full, as the smallest change of the file that there is."""

from __future__ import annotations

from p2c.repair.diff import opcodes
from p2c.repair.place import Refused, elides
from p2c.repair.text import is_binary, new_text, read_text

_LONG = 30
"""Lines from which on a much shorter version is taken for an excerpt."""


def whole_file(before: bytes | None, lines: tuple[str, ...], *, parsed: bool) -> bytes | Refused:
    """The bytes of the file when it shall read `lines`; lines that stay keep their endings, as does the end.

    `parsed` says whether the file was code before: one that never was may well become much shorter.
    """
    if not any(line.strip() for line in lines):
        return Refused("the file is given without content")
    if before is None or not before.strip():
        return new_text(lines).encode()
    if is_binary(before):
        return Refused("the file is binary")
    text = read_text(before)
    elided = next((x for x in lines if elides(x) and x not in text.lines), None)
    if elided is not None:
        return Refused(f"the file leaves code out (`{elided.strip()}`); give it in full, or use SEARCH/REPLACE blocks")
    if parsed and len(text.lines) > _LONG and len(lines) * 2 < len(text.lines):
        return Refused(
            f"only {len(lines)} lines are given of a file of {len(text.lines)}; "
            "use SEARCH/REPLACE blocks for a part of it"
        )
    while lines and not lines[-1].strip() and text.lines[-1].strip():
        lines = lines[:-1]
    for tag, start, stop, low, high in reversed(opcodes(text.lines, lines)):
        if tag != "equal":
            text = text.spliced(start, stop, lines[low:high])
    return text.encode()
