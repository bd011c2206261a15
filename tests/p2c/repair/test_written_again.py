"""Which files never were code, and which edits write one again: all others count in `net`."""

from __future__ import annotations

import pytest

from p2c.repair.between import LinesBetween, lines_between
from p2c.repair.written_again import is_written_again, never_was_code
from p2c.types import LineCount
from sandbox.tree import Tree

CODE = "import sys\n\n\ndef double(x):\n    return 2 * x\n\n\ndef main():\n    n = int(sys.argv[1])\n"
CODE += "    print(double(n))\n\n\nmain()\n"
PROSE = "Here is the module that you asked for.\nIt doubles the number that it is given.\nLet me know what you think!\n"
CUT = "\n".join(CODE.splitlines()[:5])
AGAIN = {
    "prose": (PROSE, CODE),
    "prose with the code that it speaks of": (f"{PROSE}```python\n{CUT}\n", CODE),
    "a shell command": ("pip install torch\n", CODE),
    "one line of literal line breaks": (CODE.replace("\n", "\\n"), CODE),
    "cut off behind an open fence and given again in full": (f"```python\n{CUT}\ndef main(", CODE),
}
ORDINARY = {
    "a bracket missing at the end of a line": ("print(1", "print(1)\n"),
    "a bracket missing at the end of a file": (CODE + "print(double(2)", CODE + "print(double(2))\n"),
    "cut off within a string": (CODE + 'print("the en', CODE + 'print("the end")\n'),
    "cut off within a docstring": (CODE + 'def f():\n    """Half', CODE + 'def f():\n    """Half of it."""\n'),
    "cut off after the head of a function": (CODE + "def f(x):\n", CODE + "def f(x):\n    return x\n"),
    "most of the file missing at its end": (CUT + "\ndef main(", CODE),
    "fences that only have to go": (f"```python\n{CODE}```\n", CODE),
    "an open fence that only has to go": (f"```python\n{CODE}", CODE),
    "cut off behind an open fence, the last line completed": (f"```python\n{CODE}print(double(2)", f"{CODE}print(3)\n"),
    "prose from which the code only has to be kept": (
        f"{PROSE}{PROSE}```python\n{CODE}```\nThat is all of it.\n",
        CODE,
    ),
    "prose that goes, for nothing": (PROSE, ""),
    "a long docstring, and a colon missing": (
        f'"""{PROSE}"""\nif True\n    pass\n',
        f'"""{PROSE}"""\nif True:\n    pass\n',
    ),
    "code that is written again although it runs": ("x = 1\n", CODE),
    "prose that becomes other prose": (PROSE, PROSE.upper()),
    "Python 2": ("print 1\nprint 2\n", "print(1)\nprint(2)\n"),
}


@pytest.mark.parametrize(("before", "after"), AGAIN.values(), ids=AGAIN)
def test_what_never_was_code_and_is_written_again_counts_apart(before: str, after: str) -> None:
    assert is_written_again("m.py", before.encode(), after.encode())
    found = between(before, after)
    assert found.net == LineCount()
    assert found.rewritten.python >= len([line for line in after.splitlines() if line]) / 2
    assert [one.not_counted for one in found.files] == ["never code"]


@pytest.mark.parametrize(("before", "after"), ORDINARY.values(), ids=ORDINARY)
def test_every_other_edit_counts(before: str, after: str) -> None:
    assert not is_written_again("m.py", before.encode(), after.encode())
    found = between(before, after)
    assert found.net.python > 0
    assert found.rewritten == LineCount()


def between(before: str, after: str) -> LinesBetween:
    return lines_between(Tree({"m.py": before.encode()}), Tree({"m.py": after.encode()}))


def test_configuration_that_is_one_line_of_literal_line_breaks_is_written_again() -> None:
    one_line, lines = b"seed: 3\\nheads: 4\\nrate: 0.1\\n", b"seed: 3\nheads: 4\nrate: 0.1\n"
    assert is_written_again("config.yaml", one_line, lines)
    assert not is_written_again("config.yaml", b"seed: 3\nheads: [4\n", b"seed: 3\nheads: [4]\n")
    assert not never_was_code("prompts.json", rb'{"ask": "one\ntwo\nthree\nfour"}')
    assert not never_was_code("README.md", b"Read\\nthis\\nfirst\\n")
