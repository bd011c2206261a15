"""Asking for a value: ask, validate, ask once more with what was wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from p2c.errors import AnswerError
from p2c.model.answers import UnreadableAnswer, read_answer
from p2c.model.types import Answer, Message, Reply
from p2c.prompts import render

Ask = Callable[[Sequence[Message]], Reply]


def ask_for_value(ask: Ask, step: str, messages: Sequence[Message], answer: type[Answer]) -> Answer:
    """The validated answer to `messages`; an invalid one goes back once with what was wrong with it.

    Raises:
        AnswerError: the second answer cannot be used either.
    """
    first = ask(messages)
    try:
        return read_answer(first.text, answer)
    except UnreadableAnswer as error:
        problem = str(error)
    complaint = render("model/again", problem=problem)
    second = ask([*messages, Message(role="assistant", content=first.text), Message(role="user", content=complaint)])
    try:
        return read_answer(second.text, answer)
    except UnreadableAnswer as error:
        raise AnswerError(
            f"{step}: the model's answer is no valid {answer.__name__}, twice; the last problem:\n{error}\n"
            "Try again, or use a model that is better at structured output."
        ) from error
