"""What one file promises to the others, and what they use of it, held against the code by parsing."""

from __future__ import annotations

import ast

import pytest

from p2c.stages.promises import broken_promises, lacking, promised
from p2c.stages.shown import as_shown, outline
from p2c.stages.signatures import signatures
from p2c.stages.source import problems
from p2c.stages.uses import wrong_calls
from p2c.types import Claim

MODULE = '''"""A module."""
from dataclasses import dataclass, field
LIMIT = 3

@dataclass(frozen=True)
class Point:
    x: float
    y: float = 0.0
    tags: list = field(default_factory=list)
    secret: int = field(init=False, default=1)

class Net:
    kind: str
    def __init__(self, width, depth=2, *, bias=True):
        self.width = width
    def forward(self, x, mask=None):
        return x
    @staticmethod
    def make(width):
        return Net(width)
    @property
    def size(self):
        return 1

class Deep(Net):
    def forward(self, x):
        return x

def run(net, /, data, *rest, rate=0.1, **more):
    return net

def load(path, n=1):
    return path

@unknown
def changed(a):
    return a
'''


def note(interface: str) -> str:
    return f"## Purpose\nx\n\n## Interface\n```python\n{interface}\n```\n"


@pytest.mark.parametrize(
    "interface",
    [
        "def load(path: str, n: int = 1) -> str: ...",
        "def load(path: str) -> str: ...",
        "class Net:\n    width: int\n    def __init__(self, width: int, depth: int = 2): ...\n"
        "    def forward(self, x): ...",
        "class Net:\n    @property\n    def size(self) -> int: ...",
        "@dataclass\nclass Point:\n    x: float\n    y: float = 0.0",
        "LIMIT: int",
        "class Net: ...",
        "def run(net, data): ...",
        "def changed(other, names): ...",
        "def _private(x): ...",
    ],
)
def test_promises_that_are_kept(interface: str):
    assert broken_promises(note(interface), MODULE) == ()


@pytest.mark.parametrize(
    ("interface", "why"),
    [
        ("def store(path): ...", "lacks what its analysis promises: store"),
        ("class Net:\n    def backward(self): ...", "Net.backward"),
        ("class Net:\n    height: int", "Net.height"),
        ("MAXIMUM: int", "MAXIMUM"),
        ("def load(file: str, n: int = 1): ...", "`load` has no parameter `file`"),
        ("def load(n: int = 1, path: str = ''): ...", "`load`"),
        ("def load(n, path): ...", "another order"),
        ("def load(): ...", "needs `path` besides"),
        ("class Net:\n    def __init__(self): ...", "needs `width` besides"),
        ("class Net:\n    def forward(self, x, mask, extra): ...", "`Net.forward` has no parameter `extra`"),
        ("@dataclass\nclass Point:\n    x: float\n    z: float", "Point.z"),
    ],
)
def test_promises_that_are_broken_are_told_with_the_name(interface: str, why: str):
    assert why in "; ".join(broken_promises(note(interface), MODULE))


def test_a_class_has_its_constructors_signature_wherever_it_comes_from():
    found = signatures(ast.parse(MODULE))
    assert [parameter.name for parameter in found["Deep"].parameters] == ["width", "depth", "bias"]
    assert [(p.name, p.required) for p in found["Point"].parameters] == [("x", True), ("y", False), ("tags", False)]
    assert "changed" not in found
    assert "Net.size" not in found


