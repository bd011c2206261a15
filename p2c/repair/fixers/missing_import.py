"""A name that nothing imports: well-known abbreviations, modules of Python, what one other file defines."""

from __future__ import annotations

import ast
import re
import typing
from pathlib import PurePosixPath

from p2c.repair.fixers.case import Case, Fix, span, with_import
from p2c.repair.fixers.python_file import PythonFile, failing_file
from p2c.repair.syntax import python_tree
from sandbox.requirements.names import STANDARD_LIBRARY

_UNDEFINED = re.compile(r"name ['\"](\w+)['\"] is not defined")
_ABBREVIATED = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "plt": "import matplotlib.pyplot as plt",
    "sns": "import seaborn as sns",
    "tf": "import tensorflow as tf",
    "nx": "import networkx as nx",
    "torch": "import torch",
    "nn": "from torch import nn",
    "optim": "from torch import optim",
    "F": "import torch.nn.functional as F",
    "yaml": "import yaml",
    "requests": "import requests",
    "joblib": "import joblib",
    "tqdm": "from tqdm import tqdm",
    "DataLoader": "from torch.utils.data import DataLoader",
    "Dataset": "from torch.utils.data import Dataset",
    "Path": "from pathlib import Path",
    "dataclass": "from dataclasses import dataclass",
    "field": "from dataclasses import field",
    "defaultdict": "from collections import defaultdict",
    "OrderedDict": "from collections import OrderedDict",
    "Counter": "from collections import Counter",
    "deque": "from collections import deque",
    "namedtuple": "from collections import namedtuple",
    "partial": "from functools import partial",
    "lru_cache": "from functools import lru_cache",
    "wraps": "from functools import wraps",
    "reduce": "from functools import reduce",
    "reload": "from importlib import reload",
    "Enum": "from enum import Enum",
    "ABC": "from abc import ABC",
    "abstractmethod": "from abc import abstractmethod",
    "deepcopy": "from copy import deepcopy",
    "timedelta": "from datetime import timedelta",
    "train_test_split": "from sklearn.model_selection import train_test_split",
}
_DATETIME = frozenset({"now", "today", "strptime", "fromisoformat", "fromtimestamp", "utcnow", "combine"})
"""Methods of the class `datetime.datetime`; the module has none of these names."""
_PYTHON_2 = {
    "xrange": "range", "raw_input": "input", "unicode": "str", "basestring": "str", "long": "int", "unichr": "chr",
}  # fmt: skip


def missing_import(case: Case) -> Fix | None:
    """Imports a name that is used and that the file binds nowhere; a builtin of Python 2 becomes that of Python 3."""
    match = _UNDEFINED.search(case.failure.message) if case.exception == "NameError" else None
    path, file = case.path, failing_file(case)
    if match is None or path is None or file is None or match[1] in bound_in(file.module):
        return None
    name = match[1]
    if name in _PYTHON_2:
        uses = [n for n in ast.walk(file.module) if isinstance(n, ast.Name) and n.id == name]
        new = file.edited((span(node), _PYTHON_2[name]) for node in uses)
        return Fix({path: new}, f"write {_PYTHON_2[name]} for {name} of Python 2") if new else None
    statement = _statement(name, file.module) or _of_repository(case, path, name)
    if statement is None:
        return None
    return Fix({path: _imported(file, statement)}, f"import {name}, which {path} uses")


def bound_in(module: ast.Module) -> set[str]:
    """Every name that the file binds anywhere; one that is bound in another scope may be meant."""
    names = {n.id for n in ast.walk(module) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    names |= {n.name for n in ast.walk(module) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    imports = [n for n in ast.walk(module) if isinstance(n, ast.Import | ast.ImportFrom)]
    return names | {(a.asname or a.name).partition(".")[0] for n in imports for a in n.names}


def _statement(name: str, module: ast.Module) -> str | None:
    attributes = {
        n.attr for n in ast.walk(module)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == name
    }  # fmt: skip
    if name == "datetime":
        return "from datetime import datetime" if attributes & _DATETIME else "import datetime"
    if name in _ABBREVIATED:
        return _ABBREVIATED[name]
    if name in STANDARD_LIBRARY and attributes:
        return f"import {name}"
    return f"from typing import {name}" if name in typing.__all__ else None


def _of_repository(case: Case, path: str, name: str) -> str | None:
    """The import of what exactly one file in the same folder defines, and no other file of the repository."""
    defining = []
    for other in case.tree.python_files():
        module = python_tree(case.tree.files[other]) if name.encode() in case.tree.files[other] else None
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        if module is not None and any(isinstance(n, kinds) and n.name == name for n in module.body):
            defining.append(PurePosixPath(other))
    beside = len(defining) == 1 and defining[0].parent == PurePosixPath(path).parent
    return f"from {defining[0].stem} import {name}" if beside and defining[0].stem.isidentifier() else None


def _imported(file: PythonFile, statement: str) -> bytes:
    """With `statement`, or with its name in a `from ... import` of the same module that is there already."""
    words = statement.split()
    for node in file.module.body if words[0] == "from" else ():
        if (
            isinstance(node, ast.ImportFrom)
            and node.module == words[1]
            and not node.level
            and node.names[0].name != "*"
        ):
            last = node.names[-1]
            line, column = last.end_lineno or last.lineno, last.end_col_offset or 0
            new = file.edited([((line, column, line, column), f", {words[3]}")])
            if new is not None:
                return new
    return with_import(file.content, file.module, statement)
