"""Figures that nobody computed, and data that was made up."""

from __future__ import annotations

import pytest

from sandbox.smoke.pretence import constant_figures, made_up_data
from sandbox.smoke.script import Script


def _script(source: str) -> tuple[Script, ...]:
    return (Script("main.py", source),)


@pytest.mark.parametrize(
    ("metrics", "source", "place"),
    [
        ({"accuracy": 0.923}, "m = {'accuracy': 0.923}\n", "main.py:1"),
        ({"a": {"f1": 0.8125, "auc": [0.911]}}, "f1 = 0.8125\nauc = 0.911\n", "main.py:1, main.py:2"),
        ({"accuracy": 0.923, "loss": 0.4417}, "accuracy = 0.923\nloss = train()\n", None),
        ({"accuracy": 0.5}, "m = 0.5\n", None),
        ({"epochs": 20, "classes": 10}, "epochs, classes = 20, 10\n", None),
        ({}, "x = 0.923\n", None),
        ({"accuracy": 1.0}, "accuracy = 1.0\n", None),
    ],
)
def test_metrics_that_stand_in_the_code_were_not_computed(metrics, source, place) -> None:
    assert constant_figures(metrics, _script(source)) == place


FALLBACK = """\
try:
    data = open('data.csv').read()
except FileNotFoundError:
    data = np.random.rand(100, 4)
"""
IF = """\
if not os.path.exists(path):
    graph = nx.erdos_renyi_graph(100, 0.1)
"""
ELSE = "if os.path.exists(path):\n    x = load(path)\nelse:\n    x = create_dummy_data(10)\n"


@pytest.mark.parametrize(("source", "line"), [(FALLBACK, 4), (IF, 2), (ELSE, 4)])
def test_data_that_was_made_up_in_place_of_a_data_set_is_said_where_that_line_ran(source, line) -> None:
    (said,) = made_up_data(_script(source), {"main.py": frozenset({1, line})})
    assert said.startswith(f"main.py:{line} made data up")
    assert list(made_up_data(_script(source), {"main.py": frozenset({1})})) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = np.random.rand(3)\n",
        "try:\n    x = f()\nexcept FileNotFoundError:\n    x = load_other()\n",
        "if not os.path.exists(path):\n    os.makedirs(path)\n",
        "try:\n    x = f()\nexcept ValueError:\n    x = np.random.rand(3)\n",
    ],
)
def test_other_random_numbers_and_other_remedies_are_nobody_s_concern(source) -> None:
    assert list(made_up_data(_script(source), {"main.py": frozenset(range(9))})) == []
