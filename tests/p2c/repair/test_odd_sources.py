"""Source, settings and output that no person writes, but a program or a model may: they are read, and end nothing."""

from __future__ import annotations

import time

import pytest

from p2c.repair.absent import confirmed
from p2c.repair.failing import evidence, for_agent
from p2c.repair.guards import Repair, objections
from p2c.repair.relevant import wanted_files
from sandbox.tree import Tree
from sandbox.verdict import Failure, Frame, Outcome, Rung, Verdict


def guards(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str]]:
    failure = Failure(step="smoke", kind="exception", exception="ValueError", message="seen", signature="s")
    old, new = (Tree({path: text.encode() for path, text in files.items()}) for files in (before, after))
    return [(one.guard, one.file) for one in objections(Repair(old, new, failure, smoke="python main.py"))]


def test_an_amount_that_is_too_large_for_a_float_is_an_amount() -> None:
    assert guards({"a.json": f'{{"epochs": {"1" * 400}}}'}, {"a.json": '{"epochs": 0}'}) == [("idle", "a.json")]


def test_settings_with_a_tag_that_cannot_be_read_are_passed_over() -> None:
    assert guards({"a.yaml": "epochs: 3\n"}, {"a.yaml": 'epochs: 0\nx: !!int ""\n'}) == []


def test_settings_whose_aliases_mean_billions_of_values_are_passed_over_at_once() -> None:
    levels = [f"l{n}: &l{n} {{a: *l{n - 1}, b: *l{n - 1}, c: *l{n - 1}}}" for n in range(1, 40)]
    bomb = "\n".join(["l0: &l0 {epochs: 3}", *levels])
    began = time.process_time()
    assert guards({"a.yaml": f"{bomb}\nepochs: 3\n"}, {"a.yaml": f"{bomb}\nepochs: 0\n"}) == []
    assert time.process_time() - began < 5


def test_a_few_aliases_hide_no_setting() -> None:
    text = "base: &base {lr: 0.1}\nmodel:\n  <<: *base\n  epochs: "
    assert guards({"a.yaml": f"{text}3\n"}, {"a.yaml": f"{text}0\n"}) == [("idle", "a.yaml")]


def test_a_condition_too_deep_to_be_judged_is_refused_with_the_reason() -> None:
    deep = " + ".join(["a"] * 1500)
    old, new = ({"main.py": f"a = 1\nif {test}:\n    print(a)\n"} for test in ("a", f"{deep} > 3"))
    assert ("depth", "main.py") in guards(old, new)


@pytest.mark.parametrize("line", ["x = {}", "train(epochs={})", "loss = a * {}", "def f(a={}): return a"])
def test_a_file_with_a_long_chain_of_operations_is_judged_like_any_other(line: str) -> None:
    chain = line.format(" * ".join(["2"] * 1500))
    rest = "\n\ndef train(rows):\n    return [step(row) for row in rows{}]\n"
    old, new = ({"main.py": f"{chain}{rest.format(part)}"} for part in ("", "[:0]"))
    assert guards(old, new) == [("idle", "main.py")]


def failed(tree: Tree, **failure: object) -> Verdict:
    of = {"step": "smoke", "message": "it is bad", "signature": "s", **failure}
    return Verdict(
        repository="r", tree=tree.digest(), rung=Rung.starts, outcome=Outcome.failed, summary="s",
        failure=Failure.model_validate(of),
    )  # fmt: skip


def test_a_failing_statement_that_is_a_long_chain_leads_to_its_file() -> None:
    tree = Tree({"main.py": f"x = {' + '.join(['a'] * 1500)}\n".encode(), "config.yaml": b"a: 1\n"})
    frame = Frame(file="main.py", line=1, function="<module>", in_repository=True)
    seen = failed(tree, kind="exception", exception="ValueError", file="main.py", line=1, frames=(frame,))
    assert [one.path for one in wanted_files(tree, seen)] == ["main.py"]


@pytest.mark.parametrize("again", ["7", "a.", "1:00<1, 7", "-", "~/", "a-", "config", "[01/Jan/2024 00:00:00"])
def test_what_was_printed_or_answered_without_end_takes_no_longer_than_its_length(again: str) -> None:
    text = f"1:00<1, {again * (40_000 // len(again))}"
    tree = Tree({"main.py": b"print(1)\n"})
    seen = failed(tree, kind="exit", message=text, evidence=text)
    started = time.process_time()
    evidence(seen)
    wanted_files(tree, seen)
    confirmed([text], tree, seen)
    assert time.process_time() - started < 1.5


def test_when_a_line_was_logged_and_how_fast_a_bar_was_is_left_out() -> None:
    assert for_agent("3/10 [01:02<00:10,  1.23s/it, loss=2]") == "3/10 [loss=2]"
    assert for_agent("9%| 9/99 [100:02<?, ?it/s]") == "9%| 9/99 []"
    assert for_agent('[24/Nov/2026 03:02:46] "GET / HTTP/1.1" 200') == '"GET / HTTP/1.1" 200'
    assert for_agent("127.0.0.1 - - [24/Nov/2026:03:02:46 +0000] x") == "127.0.0.1 - - x"
