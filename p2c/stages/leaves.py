"""The values of a YAML file with what its comments say about each, and those comments written anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

_COMMENT = re.compile(r"[ \t,\]}]*(?<=[ \t])#[ \t]*(.*)$")
_ALONE = re.compile(r"^[ \t]*#[ \t]*(.*)$")
_ALIAS = re.compile(r"[\"']?[ \t]*:[ \t]*(\*[^\s,\]}]+)")


@dataclass(frozen=True)
class Leaf:
    """One value: a scalar, or a list or mapping that stands in one line.

    Attributes:
        key: dotted name, `training.lr`; of an item in a list of mappings, `layers.0.width`.
        value: as it is written.
        scalars: the scalars in it, as written.
        comment: of its line, else of the lines right above it, else of the nearest key around it; without `#`.
        own: whether the comment stands on the value's own line.
        line: number of that line, from 0.
    """

    key: str
    value: str
    scalars: tuple[str, ...]
    comment: str
    own: bool
    line: int


def leaves(text: str) -> tuple[Leaf, ...]:
    """Every value of `text` (YAML with a mapping at its top level), in the order of the file."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return tuple(_Reader(text).below(root, "", "")) if isinstance(root, yaml.MappingNode) else ()


def with_comments(text: str, comments: Mapping[str, str]) -> str:
    """`text` with `comments` (key of a leaf -> comment) in place of what stands on the leaves' own lines.

    A line that ends inside a value of several lines takes none; the comment then stands on a line above it.
    """
    lines = text.splitlines()
    for leaf in sorted(leaves(text), key=lambda leaf: -leaf.line):
        if leaf.key not in comments:
            continue
        comment = f"# {comments[leaf.key]}"
        if leaf.own:
            at = lines[leaf.line].rindex(leaf.comment) if leaf.comment else len(lines[leaf.line])
            lines[leaf.line] = f"{lines[leaf.line][:at].rstrip().removesuffix('#').rstrip()}  {comment}"
        elif _takes_comment(lines[leaf.line], leaf):
            lines[leaf.line] = f"{lines[leaf.line].rstrip()}  {comment}"
        else:
            margin = lines[leaf.line][: len(lines[leaf.line]) - len(lines[leaf.line].lstrip())]
            lines.insert(leaf.line, f"{margin}{comment}")
    return "\n".join(lines) + "\n"


def _takes_comment(line: str, leaf: Leaf) -> bool:
    return "\n" not in leaf.value or line.rstrip().endswith(":")


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = text.splitlines()

    def below(self, node: yaml.Node, key: str, inherited: str) -> Iterator[Leaf]:
        """The leaves of a mapping or a list that is written over several lines."""
        if isinstance(node, yaml.MappingNode):
            items = [(str(name.value), name, value) for name, value in node.value]
        else:
            items = [(str(index), value, value) for index, value in enumerate(node.value)]
        for name, head, value in items:
            dotted = f"{key}.{name}" if key else name
            yield from self._item(dotted, head, value, inherited)

    def _item(self, key: str, head: yaml.Node, value: yaml.Node, inherited: str) -> Iterator[Leaf]:
        line = head.start_mark.line
        if value.start_mark.index < head.start_mark.index:
            yield self._alias(key, head, value)
        elif self._is_leaf(value):
            ends = value.end_mark if value.end_mark.line == line else head.end_mark
            own = self._after(line, ends.column)
            said = own or self._items_say(value) or self._above(line) or inherited
            yield Leaf(key, self._written(value), tuple(_scalars(value)), said, bool(own), line)
        else:
            own = self._after(line, head.end_mark.column) if head is not value else ""
            yield from self.below(value, key, own or self._above(line) or inherited)

    def _alias(self, key: str, head: yaml.Node, value: yaml.Node) -> Leaf:
        """A value that stands elsewhere, at its anchor: its own comment, else what is said there."""
        line = head.start_mark.line
        match = _ALIAS.match(self._lines[line], head.end_mark.column)
        own = self._after(line, match.end()) if match else ""
        said = own or self._above(line) or self._after(value.end_mark.line, value.end_mark.column)
        return Leaf(key, match[1] if match else "*", tuple(_scalars(value)), said, bool(own), line)

    def _is_leaf(self, node: yaml.Node) -> bool:
        if isinstance(node, yaml.ScalarNode) or getattr(node, "flow_style", False) or not node.value:
            return True
        return isinstance(node, yaml.SequenceNode) and all(isinstance(item, yaml.ScalarNode) for item in node.value)

    def _written(self, node: yaml.Node) -> str:
        return self._text[node.start_mark.index : node.end_mark.index].strip()

    def _after(self, line: int, column: int) -> str:
        match = _COMMENT.match(self._lines[line][column:].removeprefix(":"))
        return match[1].strip() if match else ""

    def _above(self, line: int) -> str:
        said: list[str] = []
        for above in reversed(self._lines[:line]):
            match = _ALONE.match(above)
            if match is None or _margin(above) != _margin(self._lines[line]):
                break
            said.append(match[1].strip())
        return " ".join(reversed(said))

    def _items_say(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.SequenceNode) or node.flow_style:
            return ""
        said = (self._after(item.end_mark.line, item.end_mark.column) for item in node.value)
        return " ".join(dict.fromkeys(words for words in said if words))


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def _scalars(node: yaml.Node) -> Iterator[str]:
    if isinstance(node, yaml.ScalarNode):
        yield str(node.value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item)
    elif isinstance(node, yaml.MappingNode):
        for _name, value in node.value:
            yield from _scalars(value)
