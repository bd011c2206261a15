"""Asking for a value: ask, validate, ask once more with what was wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from p2c.errors import AnswerError
from p2c.model.answers import UnreadableAnswer, read_answer
from p2c.model.types import Answer, Message, Reply
from p2c.prompts import render


class Ask(Protocol):
    """Puts one question to a model; `again`: the first answer to it could not be used."""

    def __call__(self, said: Sequence[Message], *, again: bool) -> Reply:
        """The model's reply."""
        ...


def ask_for_value(
    ask: Ask,
    step: str,
    messages: Sequence[Message],
    answer: type[Answer],
    refused: Callable[[str], None] = lambda _: None,
) -> Answer:
    """The validated answer to `messages`; an invalid one goes back once with what was wrong with it.

    Args:
        refused: told what that is.

    Raises:
        AnswerError: the second answer cannot be used either.
    """
    first = ask(messages, again=False)
    try:
        return read_answer(first.text, answer)
    except UnreadableAnswer as error:
        problem = str(error)
    refused(problem)
    complaint = render("model/again", problem=problem)
    said = [*messages, Message(role="assistant", content=first.text), Message(role="user", content=complaint)]
    second = ask(said, again=True)
    try:
        return read_answer(second.text, answer)
    except UnreadableAnswer as error:
        raise AnswerError(
            f"{step}: the model's answer is no valid {answer.__name__}, twice; the last problem:\n{error}\n"
            "Try again, or use a model that is better at structured output."
        ) from error
