"""The programs that a Makefile's targets run; make itself is not needed, its recipes are read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.requirements.bounds import MAX_LINE, bounded_lines
from sandbox.smoke.modules import Modules
from sandbox.smoke.programs import read_program
from sandbox.tree import Tree

FILES = ("Makefile", "makefile", "GNUmakefile")
TARGETS = ("smoke", "demo", "reproduce", "run", "example", "experiment", "experiments", "start", "train", "main", "all")
_RULE = re.compile(r"^(?P<target>[\w.-]+)\s*:(?!=)")
_VARIABLE = re.compile(r"^(?P<name>\w+)\s*[:?]?=\s*(?P<value>.*)$")
MAX_VALUE = 1000
"""Characters of a variable's value."""
_USE = re.compile(r"\$[({](\w+)[)}]")


def make_commands(tree: Tree, modules: Modules) -> Iterator[tuple[str, str]]:
    """Command and source of each telling target whose recipe runs programs of the tree and nothing else."""
    file = next((name for name in FILES if name in tree.files), None)
    if file is None:
        return
    recipes = _recipes(tree.text(file))
    for target in TARGETS:
        start, lines = recipes.get(target, (0, []))
        programs = [read_program(line, "", tree, modules) for line in lines]
        found = [one for one in programs if one is not None]
        if found and len(found) == len(programs):
            yield " && ".join(one.text for one in found), f"{file}:{start} (make {target})"


def _recipes(text: str) -> dict[str, tuple[int, list[str]]]:
    """Target -> its line and its recipe's commands, without those that print or make folders; variables put in."""
    variables: dict[str, str] = {"PYTHON": "python", "PY": "python"}
    found: dict[str, tuple[int, list[str]]] = {}
    target = ""
    for number, line in bounded_lines(text.replace("\\\n", " ")):
        if line.startswith("\t") and target:
            command = _USE.sub(lambda use: variables.get(use[1], use[0]), line.strip().lstrip("@-+"))[: MAX_LINE + 1]
            if not re.match(r"(?:echo|printf|mkdir|#|:|rm -)", command):
                found[target][1].append(command)
        elif match := _RULE.match(line):
            target = match["target"]
            found.setdefault(target, (number, []))
        elif (match := _VARIABLE.match(line)) and len(value := match["value"].strip()) <= MAX_VALUE:
            variables[match["name"]] = value
    return found
