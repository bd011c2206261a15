"""Debian packages and a display for a run: the layer that the repository's imports and commands imply."""

from __future__ import annotations

from dataclasses import replace

from sandbox.ladder.state import State
from sandbox.requirements.windows import without_windows
from sandbox.smoke.endless import Endless
from sandbox.system import Windows, infer_system
from sandbox.verdict import Ended


def provide_system(state: State) -> str:
    """Have every further job run in an image with what the repository needs of the system.

    Where it cannot be had, the repository runs without; a run that fails for it is then blocked, and the notes
    say why. Returns a few words on what was provided.

    Raises:
        InfrastructureError: the engine failed.
    """
    state.system = infer_system(state.inference.uses, state.tree)
    state.notes.extend(state.system.notes)
    if not state.system.packages:
        return ""
    layer = state.sandbox.layer(state.system.packages)
    if layer.tag is None:
        wanted = "; ".join(need.sentence() for need in state.system.needs)
        state.notes.append(f"system packages cannot be had here ({layer.reason}): {wanted}")
        state.inference = without_windows(state.inference)
        return "system packages cannot be had here"
    state.image = layer.tag
    state.notes.extend(f"system: {need.sentence()}" for need in state.system.needs)
    return f"system: {', '.join(need.group for need in state.system.needs)}"


def shown(ended: Ended, windows: Windows, endless: Endless | None) -> Endless | None:
    """Why a program never ends by design; a window that was up when its time was over is evidence enough."""
    if ended not in (Ended.wall, Ended.idle) or not windows.up:
        return endless
    if endless is not None:
        return replace(endless, idles=False)  # drawing takes CPU time
    return Endless("window", idles=False, evidence=f"{windows.up[0].sentence()} was up")
