"""Draws the end of a finished run as an SVG picture: `python docs/picture.py RUN TITLE > docs/run.svg`."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from p2c.report.summary import Report
from p2c.report.text import show

REMOTE_FONTS = re.compile(r"@font-face \{\{.*?\}\}", re.S)


def main() -> None:
    """Write the picture to standard output; it refers to nothing on the network."""
    run, title = Path(sys.argv[1]), sys.argv[2]
    report = Report.model_validate_json((run / "report.json").read_text(encoding="utf-8"))
    console = Console(
        record=True, width=108, file=io.StringIO(), force_terminal=True, color_system="truecolor", highlight=False
    )
    console.print(f"$ {title}", highlight=False)
    show(report, console, str(run))
    plain_format = REMOTE_FONTS.sub("", CONSOLE_SVG_FORMAT).replace("Fira Code", "ui-monospace")
    sys.stdout.write(console.export_svg(title="p2c", code_format=plain_format, unique_id="p2c"))


if __name__ == "__main__":
    main()
