"""What a model wrote for one file: whole, without stubs, with what was promised, importing what is there."""

import pytest

from p2c.stages.promises import lacking, missing, promised
from p2c.stages.shown import outline
from p2c.stages.source import broken, left_out, problems
from p2c.stages.uses import wrong_imports

NOTE = """## Purpose
Loads.

## Interface
```python
# the loader
class Loader:
    def __init__(self, path: str) -> None: ...
    def load(self) -> list[float]: ...
    def _hidden(self) -> None: ...

def split(xs: list[float]) -> tuple[list[float], list[float]]: ...
```
"""
GOOD = '''"""Loads."""
class Loader:
    def __init__(self, path):
        self.path = path
    def load(self):
        return [1.0]

def split(xs):
    return xs[:1], xs[1:]
'''


def test_a_whole_file_has_no_problem():
    assert problems("data/loader.py", GOOD, note=NOTE, written={}, planned=("data/loader.py",)) == ()


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("a.py", "def f(:\n", "line 1"),
        ("a.py", "   \n", "empty"),
        ("a.py", "return 1\n", "not Python"),
        ("a.py", "x = '\x00'\n", "does not parse|not Python"),
        ("a.json", "{", "does not parse"),
        ("a.yaml", "a: [", "does not parse"),
        ("a.toml", "a = ", "does not parse"),
    ],
)
def test_a_file_that_does_not_parse_is_told_with_the_place(path: str, text: str, why: str):
    import re

    assert re.search(why, broken(path, text))


def test_an_empty_package_file_is_whole():
    assert broken("pkg/__init__.py", "") == ""


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    pass\n",
        "def f():\n    ...\n",
        'def f():\n    """Does it."""\n',
        "class A:\n    def f(self):\n        raise NotImplementedError('later')\n",
        "async def f():\n    '''x'''\n    pass\n",
        "x = 1  # TODO: the rest\n",
        "def f():\n    x = 1\n    # ... existing code ...\n    return x\n",
        "# rest of the code stays as it is\nx = 1\n",
        "def f(x):\n    # In a real implementation this would train the model.\n    return x\n",
        "# Placeholder for the encoder\nx = 1\n",
        "def f(x):\n    return x  # FIXME: implement the attention\n",
        "def f(x):\n    # This is a simplified placeholder\n    return x\n",
        "def f(x):\n    return 0.0  # dummy implementation\n",
        "# Beam search: not implemented for simplicity\nx = 1\n",
        "# to be implemented\nx = 1\n",
        "def f(x):\n    raise RuntimeError('not implemented')\n",
        "def f(x) -> dict[str, float]:\n    'Trains.'\n    return None\n",
        "def f(x) -> float:\n    return\n",
        "def f(x):\n    print('TODO: train')\n    pass\n",
    ],
)
def test_stubs_and_words_in_place_of_code_are_found(text: str):
    assert len(left_out(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "class E(Exception):\n    pass\n",
        "from abc import ABC, abstractmethod\nclass A(ABC):\n    @abstractmethod\n    def f(self):\n        ...\n",
        "from typing import Protocol\nclass P(Protocol):\n    def f(self): ...\n",
        "class A:\n    def f(self):\n        raise NotImplementedError\nclass B(A):\n    x = 1\n",
        "text = 'TODO in a string'\n",
        "# the mask token is a placeholder in the vocabulary\nx = 1\n",
        "# in the full model of Section 3 this is 512\nx = 1\n",
        "from abc import ABC\nclass A(ABC):\n    def f(self):\n        raise NotImplementedError\n",
        "def f(x) -> float | None:\n    return None\n",
        "def f(x):\n    return None\n",
        "def f(n):\n    return [0] * n  # Dummy value\n",
        "# layer norm is not implemented for half on CPU\nx = 1\n",
        "# the bound is proven in the full version of the paper\nx = 1\n",
        "# the rest of the code assumes float32\nx = 1\n",
        "# Placeholder tokens get no loss\nx = 1\n",
        "# the placeholder value of -100 is ignored; implement this as one product\nx = 1\n",
        "class BaseTrainer:\n    def step(self, batch):\n        raise NotImplementedError\n",
        "class T(Module):\n    def loss(self, x):\n        raise NotImplementedError('subclasses compute it')\n",
        "class D(Dataset):\n    def item(self, i):\n        raise NotImplementedError('not supported here')\n",
        "class C:\n    def step(self):\n        'Does nothing: the rate is constant.'\n",
        "class A:\n    def __exit__(self, *error):\n        '''Nothing to close.'''\n",
        "def f(x):\n    '''d'''\n    if x:\n        pass\n    return x\n",
    ],
)
def test_what_is_empty_by_design_is_no_stub(text: str):
    assert left_out(text) == ()


