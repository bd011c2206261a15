"""Attacks as data: programs in `attacks/`, whose docstrings say what must come of them.

The docstring's first line is the sentence that must hold; then, a line each, `control`, how the run `ends` (words of
`Ended`, behind `exited` or `signalled` its number), `within` how many seconds, and, where they matter, `limits`
(fields of `Limits`) and `needs` (words of `Need`), `alone`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandbox.escape.case import Case, Place, ended, must
from sandbox.escape.control import CONTROLS
from sandbox.escape.need import Need
from sandbox.job import Job
from sandbox.settings import Limits
from sandbox.tree import Tree
from sandbox.verdict import Ended

FOLDER = Path(__file__).parent / "attacks"
CONTAINED = Path(__file__).parent / "contained.py"
_FIELD = re.compile(r"^(control|ends|within|limits|needs|alone): (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Attack:
    """One program and what must come of it.

    Attributes:
        ends: how the run may end.
        number: the exit status or the signal, where one is expected.
        within: seconds in which it must have ended.
    """

    name: str
    program: bytes
    sentence: str
    control: str
    ends: tuple[Ended, ...]
    number: int | None
    within: float
    limits: Limits
    needs: tuple[Need, ...]
    alone: bool

    @classmethod
    def read(cls, path: Path) -> Attack:
        """The attack in a file. Raises KeyError or ValueError where its docstring is not as it must be."""
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        said = dict(_FIELD.findall(text))
        words = said["ends"].split()
        numbers = [int(word) for word in words if word.isdecimal()]
        given: dict[str, Any] = {}
        for item in said.get("limits", "").split():
            name, _, value = item.partition("=")
            given[name] = float(value) if name.endswith("seconds") else int(value)
        return cls(
            name=path.stem,
            program=path.read_bytes(),
            sentence=text.partition("\n")[0],
            control=said["control"],
            ends=tuple(Ended(word) for word in words if not word.isdecimal()),
            number=numbers[0] if numbers else None,
            within=float(said["within"]),
            limits=replace(Limits(wall_seconds=10), **given),
            needs=tuple(Need(word) for word in said.get("needs", "").split()),
            alone=said.get("alone") == "yes",
        )

    def attempt(self, place: Place) -> None:
        """Run it. Raises Breach when it did not end as it must."""
        tree = Tree({"main.py": self.program, "contained.py": CONTAINED.read_bytes()})
        result = place.runner.run(Job(("python3", "main.py"), tree, None, limits=self.limits))
        ended(result, *self.ends)
        if self.number is not None:
            seen = result.exit_status if result.ended is Ended.exited else result.signal
            said = result.stdout.text()[-500:] + result.stderr.text()[-1500:]
            must(seen == self.number, f"it ended with {seen} instead of {self.number}. It said: {said}")
        ended(result, *self.ends, within=self.within)

    def case(self) -> Case:
        """As a case of the suite."""
        return Case(self.name, CONTROLS[self.control], self.sentence, self.attempt, self.needs, self.alone)


def attacks() -> list[Case]:
    """Every attack in `attacks/`."""
    return [Attack.read(path).case() for path in sorted(FOLDER.glob("*.py"))]
