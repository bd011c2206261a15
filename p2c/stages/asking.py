"""Asking the model: one prompt, an answer that code checks, and one more try with the reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from p2c.errors import AnswerError
from p2c.model.types import Answer, Message, Model
from p2c.prompts import render
from p2c.run.journal import Journal

T = TypeVar("T")
NOTHING = "(an empty answer)"


class Grave(str):
    """A problem that outweighs any number of others: the answer is hardly usable with it."""


@dataclass(frozen=True)
class Try(Generic[T]):
    """One answer: what the model said, what was read from it, and what is wrong with that.

    Attributes:
        text: the answer as the model gave it, for the conversation.
        value: None when nothing usable could be read.
        problems: clauses that complete "your answer cannot be used because".
    """

    text: str
    value: T | None
    problems: tuple[str, ...] = ()


Attempt = Callable[[str, Sequence[Message]], Try[T]]


def conversation(*parts: str) -> tuple[Message, ...]:
    """The rules, then the parts of one request, what is stable first.

    One user message, because some endpoints take no two of them in a row; a prefix cache works on the
    text, so the parts lose nothing by it.
    """
    return (
        Message(role="system", content=render("system")),
        Message(role="user", content="\n".join(part.strip("\n") + "\n" for part in parts if part)),
    )


def as_inputs(messages: Sequence[Message]) -> Mapping[str, str]:
    """What a step that asks `messages` depends on: the prompt as the model reads it, templates included."""
    return {"prompt": "\n".join(f"{message.role}\n{message.content}" for message in messages)}


def ask_twice(
    step: str, messages: Sequence[Message], attempt: Attempt[T], journal: Journal
) -> tuple[T, tuple[str, ...]]:
    """The model's answer, or the better of two, and what is still wrong with it.

    The second is asked for with the reasons. The caller decides whether it can go on with what remains.

    Raises:
        AnswerError: nothing usable could be read from either answer.
        BudgetExceeded, ModelError: as `Model.ask` raises them.
    """
    first = attempt(step, messages)
    if first.value is not None and not first.problems:
        return first.value, ()
    journal.emit("answer_refused", step=step, reason="; ".join(first.problems))
    again = (
        *messages,
        Message(role="assistant", content=first.text.strip() or NOTHING),
        Message(role="user", content=render("reask", problems=first.problems)),
    )
    second = attempt(f"{step}/again", again)
    usable = [(answer.value, answer.problems) for answer in (second, first) if answer.value is not None]
    if not usable:
        raise refusal(step, second.problems)
    return min(usable, key=lambda answer: (any(isinstance(p, Grave) for p in answer[1]), len(answer[1])))


def refusal(step: str, problems: Sequence[str]) -> AnswerError:
    """The error for an answer that cannot be used even after it was asked for again."""
    return AnswerError(
        f"{step}: the model's answer could not be used, nor the second one: {'; '.join(problems)}. "
        "What was made before is kept; try another model (--model) with the same command"
    )


def as_text(model: Model, read: Callable[[str], T], check: Callable[[T], Sequence[str]]) -> Attempt[T]:
    """An attempt whose answer is text: `read` takes the value out of it (or raises AnswerError)."""

    def attempt(step: str, messages: Sequence[Message]) -> Try[T]:
        text = model.ask(step, messages).text
        try:
            value = read(text)
        except AnswerError as error:
            return Try(text, None, (str(error),))
        return Try(text, value, tuple(check(value)))

    return attempt


def as_value(
    model: Model, kind: type[Answer], settle: Callable[[Answer], T], check: Callable[[T], Sequence[str]]
) -> Attempt[T]:
    """An attempt whose answer is a structured value; `settle` puts right what needs no judgement."""

    def attempt(step: str, messages: Sequence[Message]) -> Try[T]:
        answer = model.ask_for(step, messages, kind)
        value = settle(answer)
        return Try(answer.model_dump_json(indent=2), value, tuple(check(value)))

    return attempt
