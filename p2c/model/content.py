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
_NOT_IN_SENTENCES = frozenset("=(){}[]")


def is_code_line(line: str) -> bool:
    """Whether this one line looks like Python."""
    return _CODE_LINE.match(line) is not None


def is_prose(content: str, path: str) -> bool:
    """Whether `content` is text for a person where `path` should hold code or configuration."""
    if suffix(path) in (".md", ".rst") or not content.strip() or is_well_formed(content, path):
        return False
    lines = [line.rstrip() for line in content.splitlines() if line.strip()]
    sentences = sum(1 for line in lines if _is_sentence(line))
    code = sum(1 for line in lines if is_code_line(line))
    return sentences >= code and (sentences > 0 or suffix(path) == ".py")


def _is_sentence(line: str) -> bool:
    begins = line[0].isupper() or line[0] in "`*"
    return begins and line.count(" ") >= 4 and not _NOT_IN_SENTENCES & set(line)


def is_well_formed(content: str, path: str) -> bool:
    """Whether `content` is well-formed for its kind of file and says something."""
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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the code's doubtful escapes are not this program's warnings
            body = ast.parse(content).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    trivial = (ast.Name, ast.Attribute, ast.Tuple)
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, trivial)) for node in body) or not body


def _loads(content: str) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def _is_yaml(content: str) -> bool:
    try:
        return isinstance(yaml.safe_load(content), dict | list)
    except yaml.YAMLError:
        return False


def suffix(path: str) -> str:
    """The file's ending, in lower case, with its dot."""
    return PurePosixPath(path).suffix.lower()
