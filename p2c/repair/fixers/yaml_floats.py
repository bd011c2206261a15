"""`1e-9` is a string in YAML 1.1, which PyYAML reads: a float needs a point, and its exponent a sign."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from p2c.repair.fixers.case import Case, Fix

_FLOAT = re.compile(r"(?P<sign>[-+]?)(?P<whole>\d+)(?P<point>\.\d*)?[eE](?P<exponent_sign>[-+]?)(?P<exponent>\d+)$")


def yaml_floats(case: Case) -> Fix | None:
    """Writes numbers that YAML 1.1 reads as strings so that it reads them as numbers."""
    if case.exception not in ("TypeError", "ValueError") or not re.search(
        r"\bstr(?:ing)?\b|\bfloat\b|UFunc", case.said
    ):
        return None
    changes = {}
    for path, content in sorted(case.tree.files.items()):
        if path.endswith((".yaml", ".yml")):
            changed = _mended(content)
            if changed != content:
                changes[path] = changed
    if not changes:
        return None
    return Fix(changes, f"write floats in {', '.join(changes)} so that YAML 1.1 reads them as numbers")


def _mended(content: bytes) -> bytes:
    try:
        text = content.decode("utf-8")
        found = list(_strings(text))
    except (UnicodeDecodeError, yaml.YAMLError):
        return content
    for start, end, value in reversed(found):
        text = text[:start] + value + text[end:]
    return text.encode("utf-8")


def _strings(text: str) -> Iterator[tuple[int, int, str]]:
    """Where plain scalars stand that look like floats and are strings, and how they ought to be written."""
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if not isinstance(token, yaml.ScalarToken) or not token.plain:
            continue
        match = _FLOAT.match(token.value)
        if match and not isinstance(yaml.safe_load(token.value), float):
            mantissa = f"{match['sign']}{match['whole']}{match['point'] or '.0'}"
            number = f"{mantissa}e{match['exponent_sign'] or '+'}{match['exponent']}"
            yield token.start_mark.index, token.end_mark.index, number
