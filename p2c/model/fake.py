"""A model whose replies are scripted, for tests of everything that talks to a model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from p2c.errors import RecordingExhausted
from p2c.model.asking import ask_for_value
from p2c.model.types import Answer, Message, Reply
from p2c.types import Usage

Script = Callable[[str, Sequence[Message]], str]


class ScriptedModel:
    """Implements `Model` with replies from a script: per step in order, or made by a function.

    A reply is served as it is: structured answers are JSON text, validated as a real model's would be.

    Attributes:
        asked: every call so far, as (step, messages).
    """

    def __init__(self, replies: Mapping[str, Sequence[str]] | Script) -> None:
        self._script = replies if callable(replies) else _in_order(replies)
        self._lock = threading.Lock()
        self._usage: dict[str, Usage] = {}
        self.asked: list[tuple[str, tuple[Message, ...]]] = []

    def ask(self, step: str, messages: Sequence[Message]) -> Reply:
        """The next scripted reply. Raises RecordingExhausted when the script has none left for `step`."""
        with self._lock:
            self.asked.append((step, tuple(messages)))
            text = self._script(step, messages)
            prompt = sum(len(message.content) for message in messages) // 4
            usage = Usage(calls=1, prompt_tokens=prompt, reply_tokens=len(text) // 4, cost_usd=0.0)
            self._usage[step] = self._usage.get(step, Usage()) + usage
        return Reply(text=text, model="scripted", usage=usage, seconds=0.0)

    def ask_for(self, step: str, messages: Sequence[Message], answer: type[Answer]) -> Answer:
        """The next scripted reply, validated; an invalid one is followed by one more."""

        def ask(said: Sequence[Message], *, again: bool) -> Reply:
            del again
            return self.ask(step, said)

        return ask_for_value(ask, step, messages, answer)

    def usage(self) -> dict[str, Usage]:
        """Estimated tokens by step; the cost is nothing."""
        with self._lock:
            return dict(self._usage)


def _in_order(replies: Mapping[str, Sequence[str]]) -> Script:
    left = {step: list(texts) for step, texts in replies.items()}

    def script(step: str, messages: Sequence[Message]) -> str:
        del messages
        if not left.get(step):
            raise RecordingExhausted(f"the script has no reply left for step {step!r}; it has some for {sorted(left)}")
        return left[step].pop(0)

    return script