@pytest.mark.parametrize(
    "call",
    [
        "from lib.m import load\nload('a')", "from lib.m import load\nload('a', n=2)", "from lib import m\nm.load('a')",
        "import lib.m\nlib.m.load('a', 2)", "from lib.m import Net\nNet(1, bias=False).forward(1)",
        "from lib.m import Point as P\nP(1.0, y=2.0)", "from lib.m import run\nrun(1, 2, 3, 4, rate=1, other=2)",
        "from lib.m import load\nload(*names)", "from lib.m import load\nload(**names)",
        "from lib.m import load\nload = print\nload()", "from lib.m import changed\nchanged(1, 2, 3)",
        "from lib.m import load\ndef f(load):\n    return load()", "from lib.m import Net\nNet.forward(Net(1), 2)",
        "from lib.m import unknown\nunknown(1)", "import numpy\nnumpy.load()", "from lib import m\nm.LIMIT",
    ],
)  # fmt: skip
def test_calls_that_fit_pass_and_so_do_those_that_cannot_be_judged(call: str):
    assert wrong_calls("main.py", call + "\n", {"lib/m.py": MODULE}) == ()


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("from lib.m import load\nload()", "line 2: calls `lib.m.load`, which needs `path`, which is not given"),
        ("from lib.m import load\nload('a', count=2)", "has no parameter `count`"),
        ("from lib.m import load\nload('a', 1, 2)", "takes at most 2 positional arguments, is given 3"),
        ("from lib.m import load\nload('a', path='b')", "is given `path` twice"),
        ("from lib.m import Net\nNet(width=1, hidden=3)", "has no parameter `hidden`"),
        ("from lib.m import Net\nNet(1, 2, True)", "at most 2 positional"),
        ("from lib.m import Point\nPoint()", "needs `x`"),
        ("from lib.m import Point\nPoint(1.0, secret=2)", "has no parameter `secret`"),
        ("import lib.m\nlib.m.load()", "needs `path`"),
        ("from lib import m\nm.store('a')", "uses `lib.m.store`, but that module has no such name"),
        ("from .lib.m import load\nload()", "needs `path`"),
    ],
)
def test_calls_that_cannot_work_are_told_with_the_line(call: str, why: str):
    assert why in "; ".join(wrong_calls("main.py", call + "\n", {"lib/m.py": MODULE}))


def test_what_the_plan_says_a_file_implements_must_be_there():
    claim = Claim(claim="the loss", place="eq. (3)", file="m.py", name="Net.loss")
    found = problems("m.py", MODULE, note="", written={}, planned=("m.py",), claimed=(claim,))
    assert found == ("it lacks what the plan says implements the paper: Net.loss",)
    assert lacking(["Net.forward", "load", "Point", "LIMIT", "Deep.forward"], MODULE) == ()
    assert lacking(["Deep.anything"], MODULE) == ("Deep.anything",)


def test_the_outline_has_all_that_a_caller_needs_and_no_body():
    text = outline(MODULE, whole_texts=True)
    for line in ("LIMIT = 3", "@dataclass(frozen=True)", "    x: float", "    width = ...", "def load(path, n=1): ..."):
        assert line in text.splitlines()
    assert "return" not in text


def test_a_short_file_and_one_that_is_no_python_are_shown_whole():
    assert as_shown("m.py", "x = 1\n") == "x = 1\n"
    assert as_shown("data.txt", "line\n" * 100) == "line\n" * 100
    assert as_shown("m.py", MODULE + "# more\n" * 20) == outline(MODULE, whole_texts=True)


MORE = (
    '''"""The table.

Its rows are in dB.
"""
TERM_OF = {"alpha": "cross", "beta": "wide"}
TABLE: dict[str, list[float]] = {
    "first": [0.25, 0.5, 0.75, 1.0, 1.25], "second": [0.25, 0.5, 0.75, 1.0, 1.25], "third": [0.1, 0.2],
}
ROWS = [
    0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 3.75, 4.0, 4.25, 4.5, 4.75, 5.0,
]
_SECRET = 3
_Array = list
_Row = tuple

class _Base:
    def fit(self, row: "_Row") -> None:
        print(row)

class _Unused:
    pass

def _average(values):
    return sum(values)

class Net(_Base):
    def loss(self, x: _Array) -> float:
        return _average(x) * _SECRET
'''
    + "# more\n" * 40
)


def test_the_others_see_the_modules_text_its_public_constants_and_of_private_names_those_that_signatures_need():
    lines = as_shown("m.py", MORE).splitlines()
    assert lines[:4] == ['"""The table.', "", 'Its rows are in dB."""', "TERM_OF = {'alpha': 'cross', 'beta': 'wide'}"]
    assert "TABLE: dict[str, list[float]] = {'first': ..., 'second': ..., 'third': ...}  # shortened" in lines
    assert "ROWS = ...  # shortened" in lines
    for needed in ("_Array = list", "_Row = tuple", "class _Base:", "class Net(_Base):"):
        assert needed in lines
    assert not any(hidden in line for line in lines for hidden in ("_average", "_SECRET", "_Unused"))


