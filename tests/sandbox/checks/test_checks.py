"""The static checks, each in a real container: what is fatal predicts a crash, what is not does not."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox.checks import mypy, parse, parse_changed, parse_failure
from sandbox.engine import connect
from sandbox.errors import CheckFailed
from sandbox.job import Job, Runner, RunResult
from sandbox.runner import DockerRunner
from sandbox.setup.image import ensure_image
from sandbox.tree import Tree
from sandbox.verdict import Finding

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    client = connect()
    with DockerRunner(client, ensure_image(client).tag, None) as opened:
        yield opened
    client.close()


def _tree(files: dict[str, str | bytes]) -> Tree:
    return Tree({path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()})


def _fatal(findings: tuple[Finding, ...]) -> list[tuple[str, int, str]]:
    return [(one.file, one.line, one.code) for one in findings if one.severity == "fatal"]


def test_files_that_do_not_compile_are_told_apart(runner):
    files: dict[str, str | bytes] = {
        "good.py": "x = 1\n",
        "typo.py": "def f(:\n    pass\n",
        "two.py": 'print "hello"\n',
        "fence.py": "```python\nx = 1\n```\n",
        "open.py": "```python\ndef f():\n    return [1, 2",
        "prose.py": "I am sorry, but the paper does not say how this works.\nPlease send me more of the details.\n",
        "line.py": "import os\\n\\ndef f():\\n    return 1\\n",
        "install.py": "pip install mobi.",
        "start.py": "$ cd app\n\npython main.py --port 80\n",
        "cut.py": "def f(a):\n    return g(a,\n        b",
        "nul.py": b"x = 1\0\n",
        "latin.py": b"x = 1\n# caf\xe9\n",
        "declared.py": b"# -*- coding: latin-1 -*-\n# caf\xe9\n",
        "templates/setup.py": "name = {{ cookiecutter.name }}\n",
        "deep.py": "(" * 50_000,
        "deeper.py": "x = " + "-" * 200_000 + "1\n",
    }
    found = {one.file: one.code for one in parse(runner, _tree(files)).findings}
    assert found == {
        "typo.py": "syntax",
        "latin.py": "syntax",
        "two.py": "python2",
        "fence.py": "fence",
        "open.py": "fence-cut",
        "prose.py": "prose",
        "line.py": "one-line",
        "install.py": "shell",
        "start.py": "shell",
        "cut.py": "cut-off",
        "nul.py": "not-text",
        "deep.py": "syntax",
        "deeper.py": "too-deep",
    }


def test_the_failure_says_what_a_file_is_instead_of_code(runner):
    tree = _tree({"a.py": 'print "hello"\n'})
    failure = parse_failure(parse(runner, tree).findings, tree)
    assert (failure.step, failure.kind, failure.file, failure.line) == ("parse", "syntax", "a.py", 1)
    assert "Python 2" in failure.message


def test_a_file_that_no_module_can_be_called_is_no_python(runner):
    tree = _tree({".py": "python main.py", "a/._b.py": b"\0\5", "main.py": "x = 1\n"})
    assert (tree.python_files(), tree.nameless_python()) == (("main.py",), (".py", "a/._b.py"))
    assert (parse(runner, tree).findings, parse(runner, tree).ruff(), mypy(runner, tree)) == ((), (), ())


def test_a_docstring_heavy_file_with_a_mistake_is_code_not_prose(runner):
    text = '"""' + "This module explains many things in long sentences.\n" * 20 + '"""\n\n\ndef f(:\n    pass\n'
    assert [one.code for one in parse(runner, _tree({"a.py": text})).findings] == ["syntax"]


def test_ruff_is_fatal_where_a_name_is_evaluated_and_undefined(runner):
    text = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import T\n"
        "def f(x: 'Quoted', y: T) -> None:\n    local: Unseen = 1\n    print(local, undefined)\n"
        "try:\n    unicode\nexcept NameError:\n    unicode = str\n"
        "def g():\n    print(later)\n    later = 1\n"
    )
    assert _fatal(parse(runner, _tree({"m.py": text})).ruff()) == [("m.py", 6, "F821"), ("m.py", 12, "F821")]


@pytest.mark.parametrize(
    "files",
    [
        {"m.py": "from __future__ import annotations\ndef f(x: Unseen) -> Other:\n    return x\n"},
        {"m.py": "from somewhere import *\nprint(name)\n"},
        {"m.py": "globals().update(a=1)\nprint(a)\n"},
        {"tests/test_m.py": "print(undefined)\n"},
        {"m.py": "print(_('text'))\n"},
        {"m.py": "import os, sys\nx = lambda: 0\nfor i in range(3): pass\n"},
    ],
)
def test_ruff_is_not_fatal_where_the_name_may_come_from_elsewhere(runner, files):
    assert _fatal(parse(runner, _tree(files)).ruff()) == []


def test_the_repository_s_own_configuration_counts_for_nothing(runner):
    files: dict[str, str | bytes] = {
        "m.py": "# ruff: noqa\nprint(undefined)  # noqa\n",
        "ruff.toml": "exclude = ['*']\n[lint]\nignore = ['ALL']\n",
        ".gitignore": "m.py\n",
        "mypy.ini": "[mypy]\nplugins = evil.py\nexclude = .*\n",
        "evil.py": "raise SystemExit('a plugin ran')\n",
        "n.py": "def f(a): return a\nf()\n",
    }
    assert _fatal(parse(runner, _tree(files)).ruff()) == [("m.py", 2, "F821")]
    assert _fatal(mypy(runner, _tree(files))) == [("n.py", 2, "call-arg")]


LIB = (
    "from dataclasses import dataclass\nimport torch.nn as nn\n"
    "def f(a, b=1): return a\n"
    "@dataclass\nclass Point:\n    x: int\n"
    "class Net(nn.Module):\n    def __init__(self, width): super().__init__()\n    def forward(self, x): return x\n"
    "class Base:\n    def go(self): self.step(1)\n    def step(self): pass\n"
    "class Sub(Base):\n    def step(self, n): pass\n"
)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("from lib import absent", "attr-defined"),
        ("import lib; lib.absent()", "attr-defined"),
        ("from pkg.absent import x", "import-not-found"),
        ("from lib import f; f(1, 2, 3)", "call-arg"),
        ("from lib import f; f(c=1)", "call-arg"),
        ("from lib import Point; Point()", "call-arg"),
        ("from lib import Net; Net()", "call-arg"),
        ("from lib import f; s = [1]; f(*s, c=1)", "call-arg"),
        ("from lib import f; f(*(1, 2), 3)", "call-arg"),
        ("from lib import f; s = [1]; print(*s, f(1, 2, 3))", "call-arg"),
    ],
)
def test_mypy_is_fatal_where_the_repository_contradicts_itself(runner, line, code):
    tree = _tree({"lib.py": LIB, "pkg/__init__.py": "", "main.py": line + "\n"})
    assert _fatal(mypy(runner, tree)) == [("main.py", 1, code)]


@pytest.mark.parametrize(
    "line",
    [
        "import numpy, torch.nn.functional as F; F.anything(numpy.nothing)",
        "from pkg import sub",
        "from lib import Net; Net(3)(1, 2, 3)",
        "from lib import Base, Sub; Sub().go()",
        "x: int = 'text'",
        "import numpy; from lib import f; f(*numpy.zeros((1, 2)).shape, 1)",
        "from lib import f; s = [1]; print(f(*s, 2))",
        "from lib import f; é = [1]; f(*é, 2)",
        "from dynamic import anything",
        "import importlib; importlib.nothing",
    ],
)
def test_mypy_is_not_fatal_where_it_cannot_know(runner, line):
    files = {"lib.py": LIB, "pkg/__init__.py": "", "pkg/sub.py": "", "dynamic.py": "def __getattr__(name): return 1\n"}
    assert _fatal(mypy(runner, _tree({**files, "main.py": line + "\n"}))) == []


@pytest.mark.parametrize(
    ("line", "fatal"),
    [
        ("def g():\n    from .gone import x", True),
        ("def g():\n    from ..gone import x", True),
        ("def g():\n    from .sub import x", False),
        ("def g():\n    from ._C import x", False),
        ("def g():\n    from .made_pb2 import x", False),
        ("def g():\n    from .fast import x", False),
        ("try:\n    from .gone import x\nexcept ImportError:\n    pass", False),
    ],
)
def test_mypy_is_fatal_where_a_relative_import_names_what_is_not_there_and_nothing_builds(runner, line, fatal):
    files = {"pkg/__init__.py": "", "pkg/low/__init__.py": "", "pkg/low/sub/deep.py": "x = 1\n", "pkg/low/fast.pyx": ""}
    tree = _tree({**files, "pkg/low/main.py": line + "\n", "main.py": "import pkg.low.main\n"})
    expected = [("pkg/low/main.py", 2, "import-not-found")] if fatal else []
    assert [one for one in _fatal(mypy(runner, tree)) if one[2] == "import-not-found"] == expected


@pytest.mark.parametrize("there", [True, False])
def test_mypy_is_fatal_where_a_script_at_the_root_imports_relatively_what_is_not_there(runner, there):
    files = {
        "main.py": "import work\n",
        "work.py": "from .gone import save\n",
        **({"gone.py": "save = 1\n"} if there else {}),
    }
    assert _fatal(mypy(runner, _tree(files))) == ([] if there else [("work.py", 1, "import-not-found")])


def test_mypy_looks_for_modules_where_the_entry_point_would(runner):
    files = {"src/lib.py": LIB, "src/main.py": "from lib import f\nf()\n", "src/util.py": "", "util.py": ""}
    assert _fatal(mypy(runner, _tree(files), "src")) == [("src/main.py", 2, "call-arg")]


@pytest.mark.parametrize("path", ["templates/main.py", "{{cookiecutter.name}}/main.py", "{{name}}.py"])
def test_no_tool_reads_a_template_that_is_no_python_file_yet(runner, path):
    files = {path: "import {{ name }}\nprint(undefined)\n", "main.py": LIB + "f()\n"}
    parsed = parse(runner, _tree(files))
    assert (parsed.findings, _fatal(parsed.ruff())) == ((), [])
    assert _fatal(mypy(runner, parsed.tree)) == [("main.py", LIB.count("\n") + 1, "call-arg")]


def test_python_that_holds_template_marks_in_strings_is_read_as_python(runner):
    files = {"templates/page.py": "MARK = '{{'\nprint(undefined)\n", "main.py": "import templates.page\n"}
    parsed = parse(runner, _tree(files))
    assert _fatal(parsed.ruff()) == [("templates/page.py", 2, "F821")]
    assert [one.file for one in mypy(runner, parsed.tree) if one.code == "import-not-found"] == []


FEW = {
    "a.py": "import os\n\n\ndef f():\n    return 1\n",
    "a/b.py": "import sys\n",
    "a_b.py": "try:\n    pass\nexcept:\n    pass\n",
    "pkg/__init__.py": "from pkg.used import x\n",
    "pkg/used.py": "x = 1\n",
    "templates/page.py": "{{ name }} = 1\nprint('{% if %}')\n",
}


@pytest.mark.parametrize(
    ("before", "changes", "sent"),
    [
        ({}, {"a/b.py": "import json\nprint(absent)\n"}, {"a/b.py"}),
        ({}, {"README.md": "Other words.\n"}, set()),
        ({}, {"pkg/used.py": "def f(:\n", "a.py": "import os\n"}, {"pkg/used.py", "a.py"}),
        ({}, {"pkg/__init__.py": "import a\nimport os\n"}, None),
        ({}, {"new.py": "import os\n"}, None),
        ({"templates/page.py": "x = 1\n"}, {"templates/page.py": FEW["templates/page.py"]}, {"templates/page.py"}),
        ({"templates/page.py": FEW["templates/page.py"]}, {"a.py": "import os, sys\n"}, None),
    ],
    ids=["a module", "no module", "a broken one", "a package", "a new module", "a template", "beside a template"],
)
def test_only_what_has_changed_is_parsed_anew_and_all_is_said_that_was(runner, before, changes, sent):
    first = _tree({**FEW, "README.md": "Words.\n", "templates/page.py": "x = 1\n", **before})
    second = first.changed({path: text.encode() for path, text in changes.items()})
    given: list[set[str]] = []

    class Noting:
        def run(self, job: Job) -> RunResult:
            given.append(set(job.tree.files))
            return runner.run(job)

        def close(self) -> None:
            """It is closed elsewhere."""

    quick = parse_changed(Noting(), second, None, parse(runner, first))
    whole = parse(runner, second)
    assert (quick.findings, quick.tree, quick.trouble) == (whole.findings, whole.tree, whole.trouble)
    assert given == ([] if sent == set() else [sent or set(second.python_files())])
    if whole.whole:
        assert quick.ruff() == whole.ruff()
        assert quick.ruff()


@pytest.mark.parametrize("report", [b"[{", b"[1]"])
def test_beside_a_report_of_ruff_s_that_cannot_be_read_all_is_parsed(runner, report):
    first = _tree({"main.py": "import os\n", "lib.py": "import sys\n"})
    second = first.changed({"lib.py": b"import json\n"})
    whole = parse(runner, second)
    assert parse_changed(runner, second, None, replace(parse(runner, first), report=report)).ruff() == whole.ruff()
    assert {one.file for one in whole.ruff()} == {"main.py", "lib.py"}


def test_where_ruff_s_report_never_can_be_read_the_parser_s_findings_stand(runner):
    class Spoilt:
        def run(self, job: Job) -> RunResult:
            return replace(runner.run(job), files={"/job/ruff.json": b"[{"})

        def close(self) -> None:
            """It is closed elsewhere."""

    first = _tree({"main.py": "import os\n", "lib.py": "import sys\n"})
    parsed = parse_changed(Spoilt(), first.changed({"lib.py": b"def f(:\n"}), None, parse(runner, first))
    assert [one.file for one in parsed.findings] == ["lib.py"]
    with pytest.raises(CheckFailed, match="cannot be read"):
        parsed.ruff()
