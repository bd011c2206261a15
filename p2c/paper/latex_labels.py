r"""Numbers for sections, floats and equations, as LaTeX counts them: a `\ref` reads like the printed paper."""

from __future__ import annotations

import re

_COUNTED = re.compile(
    r"\\(?P<section>section|subsection|subsubsection)(?P<star>\*?)(?=\s*[\[{])|(?P<appendix>\\appendix(?![A-Za-z]))|"
    r"\\begin\s*\{(?P<env>figure|table|algorithm|longtable|equation|align|gather|multline|eqnarray|flalign|alignat)"
    r"(?P<envstar>\*?)\}|\\end\s*\{(?P<close>figure|table|algorithm|longtable|equation|align|gather|multline|eqnarray|"
    r"flalign|alignat)\*?\}|(?P<row>\\\\)|(?P<silent>\\(?:nonumber|notag)(?![A-Za-z]))|\\label\s*\{(?P<label>[^}]*)\}"
)
_ROWS = ("align", "gather", "eqnarray", "flalign", "alignat")
_FLOATS = {"figure": "Figure", "table": "Table", "longtable": "Table", "algorithm": "Algorithm"}


class Counter:
    """Section numbers: `3.2`, and `A.1` behind the appendix."""

    def __init__(self) -> None:
        self._numbers = [0, 0, 0]
        self._appendix = False

    def begin_appendix(self) -> None:
        """From here on sections are lettered."""
        self._appendix = True
        self._numbers = [0, 0, 0]

    def next(self, level: int) -> str:
        """The number of the next section of `level` (1 to 3)."""
        self._numbers[level - 1] += 1
        self._numbers[level:] = [0] * (3 - level)
        first = self._numbers[0]
        head = chr(ord("A") + (first - 1) % 26) if self._appendix and first else str(first)
        return ".".join([head, *map(str, self._numbers[1:level])])


def labels(text: str) -> dict[str, str]:
    """What each label of `text` stands for, for example `Figure 2`, `Equation 5`, `Section 3.1`."""
    sections, counts = Counter(), {"Figure": 0, "Table": 0, "Algorithm": 0, "Equation": 0}
    found: dict[str, str] = {}
    here, inside, silent = "", "", False
    for match in _COUNTED.finditer(text):
        if match["appendix"]:
            sections.begin_appendix()
        elif match["section"] and not match["star"]:
            here = "Section " + sections.next(match["section"].count("sub") + 1)
        elif match["env"] in _FLOATS:
            counts[_FLOATS[match["env"]]] += 1
            here = f"{_FLOATS[match['env']]} {counts[_FLOATS[match['env']]]}"
        elif match["env"] and not match["envstar"]:
            inside, silent = match["env"], False
            counts["Equation"] += 1
        elif match["row"] and inside in _ROWS:
            counts["Equation"] += not silent
            silent = False
        elif match["silent"] and inside:
            silent = True
        elif match["close"] and match["close"] == inside:
            counts["Equation"] -= silent
            inside = ""
        elif match["label"] is not None:
            found[match["label"]] = f"Equation {counts['Equation']}" if inside else here
    return found
