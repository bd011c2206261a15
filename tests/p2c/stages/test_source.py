"""What a model wrote for one file: whole, without stubs, with what was promised, importing what is there."""

import pytest

from p2c.stages.interfaces import missing, outline, promised, wrong_imports
from p2c.stages.source import broken, left_out, problems

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
        "def f(x):\n    '''d'''\n    if x:\n        pass\n    return x\n",
    ],
)
def test_what_is_empty_by_design_is_no_stub(text: str):
    assert left_out(text) == ()


def test_the_interface_of_a_note_is_read_past_comments_that_look_like_headings():
    assert promised(NOTE) == {"Loader", "Loader.load", "split"}
    assert promised("## Interface\nnone") is None
    assert promised("## Interface\n```python\ndef f(:\n```") is None


def test_names_that_the_note_promises_and_the_file_lacks_are_named():
    assert missing(NOTE, GOOD) == ()
    assert missing(NOTE, "class Loader:\n    pass\n") == ("Loader.load", "split")
    assert missing(NOTE, "class Loader(Base):\n    x = 1\nsplit = print\n") == ()


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
