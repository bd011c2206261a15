"""In which form the debugging agent gives its edits: blocks, or short files whole.

Strong models do best with blocks, weak ones far better with whole short files: of ten one-bug repairs a model of 1.5
billion parameters made 0 to 5 with blocks, 7 with whole files. `auto` begins with blocks and changes over where replies
keep failing at the form.
"""

from __future__ import annotations

import threading
from typing import Literal, get_args

from p2c.run.journal import Journal

EditFormat = Literal["blocks", "whole", "auto"]
EDIT_FORMATS: tuple[str, ...] = get_args(EditFormat)

EDIT_NOTE = "edits: "
"""How notes on the form of edits begin."""

SHORT_LINES, SHORT_CHARACTERS = 200, 8_000
"""Of a file that is given whole; a longer one stays in blocks."""

_MALFORMED = 2
"""Replies that failed at the form before `auto` changes over; one in ten does with strong models (field notes)."""


def is_short(text: str) -> bool:
    """Whether a file of this content is given whole, where whole files are asked for."""
    return len(text) <= SHORT_CHARACTERS and text.count("\n") < SHORT_LINES


class Formats:
    """Which form is asked for now; one for all conversations of a repair, which may be heard at the same time."""

    def __init__(self, wanted: EditFormat, journal: Journal) -> None:
        self._auto = wanted == "auto"
        self._whole = wanted == "whole"
        self._journal = journal
        self._lock = threading.Lock()
        self._malformed = 0
        self._well_formed = 0

    def heard(self, *, malformed: bool) -> None:
        """A reply came that could, or could not, be read and placed."""
        with self._lock:
            self._malformed += malformed
            self._well_formed += not malformed

    def whole(self) -> bool:
        """Whether short files are to be given whole in what is asked next. `auto` changes over once, and says so.

        It does after two malformed replies, where these are more than the others; in whichever order they came.
        """
        with self._lock:
            over = self._auto and self._malformed >= _MALFORMED and self._malformed > self._well_formed
            if over and not self._whole:
                self._whole = True
                self._journal.emit(
                    "note",
                    message=f"{EDIT_NOTE}{self._malformed} of {self._malformed + self._well_formed} replies were "
                    "malformed, so short files are asked for whole from now on (--edit-format auto)",
                )
            return self._whole
