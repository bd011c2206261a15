"""Source and settings that no person writes, but a program or a model may: they are judged, and end nothing."""

from __future__ import annotations

import pytest

from p2c.repair.guards import Repair, objections
from sandbox.tree import Tree
from sandbox.verdict import Failure


def guards(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str]]:
    failure = Failure(step="smoke", kind="exception", exception="ValueError", message="seen", signature="s")
    old, new = (Tree({path: text.encode() for path, text in files.items()}) for files in (before, after))
    return [(one.guard, one.file) for one in objections(Repair(old, new, failure, smoke="python main.py"))]


def test_an_amount_that_is_too_large_for_a_float_is_an_amount() -> None:
    assert guards({"a.json": f'{{"epochs": {"1" * 400}}}'}, {"a.json": '{"epochs": 0}'}) == [("idle", "a.json")]


def test_settings_with_a_tag_that_cannot_be_read_are_passed_over() -> None:
    assert guards({"a.yaml": "epochs: 3\n"}, {"a.yaml": 'epochs: 0\nx: !!int ""\n'}) == []


@pytest.mark.parametrize("line", ["x = {}", "train(epochs={})", "loss = a * {}", "def f(a={}): return a"])
def test_a_file_with_a_long_chain_of_operations_is_judged_like_any_other(line: str) -> None:
    chain = line.format(" * ".join(["2"] * 1500))
    rest = "\n\ndef train(rows):\n    return [step(row) for row in rows{}]\n"
    old, new = ({"main.py": f"{chain}{rest.format(part)}"} for part in ("", "[:0]"))
    assert guards(old, new) == [("idle", "main.py")]
