"""`config.yaml`: checked, its numbers made numbers, and told apart from a file in which only numbers differ."""

from __future__ import annotations

import re
from functools import lru_cache

import yaml

MOST_VALUES = 20_000
"""More than any configuration holds; a few lines of aliases can stand for billions, which nothing here unfolds."""
_FENCE = re.compile(r"```[a-zA-Z]*[ \t]*\n(.*?)\n?```", re.DOTALL)
_FLOAT = re.compile(r"([+-]?)(\d+)(\.\d*)?[eE]([+-]?)(\d+)")


def read_answer(text: str) -> str:
    """The YAML in a model's answer: what stands in its longest code fence, else the answer itself."""
    fenced = [match.group(1) for match in _FENCE.finditer(text.replace("\r\n", "\n"))]
    body = max(fenced, key=len) if fenced else text
    return body.strip("\ufeff\n").rstrip() + "\n"


def problem(text: str) -> str:
    """Why `text` cannot be the configuration, or an empty string."""
    try:
        if _count(yaml.compose(text, Loader=yaml.SafeLoader), MOST_VALUES) > MOST_VALUES:
            return f"holds more than {MOST_VALUES:,} values"
    except RecursionError:
        return "refers to itself by an alias, or is nested too deeply"
    except (yaml.YAMLError, ValueError) as error:
        return _not_yaml(error)
    try:
        loaded = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # a date such as 2020-13-45 is a ValueError
        return _not_yaml(error)
    if not isinstance(loaded, dict):
        return f"is {_kind(loaded)} at its top level; it must be a mapping of names to values"
    bad = [key for key in loaded if not isinstance(key, str)]
    return f"has a top-level key that is no text: {bad[0]!r}" if bad else ""


def without_smoke(text: str) -> str:
    """Why the smoke run cannot be scaled down by `text`, or an empty string; `text` has no `problem`."""
    smoke = yaml.safe_load(text).get("smoke")
    if isinstance(smoke, dict) and smoke:
        return ""
    return "has no `smoke` mapping; put into it the values that the smoke run uses in place of those above"


def with_real_numbers(text: str) -> tuple[str, tuple[str, ...]]:
    """`text` with numbers such as `1e-9` written so that YAML 1.1 reads a number, and what was rewritten.

    YAML 1.1 (PyYAML) takes a float only with a point and a signed exponent: `1e-9` is a string to it.
    Comments and layout stay as they are. `text` must be YAML.
    """
    rewritten: list[str] = []
    for node in reversed(_plain_strings(text)):
        match = _FLOAT.fullmatch(node.value)
        if match:
            sign, whole, fraction, exponent_sign, exponent = match.groups()
            number = (
                f"{sign}{whole}{fraction if fraction and fraction != '.' else '.0'}e{exponent_sign or '+'}{exponent}"
            )
            text = text[: node.start_mark.index] + number + text[node.end_mark.index :]
            rewritten.append(f"{node.value} as {number}")
    return text, tuple(reversed(rewritten))


@lru_cache(maxsize=8)
def outline(text: str) -> str:
    """`text` without comments and with every number as 0: two files with one outline differ in numbers alone.

    Code reads numbers from the file when it runs, so a changed number makes no file anew; a changed
    name, switch or structure may.
    """
    loaded = yaml.safe_load(text)
    return yaml.safe_dump(_masked(loaded), sort_keys=False, allow_unicode=True)


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return 0 if isinstance(value, int | float) and not isinstance(value, bool) else value


def _not_yaml(error: Exception) -> str:
    return f"is not YAML: {' '.join(str(error).split())}"


def _count(node: yaml.Node | None, most: int) -> int:
    """How many nodes there are in `node`, itself included, each as often as aliases name it; no further than `most`."""
    count = 1
    for part in _parts(node):
        count += _count(part, most - count)
        if count > most:
            break
    return count


def _parts(node: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [value for _name, value in node.value]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _plain_strings(text: str) -> list[yaml.ScalarNode]:
    """The unquoted scalars that YAML 1.1 takes as text, in the order of the file, each once."""
    found: dict[int, yaml.ScalarNode] = {}
    waiting: list[yaml.Node | None] = [yaml.compose(text, Loader=yaml.SafeLoader)]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        waiting.extend(_parts(node))
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str" and node.style is None:
            found[node.start_mark.index] = node
    return [found[index] for index in sorted(found)]


def _kind(value: object) -> str:
    names = {list: "a list", str: "plain text", type(None): "empty"}
    return names.get(type(value), f"a {type(value).__name__}")
