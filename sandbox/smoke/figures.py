"""Figures that a program shows in windows of their own: `show()` then waits until somebody closes them."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.smoke.endless import Endless
from sandbox.smoke.script import Script, called_names
from sandbox.system import Use

BACKENDS = "matplotlib.backends."


def find_figure(scripts: tuple[Script, ...], uses: Iterable[Use]) -> Endless | None:
    """The call that waits, where the program chose a back end of matplotlib that opens windows; else None."""
    chosen = {use.file for use in uses if use.kind == "import" and use.name.startswith(BACKENDS)}
    if not chosen.intersection(script.path for script in scripts):
        return None
    for script in scripts:
        shown = next((name for name in called_names(script.nodes) if name in ("plt.show", "pyplot.show")), None)
        if shown:
            return Endless("window", idles=True, evidence=f"{script.path}: {shown}()")
    return None
