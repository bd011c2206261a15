"""Debian packages and a display for a run: the layer that the repository's imports and commands imply."""

from __future__ import annotations

from sandbox.ladder.state import State
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
        return "system packages cannot be had here"
    state.image = layer.tag
    state.notes.extend(f"system: {need.sentence()}" for need in state.system.needs)
    return f"system: {', '.join(need.group for need in state.system.needs)}"


def shown(ended: Ended, windows: Windows) -> Endless | None:
    """A window that was still up when the time was over, as evidence of a program that never ends by design."""
    if ended not in (Ended.wall, Ended.idle) or not windows.up:
        return None
    return Endless("window", idles=False, evidence=f"{windows.up[0].sentence()} was up")
