"""Two trees are alike to an import where it executes the same in both; in doubt they are not."""

from __future__ import annotations

import pytest

from sandbox.smoke.at_import import alike
from sandbox.tree import Tree

LIB = '''"""A library."""
import os
from dataclasses import dataclass
from enum import Enum


def _default():
    return 1


def train(rate=0.1):
    """Train."""
    return rate * 2


@dataclass
class Config:
    rate: float = 0.5

    def scaled(self):
        return self.rate * 2


class Base:
    def __init__(self):
        self.made = 1


class Model(Base):
    @property
    def size(self):
        return 3


class Kind(Enum):
    ONE = 1

    def __init__(self, number):
        self.number = number


LIMIT = {top}
'''
MAIN = """from lib import Config, train as learn


def main():
    print(learn(Config().rate))


if __name__ == "__main__":
    main()
"""


def _tree(top: str = "3", **changes: str) -> Tree:
    files = {"main.py": MAIN, "lib.py": LIB.replace("{top}", top), "config.yaml": "rate: 1\n"}
    return Tree({path: text.encode() for path, text in {**files, **changes}.items()})


def _edited(old: str, new: str, top: str = "3", path: str = "lib.py") -> tuple[Tree, Tree]:
    before = _tree(top)
    text = before.files[path].decode()
    assert old in text
    return before, before.changed({path: text.replace(old, new).encode()})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return rate * 2", "rate += 1\n    return rate * 3"),
        ("return self.rate * 2", "return self.rate / 0"),
        ("return 3\n", "return 4\n"),
        ("self.made = 1", "self.made = undefined"),
        ("return 1\n", "import json\n    return json\n"),
    ],
    ids=["a function", "a method of a data class", "a property", "a base's constructor", "an import within a function"],
)
def test_what_nobody_calls_at_the_top_level_may_change(old, new):
    assert alike(*_edited(old, new))


def test_what_stands_under_the_guard_may_change():
    assert alike(*_edited("    main()\n", "    main(1)\n", path="main.py"))
    assert not alike(*_edited('"__main__":\n    main()', '"__main__":\n    main()\nelse:\n    main()', path="main.py"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("import os", "import os, absent"),
        ("rate=0.1", "rate=absent"),
        ("rate: float = 0.5", "rate: float = absent"),
        ("@property", "@absent"),
        ("class Model(Base)", "class Model(Absent)"),
        ("self.number = number", "self.number = absent"),
    ],
    ids=["a constant", "an import", "a default", "a field", "a decorator", "a base", "an enumeration's constructor"],
)
def test_what_an_import_executes_may_not_change(old, new):
    assert not alike(*_edited(old, new))


@pytest.mark.parametrize(
    ("top", "old", "new"),
    [
        ("train()", "return rate * 2", "return rate / 0"),
        ("list(map(train, [1]))", "return rate * 2", "return rate / 0"),
        ("Model()", "self.made = 1", "self.made = undefined"),
        ("Config().scaled()", "return self.rate * 2", "return self.rate / 0"),
        ("[one() for one in globals().values()]", "return 1\n", "return 2\n"),
        ("getattr(os, 'environ')", "return 1\n", "return 2\n"),
    ],
    ids=["it is called", "it is handed on", "of what the class inherits", "a method", "by globals", "by getattr"],
)
def test_a_function_that_the_top_level_may_come_to_may_not_change(top, old, new):
    assert not alike(*_edited(old, new, top))


@pytest.mark.parametrize(
    "text",
    [
        "x: t() = 1\n",
        "def f(x: t()):\n    pass\n",
        "def f(*, x: list[t()]):\n    pass\n",
        "def f() -> t():\n    pass\n",
        "class A:\n    x: t()\n",
        "class A:\n    def f(self, *x: t()):\n        pass\n",
    ],
)
def test_a_function_that_an_annotation_calls_may_not_change(text):
    before = _tree(**{"extra.py": f"def t():\n    return int\n\n\n{text}"})
    worse = before.files["extra.py"].replace(b"return int", b"return absent")
    assert not alike(before, before.changed({"extra.py": worse}))


def test_what_a_class_that_an_annotation_names_does_may_change():
    named = "def f(x: A, *y: list[A]) -> A:\n    return x\n\n\nMADE: A | None = None\n"
    before = _tree(**{"extra.py": f"class A:\n    def f(self):\n        return 1\n\n\n{named}"})
    assert alike(before, before.changed({"extra.py": before.files["extra.py"].replace(b"return 1", b"return 2")}))


def test_a_function_that_such_a_function_calls_may_not_change_either():
    before, after = _edited("return rate * 2", "return _default()", "train()")
    assert not alike(before, after)
    other = after.changed({"lib.py": after.files["lib.py"].replace(b"return 1\n", b"return 2\n")})
    assert not alike(after, other)


def test_a_function_that_is_called_under_another_name_may_not_change():
    called = MAIN.replace("def main", "RATE = learn()\n\n\ndef main")
    before = _tree(**{"main.py": called})
    after = before.changed({"lib.py": before.files["lib.py"].replace(b"rate * 2", b"rate / 0")})
    assert not alike(before, after)


@pytest.mark.parametrize(
    "text", ["@register\ndef f():\n    return 1\n", "@register\nclass A:\n    def f(self):\n        return 1\n"]
)
def test_what_a_decorator_is_given_it_may_call(text):
    before = _tree(**{"extra.py": f"from other import register\n\n\n{text}"})
    assert not alike(before, before.changed({"extra.py": before.files["extra.py"].replace(b"return 1", b"return 2")}))


@pytest.mark.parametrize(
    "hook",
    ["    def __init_subclass__(cls):\n        cls()\n", "    pass\n\n\nclass B(A, metaclass=Meta):\n    pass\n"],
)
def test_where_the_making_of_a_class_may_call_anything_no_function_may_change(hook):
    before = _tree(**{"extra.py": f"from other import Meta\n\n\nclass A:\n{hook}"})
    assert not alike(before, before.changed({"lib.py": before.files["lib.py"].replace(b"return 3", b"return 4")}))


def test_what_a_module_looks_names_up_by_may_not_change():
    before = _tree(**{"extra.py": "def __getattr__(name):\n    return 1\n"})
    assert not alike(before, before.changed({"extra.py": before.files["extra.py"].replace(b"return 1", b"return 2")}))


@pytest.mark.parametrize(
    "changes",
    [{"config.yaml": b"rate: 2\n"}, {"config.yaml": None}, {"random.py": b""}],
    ids=["another content", "deleted", "a new module, which may shadow one"],
)
def test_other_files_may_not_change(changes):
    assert not alike(_tree(), _tree().changed(changes))


def test_a_body_on_the_line_of_its_function_counts_as_executed():
    before = _tree(**{"extra.py": "def f(): return 1\n"})
    assert not alike(before, before.changed({"extra.py": b"def f(): return 2\n"}))
    assert alike(before, before)


def test_a_file_that_this_side_cannot_parse_may_not_change():
    before = _tree(**{"extra.py": "type Later[T] = list[T\n\ndef f():\n    return 1\n"})
    assert not alike(before, before.changed({"extra.py": before.files["extra.py"].replace(b"return 1", b"return 2")}))
    assert not alike(before, before.changed({"lib.py": before.files["lib.py"].replace(b"return 1", b"return 2")}))
