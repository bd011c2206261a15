"""OpenCV has a build with windows and one without: the former only where code opens one and a display can be had.

The build with windows needs libraries of the system that the image lacks, and its import fails without them; so the
one without is the rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sandbox.requirements.inference import Inference
from sandbox.system import SHOWS_WINDOW, Use
from sandbox.verdict import Requirement

WINDOW = "window"
"""The rule that named a distribution because code opens windows with it."""
_HEADLESS = {
    "opencv-python": "opencv-python-headless",
    "opencv-contrib-python": "opencv-contrib-python-headless",
}
_SHOWING = {headless: name for name, headless in _HEADLESS.items()}


def with_windows(needs: Iterable[Requirement], uses: Iterable[Use]) -> tuple[Requirement, ...]:
    """`needs`, with OpenCV's windows where a use opens one; where it is opened is then the reason."""
    use = next((one for one in uses if one.name == SHOWS_WINDOW), None)
    if use is None:
        return tuple(needs)
    return tuple(_showing(need, use) for need in needs)


def without_windows(inference: Inference) -> Inference:
    """`inference`, for a sandbox that can have no display."""
    needs = (
        need.model_copy(update={"distribution": _HEADLESS[need.distribution]}) if need.rule == WINDOW else need
        for need in inference.requirements
    )
    return replace(inference, requirements=tuple(needs))


def _showing(need: Requirement, use: Use) -> Requirement:
    name = _SHOWING.get(need.distribution, need.distribution)
    if name not in _HEADLESS:
        return need
    return need.model_copy(update={"distribution": name, "rule": WINDOW, "file": use.file, "line": use.line})
