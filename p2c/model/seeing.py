"""A model that is shown pictures before what it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from p2c.errors import ModelError
from p2c.model.types import Answer, Image, Message, Model, Reply
from p2c.types import Usage

T = TypeVar("T")
_ABOUT_PICTURES = ("image", "vision", "multimodal", "must be a string", "valid string")
"""Words of endpoints whose model takes text only."""


class Seeing:
    """Implements `Model` by asking another one, with pictures at the head of the conversations that they belong to.

    They come before the text of the user's first message and are the same in every call, so that an endpoint's prefix
    cache holds them with the text that follows.
    """

    def __init__(self, model: Model, images: Sequence[Image], beside: str) -> None:
        """Pictures, and the text that they belong to: they go along where the user's first message holds it."""
        self._model = model
        self._images = tuple(images)
        self._beside = beside.strip()

    def ask(self, step: str, messages: Sequence[Message]) -> Reply:
        """As `Model.ask`."""
        return self._shown(lambda: self._model.ask(step, self._with_images(messages)))

    def ask_for(self, step: str, messages: Sequence[Message], answer: type[Answer]) -> Answer:
        """As `Model.ask_for`."""
        return self._shown(lambda: self._model.ask_for(step, self._with_images(messages), answer))

    def usage(self) -> dict[str, Usage]:
        """As `Model.usage`."""
        return self._model.usage()

    def _with_images(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        first = next((i for i, message in enumerate(messages) if message.role == "user"), None)
        return tuple(
            message.model_copy(update={"images": self._images})
            if i == first and self._beside in message.content
            else message
            for i, message in enumerate(messages)
        )

    def _shown(self, ask: Callable[[], T]) -> T:
        """What `ask` gives; where the endpoint's words are about pictures, what to do is added to them."""
        try:
            return ask()
        except ModelError as error:
            if any(word in str(error).lower() for word in _ABOUT_PICTURES):
                raise type(error)(f"{error}. If the model takes no pictures, run without --figures") from error
            raise
