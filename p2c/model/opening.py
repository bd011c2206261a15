"""Opening the model of a run: an endpoint or a recording, with the run's exchanges before it."""

from __future__ import annotations

from pathlib import Path

from p2c.errors import UsageError
from p2c.model.budget import Budget
from p2c.model.chat import ChatModel
from p2c.model.exchanges import Exchanges
from p2c.model.prices import Prices
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
            towards the budget.

    Raises:
        UsageError: the recording cannot be read, or a limit of cost was set for a model whose price is not known.
    """
    known = Exchanges(exchanges)
    return ChatModel(_source(settings, known), known, journal, settings.concurrency)


def _source(settings: ModelSettings, known: Exchanges) -> Source:
    if settings.recorded is not None:
        return Recording(settings.recorded, known.all())
    from p2c.model.http import HttpSource  # noqa: PLC0415 - openai takes a second to import; a recorded run needs none

    prices = Prices(settings)
    if settings.max_cost_usd is not None and not prices.known:
        raise UsageError(
            f"--max-cost cannot hold: the price of {settings.model} at {settings.endpoint()} is not known. Set "
            "P2C_PRICE to dollars per million prompt and reply tokens, such as 0.15,0.60 (0,0 where calls cost nothing)"
        )
    spent = sum(usage.cost_usd or 0.0 for usage in known.usage().values())
    return HttpSource(settings, Budget(settings.max_cost_usd, spent), prices)
