"""Figures that a program shows in windows of their own: `show()` then waits until somebody closes them."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from sandbox.smoke.endless import Endless
from sandbox.smoke.script import Script, called_names
from sandbox.system import Use

BACKENDS = "matplotlib.backends."


def find_figure(scripts: tuple[Script, ...], uses: Iterable[Use]) -> Endless | None:
    """The call that waits for a person, where a window of matplotlib's or OpenCV's is open; else None."""
    return _opencv(scripts) or _matplotlib(scripts, uses)


def _opencv(scripts: tuple[Script, ...]) -> Endless | None:
    """`cv2.waitKey(0)`, or `waitKey()`, waits for a key as long as it takes."""
    for script in scripts:
        for node in script.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "waitKey":
                given = node.args[0] if node.args else None
                if given is None or (isinstance(given, ast.Constant) and given.value == 0):
                    return Endless("window", idles=True, evidence=f"{script.path}:{node.lineno}: waitKey(0)")
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
