"""What a script declares of itself: inline script metadata, PEP 723, in a comment `# /// script`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from sandbox.requirements.entries import Entry, Note, Places, texts

MARK = b"# /// script"
_START = re.compile(r"# /// script\s*")
_END = re.compile(r"# ///\s*")


def inline_script(text: str, *, primary: bool) -> Iterator[Entry | Note]:
    """The dependencies of the first block of type `script`; its last line `# ///` ends it.

    Args:
        primary: whether the script is there to be run.
    """
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if _START.fullmatch(line)), len(lines))
    block: list[str] = []
    for line in lines[start + 1 :]:
        if not (line == "#" or line.startswith("# ")):
            break
        block.append(line)
    ends = [number for number, line in enumerate(block) if _END.fullmatch(line)]
    if not ends:
        return
    try:
        found = tomllib.loads("\n".join(line[2:] for line in block[: ends[-1]])).get("dependencies")
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a plain ValueError
        yield Note(f"its block of script metadata is no TOML ({error}); it was passed over")
        return
    places = Places("\n".join(lines[: start + 1 + len(block)]))
    for entry in texts(found):
        yield entry, places.line_of(entry), primary
