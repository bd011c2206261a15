"""YAML of an untrusted tree: texts, lists and tables only, without aliases, within bounds."""

from __future__ import annotations

import yaml

MAX_CHARACTERS = 256 * 1024
"""The reader is pure Python and takes about a second for so many."""
_STRANGE = (RecursionError, ValueError, ArithmeticError, LookupError, AttributeError, TypeError)
"""Beside its own errors the library lets through what a strange escape, directive or tag makes Python raise."""


class UnreadableYamlError(ValueError):
    """A text is no YAML, or none that is read here; the message says why."""


class _PlainLoader(yaml.BaseLoader):
    """Each value stays the text that it is: a tag such as `!!timestamp`, or a number of base 60, is not interpreted."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """As the loader's. Raises yaml.YAMLError for an alias: a few lines of them can mean billions of values."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has an alias")
        return super().compose_node(parent, index)


def read_yaml(text: str) -> object:
    """The only document in `text`: texts (empty where nothing is said), lists and dicts; None where there is none.

    Raises:
        UnreadableYamlError: it is no YAML, too deep, has an alias, or more than `MAX_CHARACTERS`.
    """
    if len(text) > MAX_CHARACTERS:
        raise UnreadableYamlError(f"it has more than {MAX_CHARACTERS} characters")
    try:
        return yaml.load(text, _PlainLoader)  # noqa: S506 - it makes nothing but texts, lists and dicts
    except (yaml.YAMLError, *_STRANGE) as error:
        raise UnreadableYamlError(str(error).partition("\n")[0] or type(error).__name__) from error
