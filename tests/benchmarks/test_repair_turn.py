"""The measurement of a repair's turn: its parts are there, its replies are real edits, its parts add up."""

from __future__ import annotations

import ast
import importlib

import pytest

from benchmarks.endpoint import Served
from benchmarks.repair_turn import KEPT, PARTS, Clock, _turn
from benchmarks.turn_trees import CHAIN, Link, real_size, right, small, wrong
from p2c.repair.apply import apply
from p2c.repair.edits import parse
from p2c.repair.guards import Repair, objections


def test_what_is_timed_is_there_and_is_as_before_afterwards() -> None:
    agent = importlib.import_module("p2c.repair.agent")
    clock, before = Clock(), agent.parse
    with clock.timing():
        agent.parse("nothing", {})
    assert agent.parse is before
    assert [name for name, *_ in clock.spans] == ["parse and apply"]
    assert len({(module, path) for _, module, path in PARTS}) == len(PARTS)


@pytest.mark.parametrize("link", CHAIN, ids=lambda link: link.name)
def test_both_replies_to_a_failure_are_edits_that_apply_and_that_the_guards_let_through(link: Link) -> None:
    tree = small(7)
    for reply in (right(link), wrong(link, 7, 2)):
        applied = apply(tree, parse(reply, tree.files))
        assert not applied.refusals
        assert applied.tree != tree
        assert not objections(Repair(tree, applied.tree, None, None, "python main.py"))


def test_the_repository_of_real_size_is_one() -> None:
    tree = real_size(7)
    assert len(tree.files) >= 30
    assert sum(content.count(b"\n") for content in tree.files.values()) >= 5000
    for path in tree.python_files():
        ast.parse(tree.files[path])


def test_the_parts_of_a_turn_add_up_to_all_of_it() -> None:
    clock = Clock()
    clock.spans += [("guards", 10.2, 10.3, 0.1)]
    clock.own += [(10.9, 0.4)]
    clock.events += [
        (10.1, {"event": "call_finished"}),
        (10.3, {"event": "verify_started"}),
        (10.35, {"event": "verify_step_started", "name": "smoke"}),
        (10.85, {"event": "verify_step", "name": "smoke"}),
        (10.9, {"event": "verify_finished"}),
    ]
    one = Served(KEPT, 1, 0, 1, began=9.0, ended=10.0)
    turn = _turn(clock, one, Served(KEPT, 1, 0, 1, began=11.0, ended=11.5))
    assert turn.whole == pytest.approx(1.0)
    assert turn.above == pytest.approx(0.6)
    assert sum(turn.parts.values()) == pytest.approx(turn.whole)
    assert turn.parts["verify: smoke"] == pytest.approx(0.5)
