"""What tokens cost: the user's own price, else the maintained table of `genai-prices`, else unknown."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from p2c.model.settings import ModelSettings

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation


class Prices:
    """Prices of one model at one endpoint.

    A price is taken from the table only where the endpoint is the provider's own: a local server may call its
    model anything.
    """

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings

    @cached_property
    def known(self) -> bool:
        """Whether costs can be told at all."""
        return self.cost(1, 0, 1) is not None

    def cost(self, prompt_tokens: int, cached_tokens: int, reply_tokens: int) -> float | None:
        """Dollars for so many tokens (`cached_tokens` are among `prompt_tokens`); None when the price is unknown."""
        prompt, reply = max(prompt_tokens, 0), max(reply_tokens, 0)
        own = self._settings.price_usd_per_million
        if own is not None:
            return (prompt * own[0] + reply * own[1]) / 1_000_000
        calculation = self._calculate(prompt, min(max(cached_tokens, 0), prompt), reply)
        return None if calculation is None else float(calculation.total_price)

    def _calculate(self, prompt: int, cached: int, reply: int) -> PriceCalculation | None:
        from genai_prices import Usage, calc_price  # noqa: PLC0415 - takes half a second; a recorded run needs none

        usage = Usage(input_tokens=prompt, cache_read_tokens=cached, output_tokens=reply)
        try:
            return calc_price(usage, self._settings.model, provider_api_url=self._settings.base_url)
        except (LookupError, ValueError):
            return None
