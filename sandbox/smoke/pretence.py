"""Exit status 0 that means less than it seems: figures that stand in the code, data that is made up when none is there.

Both were seen in real generated repositories. Figures that nobody computed make a run vacuous, for the metrics are what
it was run for. Data made up in place of a data set is said in a note, and only where the line that makes it up ran: a
repository may mean it so for a smoke run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from sandbox.requirements.dotted import dotted
from sandbox.smoke.script import Script
from sandbox.smoke.syntax import source_of

_TELLING_DIGITS = 3
"""A figure with fewer significant digits, such as 0.5, may stand in the code for other reasons."""
_LOST = re.compile(r"FileNotFoundError|OSError|IOError|Exception|ImportError|URLError|HTTPError|ConnectionError")
_ABSENT = re.compile(r"not .*(?:exists|isfile|isdir|is_file|is_dir)\(|(?:is None|== 0)$")
_MADE_UP = re.compile(
    r"(?:^|\.)(?:rand|randn|random|normal|uniform|randint|standard_normal|random_sample|erdos_renyi_graph|barabasi_albert_graph"
    r"|make_(?:classification|regression|blobs|moons)|FakeData|gnp_random_graph)$"
    r"|(?:^|_)(?:synthetic|dummy|fake|mock|simulated?)(?:_|$)"
)


def constant_figures(metrics: Mapping[str, object], scripts: tuple[Script, ...]) -> str | None:
    """Where the code holds, as constants, every telling figure of `metrics`; None where at least one was computed.

    Telling is a number with a fraction of at least three significant digits; without one nothing is said.
    """
    figures = {value for value in _numbers(metrics) if _is_telling(value)}
    if not figures:
        return None
    places: dict[float, str] = {}
    for script in scripts:
        for node in script.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, float) and node.value in figures:
                places.setdefault(node.value, f"{script.path}:{node.lineno}")
    return ", ".join(dict.fromkeys(places.values())) if figures == places.keys() else None


def made_up_data(scripts: tuple[Script, ...], ran: Mapping[str, frozenset[int]]) -> Iterator[str]:
    """A sentence for each place that ran and makes data up because the data set was not there."""
    for script in scripts:
        for body, why in _branches(script):
            for node in (inner for one in body for inner in ast.walk(one)):
                name = dotted(node.func) if isinstance(node, ast.Call) else ""
                at = node.lineno if isinstance(node, ast.Call) else 0
                if name and _MADE_UP.search(name) and at in ran.get(script.path, frozenset()):
                    yield f"{script.path}:{at} made data up ({name}), for {why}"
                    break


def _branches(script: Script) -> Iterator[tuple[list[ast.stmt], str]]:
    """Blocks that run when something could not be read, or is not there."""
    for node in script.nodes:
        if isinstance(node, ast.ExceptHandler):
            caught = source_of(node.type) if node.type else "Exception"
            if _LOST.search(caught):
                yield node.body, "reading it failed"
        elif isinstance(node, ast.If) and _ABSENT.search(source_of(node.test)):
            yield node.body, "there was none"
        elif isinstance(node, ast.If) and node.orelse and re.search(r"exists\(|is_?file\(", source_of(node.test)):
            yield node.orelse, "there was none"


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _numbers(inner)


def _is_telling(value: float) -> bool:
    digits = f"{abs(value):.15g}".split("e", maxsplit=1)[0].replace(".", "").strip("0")
    return not value.is_integer() and len(digits) >= _TELLING_DIGITS
