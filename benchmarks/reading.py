"""Reads one paper, as `p2c generate` does, in a process of its own: `python -m benchmarks.reading PAPER OUT`.

OUT gets a JSON object: `paper` and `pictures` (how many), or `refused` (the message), or `failed` (what it should not
have raised).
"""

from __future__ import annotations

import json
import sys
import tempfile
import traceback
from pathlib import Path

from p2c.errors import PaperError
from p2c.paper.known import read_known


def main(paper: str, out: str) -> None:
    """Read `paper`, write `out`."""
    with tempfile.TemporaryDirectory(prefix="p2c-bench-") as folder:
        try:
            read = read_known(Path(paper), Path(folder))
            answer = {"paper": read.model_dump(mode="json"), "pictures": len(list(Path(folder).iterdir()))}
        except PaperError as error:
            answer = {"refused": str(error)}
        except Exception as error:  # noqa: BLE001 - that is what is looked for: an error which no one foresaw
            traceback.print_exc()
            answer = {"failed": f"{type(error).__name__}: {error}"}
    Path(out).write_text(json.dumps(answer), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
