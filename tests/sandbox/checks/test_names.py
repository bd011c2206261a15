"""Which uses of a name that ruff calls undefined are certain to crash; ruff's own words, our judgement."""

import subprocess
import sys

import pytest

from sandbox.checks.ruff import read_report
from sandbox.tree import Tree

START = "import sys\nc = len(sys.argv) > 5\nr = range(3)\n"


def _fatal(code: str) -> list[str]:
    text = START + code
    argv = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--exit-zero", "--select=F821,F823"]
    argv += ["--output-format=json", "--stdin-filename=/workspace/m.py", "-"]
    report = subprocess.run(argv, input=text, capture_output=True, text=True, check=True).stdout
    found = read_report(report, Tree({"m.py": text.encode()}))
    assert found, "ruff says nothing of this, so nothing is tested"
    return [one.code for one in found if one.severity == "fatal"]


@pytest.mark.parametrize(
    "code",
    [
        "for i in r:\n    if i:\n        print(x)\n    x = i\n",
        "def f():\n    while True:\n        print(c and x)\n        x = 1\n",
        "def f():\n    while True:\n        try:\n            y = int(1)\n        except ValueError:\n"
        "            print(z)\n            continue\n        z = y\n",
        "def f():\n    for i in r:\n        if not i:\n            continue\n"
        "        print(x)\n        for x in r: pass\n",
        "def f():\n    for i in r:\n        if i:\n            del w\n        w = 1\n",
        "def f():\n    for i in r:\n        if i: print(m)\n        import m.n\n",
        "name = 3\ndef f():\n    for i in r:\n        if i: print(name)\n        name = i\n",
        "def f():\n    return 'z' in locals() and z\n",
        "def f():\n    return 1\n    print(nope)\n",
        "if False:\n    print(nope)\n",
    ],
)
def test_what_an_earlier_turn_may_have_bound_or_never_runs_is_advice(code):
    assert _fatal(code) == []


@pytest.mark.parametrize(
    "code",
    [
        "for i in r:\n    print(x)\n    x = i\n",
        "def f():\n    for i in g(x):\n        x = i\n",
        "def f():\n    for i in r:\n        if i: print(x)\n    for i in r:\n        x = 1\n",
        "def f():\n    for i in r:\n        if i: print(x)\n        [x for x in r]\n        lambda: (x := 1)\n",
        "def f():\n    for i in r:\n        if i: print(e)\n        try: pass\n        except ValueError as e: pass\n",
        "def f():\n    if c:\n        print(nope)\n",
    ],
)
def test_what_no_earlier_turn_can_have_bound_is_fatal(code):
    assert set(_fatal(code)) == {"F821"}


@pytest.mark.parametrize(
    ("code", "fatal"),
    [
        ("exec('a = 1')\nprint(a)\n", False),
        ("exec('a = 1', globals())\nprint(a)\n", False),
        ("vars().update(a=1)\nprint(a)\n", False),
        ("setattr(sys.modules[__name__], 'a', 1)\nprint(a)\n", False),
        ("exec('a = 1', {}, space)\nspace = {}\nprint(a)\n", True),
        ("class C:\n    def f(self):\n        setattr(self, 'a', 1)\n        print(a, vars(self))\n", True),
    ],
)
def test_only_what_can_bind_a_module_s_names_makes_them_uncertain(code, fatal):
    assert bool(_fatal(code)) is fatal
