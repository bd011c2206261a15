"""Opening the model of a run: an endpoint or a recording, with the run's exchanges before it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from p2c.model.budget import Budget
from p2c.model.chat import ChatModel
from p2c.model.exchanges import Exchange, Exchanges
from p2c.model.lost import lost_calls
from p2c.model.prices import Prices, refuse_unknown_price
from p2c.model.recorded import Recording
from p2c.model.settings import ModelSettings
from p2c.model.source import Source
from p2c.run.journal import Journal


def open_model(settings: ModelSettings, journal: Journal, exchanges: Path) -> ChatModel:
    """The model that `settings` name; implements `Model` and is a context manager.

    Args:
        settings: endpoint, limits, or a recording.
        journal: told every call.
        exchanges: the run's `exchanges.jsonl`; answers in it are not asked for again, what they cost counts
            towards the budget (at the user's own price, where it was not known when they were paid for).

    Raises:
        UsageError: the recording cannot be read, or a limit of cost was set for a model whose price is not known.
    """
    known = Exchanges(exchanges, partial(_priced, settings, Prices(settings)))
    return ChatModel(_source(settings, known, journal), known, journal, settings.concurrency)


def _source(settings: ModelSettings, known: Exchanges, journal: Journal) -> Source:
    if settings.recorded is not None:
        return Recording(settings.recorded, known.all())
    from p2c.model.http import HttpSource  # noqa: PLC0415 - openai takes a second to import; a recorded run needs none

    refuse_unknown_price(settings)
    prices = Prices(settings)
    costs = [one.usage.cost_usd for one in known.all()]
    spent = sum(cost or 0.0 for cost in costs)
    if settings.max_cost_usd is not None:
        if None in costs:
            journal.emit(
                "note",
                message="earlier calls of this run whose cost is not known do not count towards --max-cost: "
                f"{costs.count(None)}",
            )
        spent += _maybe_paid(settings, prices, known, journal)
    return HttpSource(settings, Budget(settings.max_cost_usd, spent), prices)


def _priced(settings: ModelSettings, prices: Prices, exchange: Exchange) -> Exchange:
    """An exchange whose cost was not known, at the price that the user names by now."""
    used = exchange.usage
    is_ours = exchange.model == settings.model and not exchange.recorded
    if used.cost_usd is not None or settings.price_usd_per_million is None or not is_ours:
        return exchange
    cost = prices.cost(used.prompt_tokens, used.cached_tokens, used.reply_tokens)
    return exchange.model_copy(update={"usage": used.model_copy(update={"cost_usd": cost})})


def _maybe_paid(settings: ModelSettings, prices: Prices, known: Exchanges, journal: Journal) -> float:
    """Dollars for the calls that were killed with an earlier process; a reply counts as the longest one of this run."""
    lost = lost_calls(journal.events())
    reply = max((one.usage.reply_tokens for one in known.all()), default=settings.max_reply_tokens)
    dollars = sum(prices.cost(prompt, 0, reply) or 0.0 for prompt in lost)
    if dollars:
        journal.emit(
            "note",
            message=f"calls that were under way when an earlier process was killed: {len(lost)}; they may have been "
            f"paid for, so ${dollars:.4f} of --max-cost is counted for them",
        )
    return dollars
