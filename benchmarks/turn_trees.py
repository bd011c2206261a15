"""A repository with a chain of six failures, small or of real size, and the edits that mend them, made here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from p2c.repair.edits import render
from sandbox.tree import Tree


@dataclass(frozen=True)
class Link:
    """One failure of the chain: what its stage does, the line that fails, and that line mended."""

    name: str
    body: str
    fails: str
    mended: str


CHAIN = (
    Link("read", '    rows = {"value": [1.0, 2.0], "label": [0, 1]}', '    state["labels"] = rows["labels"]',
         '    state["labels"] = rows["label"]'),
    Link("project", "    left, right = np.ones((4, 3)), np.ones((4, 3))", '    state["product"] = left @ right',
         '    state["product"] = left @ right.T'),
    Link("layer", "    layer = Layer(0.5)", '    state["rate"] = layer.dropout', '    state["rate"] = layer.rate'),
    Link("buffer", "    width = 4", '    state["buffer"] = np.zeros((width,), type=float)',
         '    state["buffer"] = np.zeros((width,), dtype=float)'),
    Link("last", "    values = [1.0, 2.0, 3.0]", '    state["last"] = values[len(values)]',
         '    state["last"] = values[len(values) - 1]'),
    Link("write", "    loss = np.float32(0.25)", '    state["text"] = json.dumps({"loss": loss})',
         '    state["text"] = json.dumps({"loss": float(loss)})'),
)  # fmt: skip

_STAGE = '''"""Stage {name} of the program."""

from __future__ import annotations

import json

import numpy as np


class Layer:
    """A layer with a rate."""

    def __init__(self, rate: float) -> None:
        self.rate = rate


def run(state: dict[str, object]) -> None:
    """Do what this stage does; what it makes goes to `state`."""
    scale = {salt}
{body}
{fails}
    state["{name}"] = json.dumps([scale, float(np.float64(scale))])
'''
_MAIN = '''"""Every stage in order."""

from __future__ import annotations

from stages import {stages}
{more}

def main() -> None:
    """Run the program."""
    state: dict[str, object] = {{}}
{calls}
    print("stages:", len(state))


if __name__ == "__main__":
    main()
'''
_FUNCTION = '''

def smooth_{number}(batch: np.ndarray, rate: float = {number}.5) -> np.ndarray:
    """Smooth a batch, and keep it within its bounds."""
    low, high = float(batch.min()), float(batch.max())
    weights = np.linspace(0.1, 1.0, batch.shape[-1])
    smoothed = (batch * weights + rate * batch.mean()) / (1.0 + rate)
    if smoothed.shape != batch.shape:
        raise ValueError("the smoothed batch has another shape")
    return np.clip(smoothed, low, high)
'''
_ALL = '''

def smooth(batch: np.ndarray) -> np.ndarray:
    """All of them, one after the other."""
{calls}    return batch
'''
FUNCTIONS = 19
LIBRARY = 23
"""Modules beside the stages of the repository of real size."""


def small(salt: int) -> Tree:
    """Eight files."""
    return _tree(salt, {})


def real_size(salt: int) -> Tree:
    """Thirty-two files, five thousand lines; the program imports and uses all of them."""
    library = {f"library/part_{n}.py": _part(n) for n in range(LIBRARY)}
    return _tree(salt, {**library, "library/__init__.py": '"""The library of the program."""\n'})


def right(link: Link) -> str:
    """The reply that mends one failure."""
    said = "The line uses what is not there."
    return f"{said}\n\n{render(_path(link), [link.fails], [link.mended])}"


def wrong(link: Link, salt: int, number: int) -> str:
    """A reply that can be applied, is honest, and leaves the failure where it is."""
    said = "The scale is to blame."
    return f"{said}\n\n{render(_path(link), [f'    scale = {salt}'], [f'    scale = {salt} + {number}'])}"


def _path(link: Link) -> str:
    return f"stages/{link.name}.py"


def _part(number: int) -> str:
    functions = "".join(_FUNCTION.format(number=n) for n in range(FUNCTIONS))
    calls = "".join(f"    batch = smooth_{n}(batch)\n" for n in range(FUNCTIONS))
    head = f'"""Part {number} of the library."""\n\nfrom __future__ import annotations\n\nimport numpy as np\n'
    return head + functions + _ALL.format(calls=calls)


def _tree(salt: int, library: Mapping[str, str]) -> Tree:
    stages = {_path(link): _STAGE.format(name=link.name, salt=salt, body=link.body, fails=link.fails) for link in CHAIN}
    parts = [path.removeprefix("library/").removesuffix(".py") for path in library if "part_" in path]
    names = [link.name for link in CHAIN]
    calls = [f"    {part}.smooth(np.ones((2, 4)))" for part in parts] + [f"    {name}.run(state)" for name in names]
    more = f"\nimport numpy as np\nfrom library import {', '.join(parts)}\n" if parts else ""
    main = _MAIN.format(stages=", ".join(names), more=more, calls="\n".join(calls))
    files = {**stages, **library, "main.py": main, "requirements.txt": "numpy\n"}
    files["stages/__init__.py"] = '"""The stages of the program."""\n'
    return Tree({path: text.encode() for path, text in files.items()})
