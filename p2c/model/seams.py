"""Where the rest of an answer goes on, when it is not told by a long repetition: of several readings, the best."""

from __future__ import annotations

import re

from p2c.model.content import is_code_line, wrong_line

_PYTHON = re.compile(r"^ {0,3}(`{3,}|~{3,})(?:python|py)\b[^\n]*\n", re.IGNORECASE | re.MULTILINE)
_BARE = re.compile(r"\s*(?:import|from|def|class) \w")
_INDENT = 4


def best_seam(first: str, more: str, *, is_anew: bool) -> str:
    """`first` and `more` as one text.

    `more` may go on in the middle of the line, say that line again from its beginning, or from where its indentation
    ends, or (`is_anew`: it opened a fence again) begin with the next line. Python's parser decides; where it goes
    equally far in several, the likeliest is taken.
    """
    readings = _readings(first, more, is_anew=is_anew)
    if len(readings) == 1:
        return readings[0]
    return max(readings, key=_understood)  # the first of equals


def _readings(first: str, more: str, *, is_anew: bool) -> list[str]:
    """The likeliest first."""
    last = first.rpartition("\n")[2]
    found = [first + more]
    again = next((said for said in (last, last.strip()) if said and more.startswith(said)), "")
    if again:
        found.insert(0 if _is_repeated(last, again, more) else 1, first + more[len(again) :])
    if is_anew and last.strip() and not again and not more.startswith("\n"):
        is_next = more.startswith("  ") or (last.lstrip().startswith("#") and is_code_line(more.partition("\n")[0]))
        found.insert(0 if is_next else len(found), f"{first}\n{more}")
    return found


def _is_repeated(last: str, again: str, more: str) -> bool:
    """Whether the last line is said again, rather than gone on with what looks like it: a row of zeros, of brackets."""
    if not again.strip():
        indent = len(more) - len(more.lstrip(" "))
        return indent % _INDENT == 0 and (len(last) + indent) % _INDENT != 0
    has_indent = again == last and last[:1] in (" ", "\t")
    return has_indent or any(letter.isalpha() for letter in again) or again == "# "


def _understood(text: str) -> int:
    """How near to its end Python understands the code in `text`, in lines; all texts that hold none are alike."""
    opening = _PYTHON.search(text)
    if opening is not None:
        code, _, behind = text[opening.end() :].rpartition(f"\n{opening[1]}")
        code = code if code and not behind.strip("`~ \n") else text[opening.end() :].partition(f"\n{opening[1]}\n")[0]
    elif _BARE.match(text):
        code = text
    else:
        return 0
    wrong = wrong_line(f"{code}\n")
    return 1 if wrong is None else wrong - len(code.splitlines())
