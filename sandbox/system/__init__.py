"""Shared libraries, tools and a display: what imports and commands imply beyond distributions."""

from sandbox.system.display import Windows, WithDisplay, read_windows
from sandbox.system.infer import System, SystemNeed, infer_system
from sandbox.system.table import build_packages, is_known
from sandbox.system.uses import SHOWS_WINDOW, Use, command_uses

__all__ = [
    "SHOWS_WINDOW",
    "System",
    "SystemNeed",
    "Use",
    "Windows",
    "WithDisplay",
    "build_packages",
    "command_uses",
    "infer_system",
    "is_known",
    "read_windows",
]
