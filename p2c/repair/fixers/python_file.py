"""A Python file that is being edited: its syntax tree, what its names mean, and calls written anew."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from p2c.repair.fixers.case import Case, Span, edited, inside_of, parsed, span, with_import
from p2c.repair.fixers.meaning import Meaning
from p2c.repair.syntax import python_tree

Change = tuple[Span, str]
_TOKEN = re.compile(r"\{(\w+)\}")
_DOTTED = re.compile(r"(?<![\w.\"'{])[a-z_]\w*(?:\.\w+)+")


class PythonFile:
    """One file; `statements` gets the imports that what is written into it needs."""

    def __init__(self, content: bytes, module: ast.Module) -> None:
        self.content = content
        self.module = module
        self.meaning = Meaning(module)
        self.statements: set[str] = set()

    def text(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        """The text of `node`, as it stands."""
        return inside_of(self.content, span(node))

    def written(self, name: str) -> str:
        """How this file writes the qualified `name`; what it must import for it is kept in mind."""
        new, statement = self.meaning.written(name)
        self.statements.update(filter(None, [statement]))
        return new

    def edited(self, changes: Iterable[Change]) -> bytes | None:
        """The new content; None where nothing changes, or it would not parse."""
        new = edited(self.content, changes)
        if new == self.content:
            return None
        for statement in sorted(self.statements):
            new = with_import(new, self.module, statement)
        return new if python_tree(new) else None

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Every call, with the last part of the name of what is called."""
        for node in ast.walk(self.module):
            if isinstance(node, ast.Call):
                name = self.meaning.of(node.func).rpartition(".")[2]
                plain = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                yield node, name or plain

    def called_anew(self, call: ast.Call, template: str, *, without: ast.keyword | None = None) -> str | None:
        """`call` as `template` has it (see data/removed.toml); None where it lacks what the template takes.

        Args:
            without: a keyword argument that is `{value}` and not one of `{args}`.
        """
        keywords = [self.text(one) for one in call.keywords if one is not without]
        given = [self.text(one) for one in call.args] + keywords
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        if ("{0}" in template and not call.args) or ("{it}" in template and receiver is None):
            return None
        if template.startswith("{0}") and not isinstance(call.args[0], ast.Name | ast.Attribute | ast.Call):
            given[0] = f"({given[0]})"
        parts = {
            "0": given[0] if given else "",
            "args": ", ".join(given),
            "rest": ", ".join(given[1:]),
            "it": self.text(receiver) if receiver is not None else "",
            "value": self.text(without.value) if without else "",
        }
        shown = _DOTTED.sub(lambda match: self.written(match[0]), template)
        text = _TOKEN.sub(lambda match: parts.get(match[1], match[0]), shown)
        return text.replace(", )", ")").replace("(, ", "(")


def files_with(case: Case, word: str) -> Iterator[tuple[str, PythonFile]]:
    """The Python files of the repository that parse and hold `word`."""
    for path in case.tree.python_files():
        content = case.tree.files[path]
        module = parsed(content) if word.encode() in content else None
        if module is not None:
            yield path, PythonFile(content, module)


def failing_file(case: Case) -> PythonFile | None:
    """The file of the deepest frame inside the repository."""
    path, module = case.path, case.module
    return PythonFile(case.tree.files[path], module) if path is not None and module is not None else None
