"""Structured answers are found in whatever surrounds them, never completed, and strictly validated."""

from __future__ import annotations

import pytest

from p2c.model.answers import UnreadableAnswer, read_answer
from p2c.model.schema import response_format, schema_of
from p2c.types import Architecture, Logic, Plan, Value


class Step(Value):
    name: str
    seconds: float = 1.0


class Answer(Value):
    title: str
    steps: tuple[Step, ...]


GOOD = '{"title": "t", "steps": [{"name": "a", "seconds": 2}, {"name": "b"}]}'
WANTED = Answer(title="t", steps=(Step(name="a", seconds=2), Step(name="b")))


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"~~~\n{GOOD}\n~~~",
        f"Here is the plan:\n\n{GOOD}\n\nTell me if {{anything}} is missing.",
        f"The set {{x : x > 0}} matters.\n```json\n{GOOD}\n```\nSee above.",
        f'First an example: {{"title": 3}}. Now the answer:\n{GOOD}',
        '{"title": "t", "steps": [{"name": "a", "seconds": 2,}, {"name": "b",},],}',
        '{\n  // the title\n  "title": "t", # yes\n  "steps": [{"name": "a", "seconds": 2}, /* 2 */ {"name": "b"}]\n}',
        "{'title': 't', 'steps': [{'name': 'a', 'seconds': 2}, {'name': 'b'}]}",
        '{title: "t", steps: [{name: "a", seconds: 2}, {name: "b"}]}',
        "Sure!\n" + GOOD.replace(", ", ",\n\t"),
        f"\ufeff{GOOD}",
        f"The set {{x : x > 0}} and {{epsilon: small}} matter. The answer: {GOOD}",
        f'For {{"a.py": 1}} or {{}}: {GOOD}',
    ],
)
def test_the_value_is_found(text: str) -> None:
    assert read_answer(text, Answer) == WANTED


@pytest.mark.parametrize("habit", ["{}", "// the plan\n{}", "{} # done"])
def test_strings_are_left_as_they_are_where_a_comma_or_a_comment_is_too_much(habit: str) -> None:
    code = r"class A {\n  +f(a: float, b: int | None) A\n}\nnote \"x: (1, 2,]\" // no comment, # neither: \lambda, \\d"
    text = habit.format(f'{{"title": "{code}", "steps": [{{"name": "a", "seconds": 2,}}, {{"name": "b"}},\n],\n}}')
    said = 'class A {\n  +f(a: float, b: int | None) A\n}\nnote "x: (1, 2,]" // no comment, # neither: \\lambda, \\d'
    assert read_answer(text, Answer) == Answer(title=said, steps=WANTED.steps)


def test_what_is_malformed_is_said_beside_what_is_missing() -> None:
    with pytest.raises(
        UnreadableAnswer, match=r"(?s)malformed: Expecting .* line 1 column 1[0-9].*steps: Field required"
    ):
        read_answer('{"title": t, x}', Answer)


def test_raw_line_breaks_in_strings_are_kept() -> None:
    assert read_answer('{"title": "two\nlines", "steps": []}', Answer).title == "two\nlines"


def test_unescaped_latex_keeps_its_backslashes() -> None:
    text = r'{"title": "\beta and \frac{a}{b} and \lambda", "steps": []}'
    assert read_answer(text, Answer).title == r"\beta and \frac{a}{b} and \lambda"


@pytest.mark.parametrize(
    "text",
    [
        GOOD[:-1],
        GOOD[:-3],
        '{"title": "t", "steps": [{"name": "a"}, {"name": "b',
        '{"title": "t", "steps": [{"name": "a"}',
        '```json\n{"title": "t", "steps": [{"name": "a"},',
    ],
)
def test_what_was_cut_off_is_never_completed(text: str) -> None:
    with pytest.raises(UnreadableAnswer, match="incomplete"):
        read_answer(text, Answer)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("I am sorry.", "no JSON object"),
        ("", "no JSON object"),
        ('{"title": "t"}', "steps: Field required"),
        ('{"title": "t", "steps": [], "extra": 1}', "extra: Extra inputs are not permitted"),
        (
            '{"title": "t", "steps": [{"name": "a", "seconds": "long"}]}',
            r"steps\.0\.seconds: Input should be a valid number",
        ),
        ('"just a string {}"', "the whole answer"),
        ("[1, 2]", "the whole answer"),
    ],
)
def test_what_is_wrong_is_said_for_the_model(text: str, problem: str) -> None:
    with pytest.raises(UnreadableAnswer, match=problem):
        read_answer(text, Answer)


@pytest.mark.parametrize("text", ['{"a": ' * 3000, '{"a": ' * 3000 + "1" + "}" * 3000, "{" * 5000, "{x} " * 5000])
def test_hostile_nesting_is_only_a_wrong_answer(text: str) -> None:
    with pytest.raises(UnreadableAnswer):
        read_answer(text, Answer)


@pytest.mark.parametrize("kind", [Answer, Logic, Architecture, Plan])
def test_a_strict_schema_has_closed_objects_with_every_property_required(kind: type[Value]) -> None:
    sent = response_format(kind.__name__, schema_of(kind))["json_schema"]
    assert sent["strict"] is True
    objects = [sent["schema"], *sent["schema"].get("$defs", {}).values()]
    for entry in objects:
        assert entry["additionalProperties"] is False
        assert entry["required"] == list(entry["properties"])
    assert "default" not in str(sent["schema"])


def test_an_open_dictionary_makes_the_schema_not_strict() -> None:
    class Open(Value):
        settings: dict[str, float]

    sent = response_format("Open", schema_of(Open))["json_schema"]
    assert sent["strict"] is False
    assert sent["schema"] == schema_of(Open)
