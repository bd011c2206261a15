"""What a reading of a paper kept of its tables, captions, algorithms and equations, and what leaked into its body."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pylatexenc.latex2text import LatexNodes2Text

from p2c.paper.measure import in_order, words_of
from p2c.types import Paper

ENOUGH = 0.8
"""Share of a caption's or an algorithm's words in order from which on it was read."""
SAME_TABLE = 0.5
"""Share of a table's cells from which on a table that was read is that one."""
ENOUGH_OF_AN_EQUATION = 0.7
"""Share of an equation's letters and digits: printed in two dimensions, read in one, and spelt in another font."""
RUN = 6
"""So many words in a row of a reference in the body are no coincidence."""
_RELATION = re.compile("[=<>\u2264\u2265\u223c\u2248\u221d\u2192\u2208]")
"""What makes a short line of text one that holds an equation."""
_TEXT_CAPTION = re.compile(r"\A\*\*(?:Caption|(?:Figure|Table|Algorithm)\s[\w.]*?)\.\*\*\s*", re.IGNORECASE)
_LABEL = re.compile(
    r"\A(?:figure|fig|table|tab|algorithm|рис(?:унок)?|таблица|табл)\.?\s*[\w.]*[.:]?\s*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Found:
    """How many of so many."""

    found: int
    total: int

    def __add__(self, other: Found) -> Found:
        return Found(self.found + other.found, self.total + other.total)

    @property
    def text(self) -> str:
        """For a table: `3 of 4`, or `-` where there is nothing to find."""
        return f"{self.found} of {self.total}" if self.total else "-"


@dataclass(frozen=True, slots=True)
class Parts:
    """What was found of the parts of one paper."""

    tables: Found
    cells: Found
    captions: Found
    algorithms: Found
    equations: Found


def parts(read: Paper, true: Paper) -> Parts:
    """A paper as `read` (from its PDF) against the same paper as it truly is."""
    ours, truly = list(blocks(read)), list(blocks(true))
    tables, cells = _tables([_cells(b) for b in ours if _is_table(b)], [_cells(b) for b in truly if _is_table(b)])
    return Parts(
        tables=tables,
        cells=cells,
        captions=_texts([_caption(b) for b in truly if _is_caption(b)], [_caption(b) for b in ours if _is_caption(b)]),
        algorithms=_texts(*(_algorithms(found) for found in (truly, ours))),
        equations=_equations([b for b in truly if b.startswith("$$")], ours),
    )


def blocks(paper: Paper) -> Iterator[str]:
    """The paper's text in pieces that blank lines divide; a fence stays whole."""
    for section in paper.sections:
        if section.kind == "references":
            continue
        held: list[str] = []
        fenced = False
        for line in [*section.text.split("\n"), ""]:
            if line.startswith("```"):
                fenced = not fenced
            if line.strip() or fenced:
                held.append(line)
            elif held:
                yield "\n".join(held)
                held = []
        if held:
            yield "\n".join(held)


def _is_table(block: str) -> bool:
    return block.startswith("|")


def _is_caption(block: str) -> bool:
    return bool(_TEXT_CAPTION.match(block)) and len(words_of(_caption_text(block))) > 0


def _caption_text(block: str) -> str:
    return _LABEL.sub("", _TEXT_CAPTION.sub("", block))


def _caption(block: str) -> list[str]:
    return words_of(without_mathematics(_caption_text(block)))


def without_mathematics(text: str) -> str:
    """Running text alone: no formulas, indices, citations and addresses."""
    return re.sub(r"\$[^$]*\$|\[[^\]]*\]|_\{[^}]*\}|\^\{[^}]*\}|https?://\S+", " ", text)


def _texts(wanted: Sequence[list[str]], present: Sequence[list[str]]) -> Found:
    """How many of the texts stand in one of those that are present; texts without a word count for nothing."""
    real = [words for words in wanted if words]
    found = sum(any(in_order(words, other) >= ENOUGH * len(words) for other in present) for words in real)
    return Found(found, len(real))


def _algorithms(found: Sequence[str]) -> list[list[str]]:
    """The words of each algorithm box: a fence beside whose caption, before or behind it, stands its name."""
    boxes = []
    for before, block, behind in zip(["", *found], found, [*found[1:], ""], strict=False):
        named = any(re.search(r"(?i)\A\*\*(?:Caption\.\*\* )?Algorithm\b", other) for other in (before, behind))
        if block.startswith("```") and named:
            boxes.append(words_of(without_mathematics(block.strip("`").removeprefix("text"))))
    return boxes


def _cells(block: str) -> Counter[str]:
    rows = [line for line in block.split("\n") if not re.fullmatch(r"[|\s:-]*", line)]
    cells = [_plain(cell) for line in rows for cell in re.split(r"(?<!\\)\|", line)]
    return Counter(cell for cell in cells if cell)


def _tables(ours: Sequence[Counter[str]], truly: Sequence[Counter[str]]) -> tuple[Found, Found]:
    """Tables that were read as tables, and cells of all of them; each table that was read is one of them at most."""
    left = list(ours)
    tables, cells = 0, 0
    for true in truly:
        best = max(left, key=lambda other: (other & true).total(), default=None)
        shared = (best & true).total() if best is not None else 0
        if best is not None and shared >= SAME_TABLE * true.total():
            left.remove(best)
            tables += 1
        cells += shared if best is not None and shared else 0
    return Found(tables, len(truly)), Found(cells, sum(true.total() for true in truly))


def _plain(text: str) -> str:
    """Letters and digits alone, whatever they are spelt in: `$d_\\text{model}$` and `d_{model}` are the same."""
    text = re.sub(r"\[[^\]]*\]", "", text)  # citations are keys in one and numbers in the other
    text = re.sub(
        r"\\(?:text|mathrm|mathbf|mathbb|mathcal|mathfrak|boldsymbol|textbf|operatorname)\*?(?=\s*\{)", "", text
    )
    text = str(LatexNodes2Text(math_mode="text").latex_to_text(text)) if "\\" in text or "$" in text else text
    text = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in text if char.isalnum() and (char.isascii() or char > "\u03ff"))


def _equations(wanted: Sequence[str], ours: Sequence[str]) -> Found:
    """Equations whose letters and digits stand in a formula that was read, in two in a row, or in a line of text."""
    formulas = [_letters(block) for block in ours if block.startswith("$$")]
    near = [one + other for one, other in pairwise(formulas)]
    lines = [_letters(block) for block in ours if len(block) < 300 and _RELATION.search(block)]
    present = [*formulas, *near, *lines]
    real = [letters for block in wanted if (letters := _letters(block)).total() >= 2]
    found = sum(
        any((letters & other).total() >= ENOUGH_OF_AN_EQUATION * letters.total() for other in present)
        for letters in real
    )
    return Found(found, len(real))


def _letters(block: str) -> Counter[str]:
    return Counter(_plain(re.sub(r"\\(?:tag|label)\s*\{[^}]*\}|\\(?:begin|end)\s*\{[^}]*\}", "", block).strip("$ \n")))


def leaked(body: Sequence[str], others: Iterable[Sequence[str]], run: int = RUN) -> int:
    """How many words of `body` stand in runs of `run` words or more that are also in one of the `others`."""
    grams = {tuple(text[i : i + run]) for text in others for i in range(len(text) - run + 1)}
    hit = [False] * len(body)
    for i in range(len(body) - run + 1):
        if tuple(body[i : i + run]) in grams:
            hit[i : i + run] = [True] * run
    return sum(hit)
