"""What tokens cost: the user's own price, else the maintained table of `genai-prices`, else unknown."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from p2c.errors import UsageError
from p2c.model.settings import ModelSettings

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

_MILLION = 1_000_000


class Prices:
    """Prices of one model at one endpoint.

    A price is taken from the table only where the endpoint is the provider's own: a local server may call its
    model anything. A price is never guessed: one that the table has only in part is unknown.
    """

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings

    @cached_property
    def known(self) -> bool:
        """Whether costs can be told at all."""
        return self.cost(1, 0, 1) is not None

    def cost(self, prompt_tokens: int, cached_tokens: int, reply_tokens: int, written_tokens: int = 0) -> float | None:
        """Dollars for the tokens of one call; None when the price is unknown.

        Args:
            prompt_tokens: all of them.
            cached_tokens: those among them that the endpoint's prefix cache served.
            reply_tokens: reasoning included.
            written_tokens: those of the prompt that were written to the cache, where the endpoint counts them:
                some charge more for them than for others.
        """
        prompt, reply = max(prompt_tokens, 0), max(reply_tokens, 0)
        cached = min(max(cached_tokens, 0), prompt)
        own = self._settings.price_usd_per_million
        if own is not None:
            cached_price = own[2] if len(own) > 2 else own[0]
            return ((prompt - cached) * own[0] + cached * cached_price + reply * own[1]) / _MILLION
        calculation = self._calculate(prompt, cached, reply, min(max(written_tokens, 0), prompt - cached))
        return None if calculation is None else float(calculation.total_price)

    def most(self, prompt_tokens: int, reply_tokens: int) -> float | None:
        """Dollars that so many tokens cannot go over: the cache serves none of them, or takes all of them in."""
        costs = [self.cost(prompt_tokens, 0, reply_tokens, written) for written in (0, prompt_tokens)]
        known = [cost for cost in costs if cost is not None]
        return max(known) if known else None

    def _calculate(self, prompt: int, cached: int, reply: int, written: int) -> PriceCalculation | None:
        from genai_prices import Usage, calc_price  # noqa: PLC0415 - takes half a second; a recorded run needs none

        usage = Usage(
            input_tokens=prompt,
            cache_read_tokens=cached,
            cache_write_tokens=written,
            output_tokens=reply,
        )
        try:
            found = calc_price(usage, self._settings.model, provider_api_url=self._settings.base_url)
        except (LookupError, ValueError):
            return None
        is_whole = found.model_price.input_mtok is not None and found.model_price.output_mtok is not None
        return found if is_whole else None


def refuse_unknown_price(settings: ModelSettings) -> None:
    """Nothing, unless `--max-cost` is set and could not be held; called before a run folder is made.

    Raises:
        UsageError: the model's price is unknown, so nobody could tell when the limit is reached.
    """
    if settings.max_cost_usd is None or settings.recorded is not None or Prices(settings).known:
        return
    raise UsageError(
        f"--max-cost cannot hold: the price of {settings.model} at {settings.endpoint()} is not known. Set "
        "P2C_PRICE to dollars per million prompt and reply tokens, such as 0.15,0.60 (with a third number for prompt "
        "tokens from the endpoint's cache, where they cost less; 0,0 where calls cost nothing), or leave out --max-cost"
    )
