"""Files that are code wrapped in something else: fences, one line of literal `\\n`, another encoding."""

from __future__ import annotations

import codecs
import re

from p2c.repair.fixers.case import Case, Fix
from p2c.repair.syntax import problem
from p2c.repair.text import new_text, read_text

_FENCE = re.compile(r"^\s*(?:`{3,}|~{3,})\s*[\w+-]*\s*$")
_KNOWN = (".py", ".json", ".toml", ".yaml", ".yml")


def _broken(case: Case) -> list[str]:
    return [p for p in sorted(case.tree.files) if p.endswith(_KNOWN) and problem(p, case.tree.files[p]) is not None]


def code_fences(case: Case) -> Fix | None:
    """Takes off the fences that a model puts around a file, where what remains parses."""
    changes = {}
    for path in _broken(case):
        text = read_text(case.tree.files[path])
        shown = [i for i, line in enumerate(text.lines) if line.strip()]
        fences = [i for i in (shown[:1] + shown[-1:] if shown else []) if _FENCE.match(text.lines[i])]
        for index in sorted(set(fences), reverse=True):
            text = text.spliced(index, index + 1, [])
        if fences and problem(path, text.encode()) is None:
            changes[path] = text.encode()
    return Fix(changes, f"take the fences off {', '.join(changes)}") if changes else None


def literal_newlines(case: Case) -> Fix | None:
    """Writes a file that is one line of literal `\\n` as the lines that it means."""
    changes = {}
    for path in sorted(case.tree.files):
        content = case.tree.files[path]
        text = content.decode("utf-8", "replace").strip()
        if not path.endswith(_KNOWN) or "\n" in text or text.count("\\n") < 3:
            continue
        meant = codecs.decode(text.strip("\"'").encode("latin-1", "backslashreplace"), "unicode_escape")
        result = new_text(meant.split("\n")).encode()
        if (
            "\x00" not in meant
            and (path.endswith((".yaml", ".yml")) or problem(path, content))
            and not problem(path, result)
        ):
            changes[path] = result
    if not changes:
        return None
    return Fix(changes, f"write {', '.join(changes)} as lines instead of literal \\n")


def source_encoding(case: Case) -> Fix | None:
    """Writes Python files that are not UTF-8, and say nothing of another encoding, as UTF-8."""
    changes = {}
    for path in case.tree.python_files():
        content = case.tree.files[path]
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            if problem(path, content) is None:
                continue
            with_utf8 = content.decode("cp1252", "replace").encode()
            if problem(path, with_utf8) is None:
                changes[path] = with_utf8
    return Fix(changes, f"write {', '.join(changes)} as UTF-8") if changes else None
