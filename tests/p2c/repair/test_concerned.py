"""Which names of libraries a failure makes us look up; none where it stays inside the repository."""

from __future__ import annotations

import pytest

from p2c.repair.concerned import questions
from sandbox.lookup import Question
from sandbox.tree import Tree
from sandbox.verdict import Environment, Failure, Frame, Outcome, Rung, Verdict

SITE = "/store/envs/0123/lib/python3.11/site-packages/"
ENVIRONMENT = Environment(key="0123", python="3.11", lock="", seconds=0.0, reused=True)


def fails(
    code: str, exception: str, message: str, *beyond: tuple[str, int, str], line: int | None = None, **more: bytes
) -> tuple[Question, ...]:
    """The questions where a line of `main.py` (the last one, unless said) fails; `beyond` are frames in packages."""
    tree = Tree({"main.py": code.encode(), **{f"{name}.py": text for name, text in more.items()}})
    at = line or len(code.splitlines())
    frames = [Frame(file="main.py", line=at, function="f", code=code.splitlines()[at - 1], in_repository=True)]
    frames += [Frame(file=SITE + file, line=n, function=name, code="", in_repository=False) for file, n, name in beyond]
    failure = Failure(
        step="smoke", kind="exception", exception=exception, message=message, frames=tuple(frames), signature="s",
        file="main.py", line=at,
    )  # fmt: skip
    verdict = Verdict(
        repository="r", tree=tree.digest(), rung=Rung.starts, outcome=Outcome.failed, summary="s", failure=failure,
        environment=ENVIRONMENT,
    )  # fmt: skip
    return questions(tree, verdict)


def test_a_keyword_that_a_constructor_does_not_take_is_asked_for_by_the_imports_of_the_file() -> None:
    code = "from torch import optim as o\n\nopt = o.Adam(\n    model.parameters(),\n    beta=(0.9, 0.98),\n)\n"
    asked = fails(code, "TypeError", "Adam.__init__() got an unexpected keyword argument 'beta'", line=3)
    assert asked == (Question("torch.optim.Adam", keyword="beta"),)


def test_a_method_of_a_library_is_asked_for_by_its_class() -> None:
    code = "import pandas as pd\nfrom sklearn.metrics import f1_score\nframe.to_csv('a', line_terminator='')\n"
    message = "NDFrame.to_csv() got an unexpected keyword argument 'line_terminator'"
    assert fails(code, "TypeError", message) == (
        Question("NDFrame.to_csv", ("pandas", "sklearn.metrics"), "line_terminator"),
    )


@pytest.mark.parametrize(
    ("exception", "message", "name"),
    [
        ("AttributeError", "module 'numpy' has no attribute 'float'. `np.float` was a deprecated alias", "numpy.float"),
        ("ImportError", "cannot import name 'simps' from 'scipy.integrate' (/x/__init__.py)", "scipy.integrate.simps"),
        ("ModuleNotFoundError", "No module named 'torchtext.legacy'", "torchtext.legacy"),
    ],
)
def test_what_is_missing_of_a_library_is_asked_for(exception: str, message: str, name: str) -> None:
    assert fails("import numpy as np\nx = np.float\n", exception, message) == (Question(name),)


def test_a_member_that_an_object_of_a_library_lacks_is_asked_for_in_what_the_file_imports() -> None:
    code = "import sys\nimport pandas as pd\nfrom torch import nn\nframe = frame.append(row)\n"
    message = "'DataFrame' object has no attribute 'append'"
    assert fails(code, "AttributeError", message) == (Question("DataFrame.append", ("pandas", "torch")),)
    whole = "'numpy.ndarray' object has no attribute 'append'"
    assert fails("import numpy as np\nx.append(1)\n", "AttributeError", whole) == (
        Question("numpy.ndarray.append", ("numpy",)),
    )


def test_where_the_message_names_nothing_the_call_and_the_functions_on_the_way_are_asked_for_once() -> None:
    code = "import torch.nn.functional as F\nloss = F.cross_entropy(logits, y)\n"
    asked = fails(
        code, "RuntimeError", "expected scalar type Long but found Float",
        ("torch/nn/functional.py", 10, "cross_entropy"), ("torch/nn/functional.py", 20, "_inner"),
        ("torch/special.py", 30, "logit"),
    )  # fmt: skip
    assert asked == (
        Question("torch.nn.functional.cross_entropy"),
        Question(file=f"{SITE}torch/special.py", line=30),
    )


def test_of_several_calls_in_a_statement_the_one_counts_that_the_failure_went_through() -> None:
    code = (
        "from sklearn.ensemble import RandomForestClassifier\nfrom sklearn.model_selection import cross_val_predict\n"
        "x = cross_val_predict(RandomForestClassifier(n_estimators=3), data, labels, cv=5)\n"
    )
    asked = fails(
        code, "ValueError", "n_splits=5 cannot be greater than the number of members in each class.",
        ("sklearn/model_selection/_validation.py", 9, "cross_val_predict"),
        ("sklearn/model_selection/_split.py", 7, "split"),
    )  # fmt: skip
    assert asked == (
        Question("sklearn.model_selection.cross_val_predict"),
        Question(file=f"{SITE}sklearn/model_selection/_split.py", line=7),
    )


def test_a_class_whose_parameter_is_wrong_is_asked_for_although_it_was_made_elsewhere() -> None:
    message = "The 'criterion' parameter of DecisionTreeRegressor must be a str among {...}. Got 'mse' instead."
    code = "from sklearn.tree import DecisionTreeRegressor\nmodel.fit(x, y)\n"
    assert fails(code, "sklearn.utils._param_validation.InvalidParameterError", message) == (
        Question("DecisionTreeRegressor", ("sklearn.tree",)),
    )


@pytest.mark.parametrize(
    ("code", "exception", "message"),
    [
        ("import numpy as np\nx = settings['rate']\n", "KeyError", "'rate'"),
        ("import torch\nself.d\n", "AttributeError", "'NoneType' object has no attribute 'd'"),
        ("import torch\nx = Trainer(rate=1)\n", "TypeError", "Trainer.__init__() got an unexpected keyword 'rate'"),
        ("import helper\nhelper.f()\n", "AttributeError", "module 'helper' has no attribute 'f'"),
        ("from helper import g\n", "ImportError", "cannot import name 'g' from 'helper' (/workspace/helper.py)"),
        ("import numpy as np\nx = np.zeros(n)[5]\n", "IndexError", "index 5 is out of bounds"),
        ("import nothing\n", "ModuleNotFoundError", "No module named 'nothing'"),
        ("import torch\nopen('a')\n", "FileNotFoundError", "[Errno 2] No such file or directory: 'a'"),
    ],
)
def test_nothing_is_asked_about_a_failure_of_the_repository_itself(code: str, exception: str, message: str) -> None:
    assert fails(code, exception, message, helper=b"def h(): ...\n", train=b"class Trainer: ...\n") == ()


def test_nothing_is_asked_about_what_the_sandbox_withholds() -> None:
    tree = Tree({"main.py": b"import requests\nrequests.get(u)\n"})
    failure = Failure(
        step="smoke", kind="exception", exception="AttributeError", message="module 'requests' has no attribute 'g'",
        signature="s",
    )  # fmt: skip
    verdict = Verdict(
        repository="r", tree="", rung=Rung.starts, outcome=Outcome.blocked, summary="s", failure=failure,
        environment=ENVIRONMENT,
    )  # fmt: skip
    assert questions(tree, verdict) == ()
    assert questions(tree, verdict.model_copy(update={"outcome": Outcome.failed})) == (Question("requests.g"),)
