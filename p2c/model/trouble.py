"""The two kinds of trouble that are not the end of a call: what may pass, and what was not understood."""

from __future__ import annotations

from p2c.model.settings import ModelSettings


class Transient(Exception):
    """A request failed in a way that may pass.

    Attributes:
        reason: what failed, in one line.
        wait: seconds that the endpoint asks for, or None.
        tries: how often the request is worth making at all; None: as often as the settings say.
        unreached: whether the endpoint was never reached; where it has not answered before either, its address is
            more likely wrong than the endpoint down.
        advice: what to do when it does not pass; a clause.
        is_silent: whether nothing came at all; where the endpoint answers other calls meanwhile, this one waits for
            its turn.
    """

    def __init__(
        self,
        reason: str,
        *,
        wait: float | None = None,
        tries: int | None = None,
        unreached: bool = False,
        advice: str = "Check the endpoint",
        is_silent: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait
        self.tries = tries
        self.unreached = unreached
        self.advice = advice
        self.is_silent = is_silent


class Refused(Exception):
    """The endpoint did not take the request as it was; perhaps it takes it without an optional part.

    Attributes:
        message: the endpoint's words.
        otherwise: what to raise when there is nothing to leave out.
        is_vague: whether the cause may as well be another (a failure with status 500, a broken connection).
        is_named: whether nothing but what the words name can be the cause (a window or a rate that is too small).
    """

    def __init__(self, message: str, otherwise: Exception, *, is_vague: bool = False, is_named: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.otherwise = otherwise
        self.is_vague = is_vague
        self.is_named = is_named


def stalled(settings: ModelSettings, seconds: float, *, has_text: bool, is_open: bool = True) -> Transient:
    """Nothing came for so long: in the middle of an answer, before its first text, or (not `is_open`) at all."""
    variable = "P2C_STALL_SECONDS" if has_text and seconds >= settings.stall_seconds else "P2C_TIMEOUT"
    what = f"stalled: {'nothing' if has_text else 'no text'} came" if is_open else "sent nothing"
    return Transient(
        f"{settings.endpoint()} {what} for {seconds:.0f} s",
        tries=None if has_text else 3,
        advice=f"If it is only slow, set {variable} (seconds) higher, or P2C_CONCURRENCY lower,",
        is_silent=not has_text,
    )


def address_advice(settings: ModelSettings) -> str:
    """What to try where the base URL may be wrong; a clause."""
    where = settings.endpoint()
    if where.endswith("/v1"):
        return "check OPENAI_BASE_URL"
    for ending in ("/chat/completions", "/completions", "/chat"):
        if where.endswith(ending):
            return f"check OPENAI_BASE_URL: it ends before {ending}, so try {where.removesuffix(ending)}"
    if "/v1" not in where:
        return f"check OPENAI_BASE_URL: it usually ends in /v1, so try {where}/v1"
    return "check OPENAI_BASE_URL, which usually ends in /v1"
