"""Figures that a program shows in windows of their own: `show()` then waits until somebody closes them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache

from sandbox.smoke.endless import Endless
from sandbox.smoke.script import REMEMBERED, Script, called_names
from sandbox.system import Use

BACKENDS = "matplotlib.backends."


def find_figure(scripts: tuple[Script, ...], uses: Iterable[Use]) -> Endless | None:
    """The call that waits for a person, where a window of matplotlib's or OpenCV's is open; else None."""
    return _opencv(scripts) or _matplotlib(scripts, uses)


def _opencv(scripts: tuple[Script, ...]) -> Endless | None:
    """`cv2.waitKey(delay=0)`: it waits for a key as long as it takes, unless the delay is above zero."""
    return next(filter(None, map(_waits_for_a_key, scripts)), None)


@lru_cache(maxsize=REMEMBERED)
def _waits_for_a_key(script: Script) -> Endless | None:
    for node in script.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "waitKey":
            given = [*node.args, *(word.value for word in node.keywords)]
            if not given or ast.unparse(given[0]) in ("0", "-1"):
                return Endless("window", idles=True, evidence=f"{script.path}:{node.lineno}: {ast.unparse(node)}")
    return None


def _matplotlib(scripts: tuple[Script, ...], uses: Iterable[Use]) -> Endless | None:
    chosen = {use.file for use in uses if use.kind == "import" and use.name.startswith(BACKENDS)}
    if not chosen.intersection(script.path for script in scripts):
        return None
    for script in scripts:
        shown = next((name for name in called_names(script.nodes) if name in ("plt.show", "pyplot.show")), None)
        if shown:
            return Endless("window", idles=True, evidence=f"{script.path}: {shown}()")
    return None
