"""Characters that a person does not see and a model does: a paper can hold a second text in them."""

from __future__ import annotations

import re

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls
    "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero width, directions, annotations
    "\U000e0000-\U000e0fff]"  # tags and supplementary variation selectors: each stands for a byte or a letter
)


def visible(text: str) -> tuple[str, int]:
    """`text` without characters that show nothing, and how many there were. Line breaks and tabs stay."""
    return _INVISIBLE.subn("", text)