@pytest.mark.parametrize(
    ("end", "is_well"),
    [
        ("", False),
        ("NAMES = ('a',)\n", False),
        ("if __name__ == '__main__':\n    main()\n", True),
        ("main()\n", True),
    ],
)
def test_what_the_smoke_command_starts_does_something(end: str, is_well: bool):
    text = f"'Runs.'\nimport json\n\ndef main():\n    print(json.dumps(1))\n\n{end}"
    found = problems("main.py", text, note="", written={}, planned=("main.py",), is_started=True)
    assert [problem.partition(";")[0] for problem in found] == (
        [] if is_well else ["started as a program it does nothing"]
    )
    assert problems("main.py", text, note="", written={}, planned=("main.py",)) == ()


def test_the_interface_of_a_note_is_read_past_comments_that_look_like_headings():
    assert promised(NOTE) == {"Loader", "Loader.load", "split"}
    assert promised("## Interface\nnone") is None
    assert promised("## Interface\n```python\ndef f(:\n```") is None


def test_names_that_the_note_promises_and_the_file_lacks_are_named():
    assert missing(NOTE, GOOD) == ()
    assert missing(NOTE, "class Loader:\n    pass\n") == ("Loader.load", "split")
    assert missing(NOTE, "class Loader(Base):\n    x = 1\nsplit = print\n") == ()
    assert missing(NOTE, "from base import *\n") == ()


@pytest.mark.parametrize(
    ("source", "absent"),
    [
        ("class Net(nn.Module):\n    def forwards(self, x): return x\n", ("Net.forward",)),
        ("class Net(torch.nn.Module):\n    def forward(self, x): return x\n", ()),
        ("class Base(nn.Module):\n    def forward(self, x): return x\nclass Net(Base):\n    y = 1\n", ()),
        ("class Net(Generic[T]):\n    def train(self): return 1\n", ("Net.forward",)),
        ("from other import Base\nclass Net(Base):\n    x = 1\n", ()),
        ("class Net(other.Net):\n    x = 1\n", ()),
    ],
)
def test_what_a_class_inherits_counts_and_what_its_known_bases_lack_is_missed(source: str, absent: tuple[str, ...]):
    assert lacking(("Net", "Net.forward", "Net.train"), source) == absent


PLANNED = ("data/loader.py", "main.py", "util/tools.py")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("from data.loader import Loader, split", ""),
        ("import data.loader", ""),
        ("from data import loader", ""),
        ("import numpy as np", ""),
        ("from data.loader import load_all", "has no such name"),
        ("from data.loading import Loader", "no module of the plan"),
        ("import util.other", "no module of the plan"),
        ("from util.tools import anything", ""),
        ("from data.loader import *", ""),
    ],
)
def test_imports_of_own_modules_are_held_against_what_is_written(line: str, why: str):
    found = wrong_imports("main.py", line + "\n", {"data/loader.py": GOOD}, PLANNED)
    assert (not found) if not why else why in found[0]


def test_relative_imports_are_followed():
    found = wrong_imports(
        "data/other.py", "from .loader import nothing\nfrom ..main import x\n", {"data/loader.py": GOOD}, PLANNED
    )
    assert found == ("line 1: imports `nothing` from `data.loader`, but data/loader.py has no such name",)


def test_an_outline_shows_signatures_and_first_lines():
    assert outline(
        'class A(B):\n    """Is a.\n\n    More."""\n    def f(self, x: int = 1) -> str:\n        return ""\n'
    ) == ('class A(B):\n    """Is a."""\n    def f(self, x: int=1) -> str: ...')
    assert outline("def (") == ""


def test_a_module_that_takes_over_all_of_another_may_have_any_name():
    written = {"data/loader.py": "from data.base import *\n"}
    assert wrong_imports("main.py", "from data.loader import split\n", written, PLANNED) == ()
