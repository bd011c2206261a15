"""Reading import statements by parsing."""

from __future__ import annotations

import pytest

from sandbox.requirements.imports import read_module


def imports(source: str, path: str = "main.py") -> list[tuple[str, bool]]:
    return [(found.module, found.guarded) for found in read_module(path, source.encode()).imports]


@pytest.mark.parametrize(
    ("source", "guarded"),
    [
        ("import torch", False),
        ("def f():\n    import torch", False),
        ("class A:\n    import torch", False),
        ("try:\n    import torch\nexcept ImportError:\n    torch = None", True),
        ("try:\n    import torch\nexcept (ValueError, ModuleNotFoundError):\n    pass", True),
        ("try:\n    import torch\nexcept:\n    pass", True),
        ("try:\n    import torch\nexcept Exception as e:\n    print(e)", True),
        ("try:\n    import torch\nexcept ValueError:\n    pass", False),
        ("try:\n    import torch\nexcept ImportError:\n    raise SystemExit('install torch')", False),
        ("import sys\ntry:\n    import torch\nexcept ImportError:\n    print('x')\n    sys.exit(1)", False),
        ("try:\n    x = 1\nexcept ImportError:\n    import torch", True),
        ("try:\n    x = 1\nfinally:\n    import torch", False),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch", True),
        ("import typing\nif typing.TYPE_CHECKING:\n    import torch", True),
        ("from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    import torch", False),
        ("from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    pass\nelse:\n    import torch", True),
        ("import sys\nif sys.platform == 'win32':\n    import torch", True),
        ("if __name__ == '__main__':\n    import torch", False),
        ("import contextlib\nwith contextlib.suppress(ImportError):\n    import torch", True),
        ("import importlib\nx = importlib.import_module('torch')", True),
    ],
)
def test_an_import_counts_as_guarded_only_when_the_program_can_do_without_it(source: str, guarded: bool) -> None:
    assert ("torch", guarded) in imports(source)


def test_names_levels_and_lines_are_kept() -> None:
    found = read_module("a/b.py", b"import os\nfrom ..c import d, e as f\nfrom . import g\n").imports
    assert [(i.module, i.names, i.level, i.line) for i in found] == [
        ("os", (), 0, 1),
        ("c", ("d", "e"), 2, 2),
        ("", ("g",), 1, 3),
    ]


def test_tests_documentation_and_setup_are_guarded() -> None:
    for path in ("tests/x.py", "pkg/test_it.py", "docs/conf.py", "setup.py", "conftest.py"):
        assert imports("import sphinx", path) == [("sphinx", True)]
    assert imports("import sphinx", "examples/run.py") == [("sphinx", False)]


def test_python_2_is_read_line_by_line() -> None:
    source = (
        "import numpy as np\nprint \"hello\"\nfrom sklearn.svm import (\n    SVC,\n    SVR)\n'''\nimport fake\n'''\n"
    )
    module = read_module("old.py", source.encode())
    assert not module.parsed
    assert [(i.module, i.names, i.line) for i in module.imports] == [
        ("numpy", (), 1),
        ("sklearn.svm", ("SVC", "SVR"), 3),
    ]


def test_a_byte_order_mark_and_another_encoding_are_no_obstacle() -> None:
    assert read_module("a.py", b"\xef\xbb\xbfimport numpy").imports[0].module == "numpy"
    latin = "# -*- coding: latin-1 -*-\n# caf\xe9\nimport numpy".encode("latin-1")
    assert read_module("a.py", latin).parsed


@pytest.mark.parametrize("content", [b"\0\0\0", b"(" * 5000, b"", b"\xff\xfe\x00", b"x = " + b"-" * 200_000 + b"1"])
def test_no_content_stops_the_reader(content: bytes) -> None:
    assert read_module("a.py", content).imports == ()


def test_prose_saved_as_python_yields_only_real_statements() -> None:
    prose = b"Here is the code.\n\nYou should import the data from disk.\n\n```python\nimport numpy\n```\n"
    assert [i.module for i in read_module("a.py", prose).imports] == ["numpy"]


def test_the_folders_put_on_the_path_are_found() -> None:
    source = (
        "import os, sys\n"
        "sys.path.append('lib')\n"
        "sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'common'))\n"
        "sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))\n"
        "sys.path.append(str(Path(__file__).resolve().parent.parent / 'x'))\n"
        "sys.path.append(str(Path(__file__).resolve().parents[2] / 'y'))\n"
        "sys.path.append(unknown())\n"
    )
    assert read_module("a/b.py", source.encode()).paths == ("lib", "../common", "..", "../x", "../../y")


def test_no_folder_is_higher_up_than_a_path_is_deep() -> None:
    source = f"import sys\nsys.path.append(str(Path(__file__).parents[{'9' * 4000}]))\n"
    source += "sys.path.append(str(Path(__file__).parents[1]))\n"
    assert read_module("a/b.py", source.encode()).paths[-1] == ".."
    assert sum(map(len, read_module("a/b.py", source.encode()).paths)) < 1000


def test_an_expression_counts_wherever_it_stands_and_however_its_lines_end() -> None:
    source = (
        "import pandas as pd, sys, importlib\r\nx = 1\r\ndef f(a=importlib.import_module('torch')):\r\n"
        "    if a:\r\n        return [\r\n            pd\r\n            .read_excel(b)\r\n        ]\r\n"
        "with open('x') as f, g(__import__('jax')):\r\n    sys.path.append('lib')\r\n"
    )
    module = read_module("a.py", source.encode())
    assert {i.module for i in module.imports} == {"pandas", "sys", "importlib", "torch", "jax"}
    assert "read_excel" in module.attributes
    assert module.paths == ("lib",)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = b, (c, *d) = e = 1", {"a", "b", "c", "d", "e"}),
        ("for a in x:\n    b: int = 1\nelse:\n    c += 1", {"a", "b", "c"}),
        ("with open(x) as (a, b):\n    def c(): pass", {"a", "b", "c"}),
        ("if x:\n    import a.b, c as d\nelif y:\n    from e import f\nelse:\n    class g: pass", {"a", "d", "f", "g"}),
        ("try:\n    a = 1\nexcept E:\n    b = 1\nelse:\n    c = 1\nfinally:\n    d = 1", {"a", "b", "c", "d"}),
        ("match x:\n    case 1:\n        a = 2", {"a"}),
        ("print(a := 1)", {"a"}),
        ("globals()['a'] = 1", {"*"}),
        ("def __getattr__(name): pass", {"*"}),
        ("def f():\n    a = 1\nx.y = z[0] = 1", {"f"}),
    ],
)
def test_what_a_module_binds_is_known(source: str, names: set[str]) -> None:
    assert read_module("a.py", source.encode()).defines == names
