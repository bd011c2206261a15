"""Telling a file's content from text for a person, by the kind of file."""

from __future__ import annotations

import ast
import json
import re
import warnings
from pathlib import PurePosixPath

import yaml

_CODE_LINE = re.compile(
    r"""^\s*(
      import\ \w | from\ [\w.]+\ import | (async\ )?def\ \w+\( | class\ \w+ | @\w | \# | \"\"\" | ''' | if\ __name__
    | [\w.\[\]]+\ *[-+*/]?=\ *\S | return\b | (for|while|if|elif|with)\ .+:\s*$ | (else|try|finally):
    | except\b.*: | [\w.]+\(.*\)?\s*$ | [\])}]+,?\s*$
    )""",
    re.VERBOSE,
)
LONGEST_PARSED = 400_000
"""Characters. What is longer than all that a model writes in one answer is judged by its lines alone."""
MOST_LINES = 2000
"""That tell prose from code."""
MOST_NESTED = 100
"""Levels of YAML. The time that libyaml takes for a token grows with them."""
_LOADER: type[yaml.CLoader] | type[yaml.Loader] = getattr(yaml, "CLoader", yaml.Loader)
_NOT_IN_SENTENCES = frozenset("=(){}[]")


def is_code_line(line: str) -> bool:
    """Whether this one line looks like Python."""
    return _CODE_LINE.match(line) is not None


def is_prose(content: str, path: str) -> bool:
    """Whether `content` is text for a person where `path` should hold code or configuration."""
    if suffix(path) in (".md", ".rst") or not content.strip() or is_well_formed(content, path):
        return False
    lines = [line.rstrip() for line in content.split("\n", MOST_LINES)[:MOST_LINES] if line.strip()]
    sentences = sum(1 for line in lines if _is_sentence(line))
    code = sum(1 for line in lines if is_code_line(line))
    return sentences >= code and (sentences > 0 or suffix(path) == ".py")


def _is_sentence(line: str) -> bool:
    begins = line[0].isupper() or line[0] in "`*"
    return begins and line.count(" ") >= 4 and not _NOT_IN_SENTENCES & set(line)


def is_well_formed(content: str, path: str) -> bool:
    """Whether `content` is well-formed for its kind of file and says something."""
    if len(content) > LONGEST_PARSED:
        return False
    match suffix(path):
        case ".py" | ".pyi":
            return parses(content)
        case ".json" | ".ipynb":
            return _loads(content)
        case ".yaml" | ".yml":
            return _is_yaml(content)
        case _:
            return False


def parses(content: str) -> bool:
    """Whether this is Python that does something: `Sorry` is an expression, too."""
    body = _parsed(content)
    if not isinstance(body, list):
        return False
    trivial = (ast.Name, ast.Attribute, ast.Tuple)
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, trivial)) for node in body) or not body


def wrong_line(content: str) -> int | None:
    """The line (from 1) at which Python stops to understand `content`; None when it understands all of it."""
    body = _parsed(content)
    return body if isinstance(body, int) else None


def _parsed(content: str) -> list[ast.stmt] | int:
    """The statements, or the line that is wrong; the first where that cannot be told."""
    if len(content) > LONGEST_PARSED:
        return 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the code's doubtful escapes are not this program's warnings
            return ast.parse(content).body
    except SyntaxError as error:
        return error.lineno or 1
    except (ValueError, RecursionError, MemoryError):  # NUL, and nested too deep for the parser
        return 1


def _loads(content: str) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def _is_yaml(content: str) -> bool:
    """Whether it is a mapping or a list; by events, for values are built slowly, and not of everything."""
    first: yaml.Event | None = None
    depth = 0
    try:
        for event in yaml.parse(content, Loader=_LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MOST_NESTED:
                return False
            if first is None and isinstance(event, yaml.NodeEvent):
                first = event
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: half a surrogate pair
        return False
    return isinstance(first, yaml.CollectionStartEvent)


def suffix(path: str) -> str:
    """The file's ending, in lower case, with its dot."""
    return PurePosixPath(path).suffix.lower()