def test_of_a_modules_long_text_the_beginning_is_shown():
    long = '"""Sums.\n\n' + "A sentence about sums. " * 100 + '"""\n' + "x = 1\n" * 50
    assert len(as_shown("m.py", long).partition("x = 1")[0]) < 500


NET = """import torch.nn as nn
from collections import namedtuple
Pair = namedtuple("Pair", "left right")
class Net(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.first, (*self.rest, self.last) = sizes
        self.register_buffer("mean", sizes)
        setattr(self, "scale", 1.0)
        with open("x") as self.log:
            pass
class Options:
    def __init__(self, values):
        for name, value in values.items():
            setattr(self, name, value)
class Space(Options):
    pass
class Reached(ValueError):
    pass
"""


@pytest.mark.parametrize(
    "interface",
    [
        "class Net(nn.Module):\n    mean: Tensor\n    first: int\n    rest: list\n    last: int",
        "class Net(nn.Module):\n    scale: float\n    log: IO",
        "class Pair(NamedTuple):\n    left: int\n    right: int",
        "class Options:\n    rate: float",
        "class Space(Options):\n    rate: float",
        "class Reached(ValueError):\n    args: tuple",
    ],
)
def test_attributes_are_bound_in_many_ways(interface: str):
    assert broken_promises(note(interface), NET) == ()
    assert "Net.height" in "; ".join(broken_promises(note("class Net:\n    height: int"), NET))


@pytest.mark.parametrize(
    "interface",
    [
        "Array = np.ndarray\nT = TypeVar('T')\nShape: TypeAlias = tuple[int, int]\ndef load(path: T) -> Array: ...",
        "log = logging.getLogger(__name__)\ndef load(path): ...\nif __name__ == '__main__':\n    code = load('x')",
        "class Net:\n    def forward(x: Tensor, mask: Tensor | None = None) -> Tensor: ...",
        'def load(path: str) -> str:\n    """As in\n\n    ```python\n    load("x")\n    ```\n    """',
    ],
)
def test_what_only_makes_a_sketch_easier_to_read_is_no_promise(interface: str):
    assert promised(note(interface))
    assert broken_promises(note(interface), MODULE) == ()


def test_a_constant_and_an_annotated_name_of_a_sketch_are_promises():
    assert "MAXIMUM, registry" in "; ".join(broken_promises(note("MAXIMUM = 3\nregistry: dict[str, int]"), MODULE))


SKETCH = "def load(path: str) -> str: ..."


@pytest.mark.parametrize(
    "text",
    [
        f"## Interface\n- The loader:\n\n  ```python\n  {SKETCH}\n  ```\n",
        f"**Interface**\n\n```python\n{SKETCH}\n```",
        f"## 7. Public interface of `m.py`\n~~~py\n{SKETCH}\n~~~",
        f'### Interface:\n```python title="m.py"\n{SKETCH}\n```',
        f"## Interface\r\n```python\r\n{SKETCH}\r\n```\r\n",
        f"## Interface\n### Functions\n```python\n{SKETCH}\n```\n## Example\n```python\ndef other(): ...\n```",
    ],
)
def test_an_interface_is_found_however_the_note_is_set(text: str):
    assert promised(text) == {"load"}


def test_an_interface_in_several_fences_is_taken_whole():
    text = f"## Interface\n```python\n{SKETCH}\n```\nand\n```python\nclass Net: ...\n```\n"
    assert promised(text) == {"load", "Net"}


def test_what_a_base_leaves_abstract_is_lacking():
    base = "from abc import ABC, abstractmethod\nclass Base(ABC):\n    @abstractmethod\n    def loss(self): ...\n"
    assert lacking(["Sub.loss"], base + "class Sub(Base):\n    x = 1\n") == ("Sub.loss",)
    assert lacking(["Sub.loss"], base + "class Sub(Base):\n    def loss(self):\n        return 0\n") == ()
