"""Imports of notebooks."""

from __future__ import annotations

import json

import pytest

from sandbox.requirements.infer import infer
from sandbox.requirements.notebooks import read_notebook
from sandbox.tree import Tree


def notebook(*cells: str, kind: str = "code") -> bytes:
    made = [{"cell_type": kind, "source": cell.splitlines(keepends=True), "outputs": []} for cell in cells]
    return json.dumps({"nbformat": 4, "cells": made}, indent=1).encode()


def test_each_code_cell_is_read_and_the_line_is_the_files() -> None:
    content = notebook("import numpy as np\n", "%matplotlib inline\n!pip install x\nnp?\nfrom sklearn import svm\n")
    found = read_notebook("a.ipynb", content)
    assert [(one.module, one.guarded) for one in found] == [("numpy", True), ("sklearn", True)]
    lines = content.decode().splitlines()
    assert ["import" in lines[one.line - 1] for one in found] == [True, True]


@pytest.mark.parametrize(
    "content",
    [
        notebook("import numpy", kind="markdown"),
        notebook("%%bash\nimport numpy"),
        b"import {", b'["import"]', b'{"cells": 3, "import": 1}', b'{"cells": [{"cell_type": "code", "source": 1}]}',
        b"[" * 100_000 + b"import", b"",
    ],
)  # fmt: skip
def test_what_is_no_python_cell_has_no_imports(content: bytes) -> None:
    assert read_notebook("a.ipynb", content) == ()


def test_a_cell_that_does_not_parse_hides_no_other() -> None:
    found = read_notebook("a.ipynb", notebook("def (", "%%time\nimport numpy"))
    assert [one.module for one in found] == ["numpy"]


def test_an_older_format_is_read_too() -> None:
    sheet = {"cells": [{"cell_type": "code", "input": ["import numpy"]}]}
    found = read_notebook("a.ipynb", json.dumps({"nbformat": 3, "worksheets": [sheet]}).encode())
    assert [one.module for one in found] == ["numpy"]


def test_what_only_a_notebook_imports_is_optional_and_own_modules_are_found() -> None:
    files = {
        "main.py": b"import numpy\n",
        "mine.py": b"x = 1\n",
        "show.ipynb": notebook("import numpy\nimport seaborn\nimport mine\nimport utils\n"),
    }
    found = infer(Tree(files))
    assert {need.distribution: need.optional for need in found.requirements} == {"numpy": False, "seaborn": True}
    assert [(item.name, item.optional) for item in found.refused] == [("utils", True)]
    assert found.local == {"mine"}
