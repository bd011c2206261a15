"""`--max-cost` holds with eight calls at once, whatever the endpoint counts: at most one call leads over it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from genai_prices import Usage as Counted
from genai_prices import calc_price

from p2c.errors import BudgetExceeded, ModelError, UsageError
from p2c.model import ModelSettings, open_model
from p2c.model.budget import Budget
from p2c.model.prices import Prices, refuse_unknown_price
from p2c.model.stopping import Stop, until_stopped
from p2c.model.types import Message
from p2c.run.journal import Journal

Open = Callable[..., Any]
DOLLAR_PER_TOKEN = 1e-5
PRICE = (10.0, 10.0)


def said(text: str) -> list[Message]:
    return [Message(role="user", content=text)]


def slowly(act: Callable[[Any], None], seconds: float = 0.05) -> Callable[[Any], None]:
    def acts(exchange: Any) -> None:
        time.sleep(seconds)
        act(exchange)

    return acts


def ask_all(model: Any, questions: Sequence[str]) -> int:
    """Ask at the same time, eight at once; how many were refused for the budget."""

    def ask(number: int) -> bool:
        try:
            model.ask(f"s{number}", said(questions[number]))
        except BudgetExceeded:
            return True
        return False

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(ask, range(len(questions))))


def spent(model: Any) -> float:
    return sum(usage.cost_usd or 0.0 for usage in model.usage().values())


def test_eight_calls_at_once_never_go_over_the_limit(stub: Any, open_stub: Open) -> None:
    stub.does(slowly(stub.says("x", usage={"prompt_tokens": 10, "completion_tokens": 1990})))
    model = open_stub(price_usd_per_million=PRICE, max_cost_usd=0.1, max_reply_tokens=1990)
    refused = ask_all(model, [f"q{n}" for n in range(12)])
    assert spent(model) <= 0.1 + 1e-9
    assert len(stub.bodies) + refused == 12
    assert len(stub.bodies) >= 4, "it must not stop long before the limit either"


def test_calls_that_fit_together_go_at_the_same_time(stub: Any, open_stub: Open) -> None:
    together = threading.Barrier(8, timeout=20)

    def act(exchange: Any) -> None:
        together.wait()
        stub.says("x", usage={"prompt_tokens": 10, "completion_tokens": 10})(exchange)

    stub.does(act)
    model = open_stub(price_usd_per_million=PRICE, max_cost_usd=10.0, max_reply_tokens=1000)
    assert ask_all(model, [f"q{n}" for n in range(8)]) == 0


def test_a_tokenizer_that_makes_a_token_of_every_byte_leads_over_by_one_call_at_most(
    stub: Any, open_stub: Open
) -> None:
    stub.does(slowly(stub.says("x", usage={"prompt_tokens": 8000, "completion_tokens": 2000})))
    model = open_stub(price_usd_per_million=PRICE, max_cost_usd=0.31, max_reply_tokens=2000)
    ask_all(model, [f"{n:04d}" + "z" * 7990 for n in range(16)])
    one = 10_000 * DOLLAR_PER_TOKEN
    assert 0.31 - one < spent(model) <= 0.31 + one


def test_where_nothing_limits_a_reply_calls_go_one_after_another(stub: Any, open_stub: Open) -> None:
    lock, running, most = threading.Lock(), 0, 0

    def act(exchange: Any) -> None:
        nonlocal running, most
        if "max_tokens" in exchange.body:
            stub.fails(400, "max_tokens is not supported")(exchange)
            return
        if "max_completion_tokens" in exchange.body:
            stub.fails(400, "max_completion_tokens is not supported")(exchange)
            return
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with lock:
            running -= 1
        stub.says("x", usage={"prompt_tokens": 10, "completion_tokens": 9990})(exchange)

    stub.does(act)
    model = open_stub(price_usd_per_million=PRICE, max_cost_usd=0.25, max_reply_tokens=1000)
    ask_all(model, [f"q{n}" for n in range(10)])
    assert most == 1
    assert 0.25 - 0.1 < spent(model) <= 0.25 + 0.1


def test_once_a_reply_was_longer_than_its_limit_calls_go_one_after_another(stub: Any, open_stub: Open) -> None:
    stub.does(slowly(stub.says("x", usage={"prompt_tokens": 10, "completion_tokens": 9990})))
    model = open_stub(price_usd_per_million=PRICE, max_cost_usd=0.55, max_reply_tokens=1000)
    model.ask("planning", said("a plan"))
    ask_all(model, [f"q{n}" for n in range(10)])
    assert stub.most_at_once == 1
    assert 0.55 - 0.1 < spent(model) <= 0.55 + 0.1


def test_a_failed_call_gives_back_what_was_set_aside(stub: Any, open_stub: Open) -> None:
    stub.does(stub.fails(401, "no"), stub.says("x", usage={"prompt_tokens": 10, "completion_tokens": 10}))
    model = open_stub(price_usd_per_million=PRICE, max_cost_usd=0.012, max_reply_tokens=1000)
    with pytest.raises(ModelError):
        model.ask("a", said("1"))
    assert model.ask("b", said("2")).text == "x"


def test_prompts_that_were_read_count_although_no_word_came_back(stub: Any, open_stub: Open) -> None:
    def break_off(exchange: Any) -> None:
        exchange.begin()
        exchange.reset()

    stub.does(break_off)
    model = open_stub(price_usd_per_million=PRICE, max_cost_usd=0.035, max_reply_tokens=1000, tries=9)
    with pytest.raises(BudgetExceeded, match=r"with \$0\.0200 spent"):
        model.ask("s", said("y" * 4000))
    assert len(stub.bodies) == 2
    assert spent(model) == pytest.approx(0.02)


def test_requests_that_were_turned_away_cost_nothing(stub: Any, open_stub: Open) -> None:
    stub.does(*(stub.fails(429, "later") for _ in range(4)), stub.says("x"))
    model = open_stub(price_usd_per_million=PRICE, max_cost_usd=0.035, max_reply_tokens=1000, tries=9)
    assert model.ask("s", said("y" * 4000)).text == "x"
    assert model.usage()["s"].calls == 1


@pytest.mark.parametrize("seed", range(5))
def test_whatever_calls_turn_out_to_cost_only_one_leads_over_the_limit(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - guards nothing
    budget, lock, costs = Budget(1.0), threading.Lock(), []
    calls = []
    for _ in range(40):
        most = chance.uniform(0.02, 0.4)
        calls.append((most * chance.uniform(0.1, 1.0), most, most * chance.uniform(0.1, 1.0), chance.uniform(0, 0.004)))

    def make(call: tuple[float, float, float, float]) -> None:
        likely, most, cost, seconds = call
        try:
            with budget.reserve("s", likely, most):
                time.sleep(seconds)
                budget.spend(cost)
                with lock:
                    costs.append(cost)
        except BudgetExceeded:
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, calls))
    assert sum(costs) <= 1.0 + max(cost for _, _, cost, _ in calls)
    assert sum(costs) >= 0.5


def test_a_call_that_waits_for_its_turn_is_not_made_once_the_run_ends(stub: Any, open_stub: Open) -> None:
    stop, is_asked = Stop(), threading.Event()

    def act(exchange: Any) -> None:
        is_asked.set()
        time.sleep(0.05)  # the other one comes to wait for its turn
        stop.set()
        stub.says("x", usage={"prompt_tokens": 10, "completion_tokens": 10})(exchange)

    stub.does(act)
    model = open_stub(price_usd_per_million=PRICE, max_cost_usd=0.03, max_reply_tokens=1990)

    def first() -> str:
        return str(model.ask("first", said("1")).text)

    def second() -> str:
        assert is_asked.wait(10)
        with until_stopped(stop), pytest.raises(ModelError, match="second: not asked, as the run ends"):
            model.ask("second", said("2"))
        return "not asked"

    with ThreadPoolExecutor(2) as pool:
        assert [made.result() for made in (pool.submit(first), pool.submit(second))] == ["x", "not asked"]
    assert len(stub.bodies) == 1


def test_a_call_that_waits_for_its_turn_is_not_under_way(stub: Any, open_stub: Open, events: Any) -> None:
    is_asked, started = threading.Event(), []

    def act(exchange: Any) -> None:
        is_asked.set()
        time.sleep(0.05)  # the other one comes to wait for its turn
        started.append([event["step"] for event in events if event["event"] == "call_started"])
        stub.says("x", usage={"prompt_tokens": 10, "completion_tokens": 10})(exchange)

    stub.does(act)
    model = open_stub(price_usd_per_million=PRICE, max_cost_usd=0.03, max_reply_tokens=1990)

    def second() -> None:
        assert is_asked.wait(10)
        model.ask("second", said("2"))

    with ThreadPoolExecutor(2) as pool:
        for made in (pool.submit(model.ask, "first", said("1")), pool.submit(second)):
            made.result()
    assert started == [["first"], ["first", "second"]]


def test_calls_killed_with_an_earlier_process_count(stub: Any, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for step in ("planning/overview", "analysis/a.py", "analysis/b.py"):
        journal.emit("call_started", step=step, prompt_tokens=1000)
    journal.emit("call_finished", step="planning/overview", seconds=1.0, usage={}, recorded=False)
    journal.emit("call_failed", step="analysis/b.py", seconds=1.0, reason="no")
    settings = ModelSettings(
        base_url=stub.url, model="m", price_usd_per_million=PRICE, max_cost_usd=0.03, max_reply_tokens=1000
    )
    events: list[dict[str, object]] = []
    stub.does(stub.says("x"))
    later = Journal(tmp_path / "journal.jsonl", (events.append,))
    with open_model(settings, later, tmp_path / "exchanges.jsonl") as model:
        assert any("killed: 1; they may have been paid for, so $0.0200" in str(one.get("message")) for one in events)
        with pytest.raises(BudgetExceeded, match=r"with \$0\.0200 spent"):
            model.ask("analysis/a.py", said("y" * 4000))
    assert stub.bodies == []


def test_what_was_paid_before_its_price_was_named_counts_once_it_is(stub: Any, open_stub: Open, tmp_path: Path) -> None:
    stub.does(stub.says("x", usage={"prompt_tokens": 1000, "completion_tokens": 500}))
    unknown = open_stub()
    unknown.ask("a", said("1"))
    assert unknown.usage()["a"].cost_usd is None
    events: list[dict[str, object]] = []
    here = {"base_url": stub.url, "max_cost_usd": 0.02, "max_reply_tokens": 1000, "price_usd_per_million": PRICE}
    with open_model(
        ModelSettings(model="some-model", **here), Journal(None, (events.append,)), tmp_path / "exchanges.jsonl"
    ) as model:
        assert model.usage()["a"].cost_usd == pytest.approx(0.015)
        with pytest.raises(BudgetExceeded, match=r"with \$0\.0150 spent"):
            model.ask("b", said("2"))
    assert events[0]["event"] == "call_started", "nothing is unknown any more"
    with open_model(
        ModelSettings(model="another", **here), Journal(None, (events.append,)), tmp_path / "exchanges.jsonl"
    ) as model:
        assert model.usage()["a"].cost_usd is None, "that price is another model's"
    assert "whose cost is not known do not count towards --max-cost: 1" in str(events[-1].get("message"))


def test_a_limit_that_cannot_be_held_is_refused_and_says_what_to_do() -> None:
    local = {"base_url": "http://127.0.0.1:1/v1", "model": "some-model"}
    with pytest.raises(UsageError, match=r"price of some-model at .* is not known. Set P2C_PRICE.*or leave out"):
        refuse_unknown_price(ModelSettings(**local, max_cost_usd=1.0))
    refuse_unknown_price(ModelSettings(**local))
    refuse_unknown_price(ModelSettings(**local, max_cost_usd=1.0, recorded=Path("recorded")))
    refuse_unknown_price(ModelSettings(**local, max_cost_usd=1.0, price_usd_per_million=(0.0, 0.0)))


def test_tokens_from_the_cache_have_the_price_that_the_user_names_for_them() -> None:
    prices = Prices(ModelSettings(model="m", price_usd_per_million=(1.0, 4.0, 0.25)))
    assert prices.cost(1_000_000, 800_000, 100_000) == pytest.approx(0.2 + 0.2 + 0.4)
    assert prices.most(1_000_000, 100_000) == pytest.approx(1.4)


def test_tokens_written_to_the_cache_cost_what_the_table_says_and_count_in_the_worst_case() -> None:
    prices = Prices(ModelSettings(base_url="https://api.anthropic.com/v1/", model="claude-opus-5"))
    plain, written, most = prices.cost(1000, 0, 0), prices.cost(1000, 0, 0, 1000), prices.most(1000, 0)
    assert plain is not None
    assert written is not None
    assert plain < written == most


def test_a_price_that_the_table_has_only_in_part_is_unknown() -> None:
    in_part = calc_price(Counted(input_tokens=1000), "text-embedding-3-small", provider_id="openai")
    assert in_part.total_price > 0
    assert not Prices(ModelSettings(model="text-embedding-3-small")).known
