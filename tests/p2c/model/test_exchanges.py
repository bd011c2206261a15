"""No finished model call is ever paid for twice, and none goes over the budget."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from p2c.errors import BudgetExceeded, ModelError, UsageError
from p2c.model import open_model
from p2c.model.budget import Budget
from p2c.model.prices import Prices
from p2c.model.settings import ModelSettings
from p2c.model.types import Message
from p2c.run.journal import Journal

Open = Callable[..., Any]


def said(text: str) -> list[Message]:
    return [Message(role="user", content=text)]


def test_the_same_question_in_a_later_process_is_not_asked_again(stub: Any, open_stub: Open, events: Any) -> None:
    stub.does(stub.says("one"), stub.says("two"))
    first = open_stub()
    assert [first.ask("s", said("q")).text for _ in range(2)] == ["one", "two"]
    later = open_stub()
    replies = [later.ask("s", said("q")) for _ in range(2)]
    assert [(reply.text, reply.recorded) for reply in replies] == [("one", True), ("two", True)]
    assert len(stub.bodies) == 2
    assert later.usage() == first.usage()
    assert later.usage()["s"].calls == 2
    assert events[-1]["event"] == "call_finished"
    assert events[-1]["recorded"] is True


@pytest.mark.parametrize("change", ["text", "role", "model", "order"])
def test_another_question_is_asked(stub: Any, open_stub: Open, change: str) -> None:
    stub.does(stub.says("one"), stub.says("two"))
    two = [Message(role="user", content="a"), Message(role="user", content="b")]
    open_stub().ask("s", two)
    other = {
        "text": [two[0], Message(role="user", content="c")],
        "role": [two[0], Message(role="assistant", content="b")],
        "model": two,
        "order": two[::-1],
    }[change]
    model = open_stub(model="other-model") if change == "model" else open_stub()
    assert model.ask("s", other).text == "two"


def test_a_torn_last_line_is_passed_over_and_mended(stub: Any, open_stub: Open, tmp_path: Path) -> None:
    stub.does(stub.says("one"), stub.says("two"), stub.says("never"))
    model = open_stub()
    model.ask("s", said("a"))
    with (tmp_path / "exchanges.jsonl").open("a") as stream:
        stream.write('{"key": "torn')
    assert open_stub().ask("s", said("b")).text == "two"
    again = open_stub()
    assert [again.ask("s", said(q)).text for q in "ab"] == ["one", "two"]


def test_a_failed_call_that_was_paid_for_counts_but_is_never_an_answer(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says(""))
    with pytest.raises(ModelError):
        open_stub(price_usd_per_million=(1.0, 1.0)).ask("s", said("q"))
    later = open_stub(price_usd_per_million=(1.0, 1.0))
    assert later.usage()["s"].calls == 3
    assert later.usage()["s"].cost_usd == pytest.approx(330e-6)
    stub.does(stub.says("yes"))
    assert later.ask("s", said("q")).text == "yes"


def test_parallel_questions_are_all_answered_and_limited(stub: Any, open_stub: Open) -> None:
    def slowly(exchange: Any) -> None:
        time.sleep(0.05)
        stub.says("about " + exchange.body["messages"][0]["content"])(exchange)

    stub.does(slowly)
    model = open_stub(concurrency=3)
    with ThreadPoolExecutor(16) as pool:
        texts = list(pool.map(lambda n: model.ask(f"s{n}", said(f"q{n}")).text, range(24)))
    assert texts == [f"about q{n}" for n in range(24)]
    assert stub.most_at_once <= 3
    again = open_stub()
    assert [again.ask(f"s{n}", said(f"q{n}")).text for n in range(24)] == texts
    assert len(stub.bodies) == 24


def test_a_call_that_could_go_over_the_budget_is_not_made(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("x", usage={"prompt_tokens": 1000, "completion_tokens": 1000}))
    settings = {"price_usd_per_million": (10.0, 10.0), "max_cost_usd": 0.05, "max_reply_tokens": 2000}
    model = open_stub(**settings)
    model.ask("a", said("1"))
    assert model.usage()["a"].cost_usd == pytest.approx(0.02)
    model.ask("b", said("2"))
    with pytest.raises(BudgetExceeded, match=r"c: the next call could cost up to \$0\.0200.*\$0\.0400 spent.*\$0\.05"):
        model.ask("c", said("3"))
    assert len(stub.bodies) == 2
    with pytest.raises(BudgetExceeded):
        open_stub(**settings).ask("c", said("3"))
    assert open_stub(**settings).ask("a", said("1")).text == "x"


def test_a_limit_of_cost_needs_a_known_price(stub: Any, tmp_path: Path) -> None:
    settings = ModelSettings(base_url=stub.url, model="some-model", max_cost_usd=0.01)
    with pytest.raises(UsageError, match=r"price of some-model at .* is not known. Set P2C_PRICE"):
        open_model(settings, Journal(None), tmp_path / "exchanges.jsonl")
    stub.does(stub.says("x"))
    free = replace(settings, price_usd_per_million=(0.0, 0.0))
    with open_model(free, Journal(None), tmp_path / "exchanges.jsonl") as model:
        assert model.ask("s", said("1")).usage.cost_usd == 0.0


def test_prices_are_the_providers_own_or_unknown() -> None:
    openai = ModelSettings(base_url="https://api.openai.com/v1", model="gpt-4o-mini")
    plain, cached = Prices(openai).cost(10_000, 0, 100), Prices(openai).cost(10_000, 9_000, 100)
    assert plain is not None
    assert cached is not None
    assert 0 < cached < plain
    assert Prices(openai).cost(100, 900, -5) is not None
    for base_url, model in [("https://api.openai.com/v1", "no-such"), ("http://127.0.0.1:1/v1", "gpt-4o-mini")]:
        assert Prices(ModelSettings(base_url=base_url, model=model)).cost(1, 0, 1) is None


def test_calls_in_flight_count_and_one_that_fits_later_waits() -> None:
    budget, order = Budget(1.0), []
    first = budget.reserve("a", 0.7)
    first.__enter__()

    def second() -> None:
        with budget.reserve("b", 0.6):
            order.append("b")

    thread = threading.Thread(target=second)
    thread.start()
    time.sleep(0.1)
    order.append("a")
    budget.spend(0.1)
    first.__exit__(None, None, None)
    thread.join(timeout=5)
    assert order == ["a", "b"]


CHILD = """
import pathlib, sys
from p2c.model import ModelSettings, open_model
from p2c.model.types import Message
from p2c.run.journal import Journal
folder = pathlib.Path(sys.argv[2])
settings = ModelSettings(base_url=sys.argv[1], model="m", tries=2)
with open_model(settings, Journal(folder / "journal.jsonl"), folder / "exchanges.jsonl") as model:
    for number in range(1000):
        print(number, model.ask(f"s{number}", [Message(role="user", content=f"q{number}")]).text, flush=True)
"""


def test_kill_9_loses_no_finished_call(stub: Any, tmp_path: Path) -> None:
    stub.does(lambda exchange: stub.says(exchange.body["messages"][0]["content"] * 50)(exchange))
    finished = 0
    for round_number in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, stub.url, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ},
        )
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(finished + 3 + round_number)]
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.readlines()
        child.stdout.close()
        child.wait()
        finished = max(finished, sum(1 for line in lines if line.endswith("\n")))
    asked = [body["messages"][0]["content"] for body in stub.bodies]
    assert len(asked) - len(set(asked)) <= 3, "only a call that was cut off by a kill is made again"
    assert finished > 3
