"""All cases, in the order of their controls."""

from __future__ import annotations

from sandbox.escape.alike import ALIKE
from sandbox.escape.attack import attacks
from sandbox.escape.bytes_back import BYTES
from sandbox.escape.case import Case
from sandbox.escape.collected import COLLECTED
from sandbox.escape.control import CONTROLS
from sandbox.escape.controllers import CONTROLLERS
from sandbox.escape.declared import DECLARED
from sandbox.escape.engine_faults import FAULTS
from sandbox.escape.flood import FLOODS
from sandbox.escape.forgery import FORGERIES
from sandbox.escape.hostile_tree import TREES
from sandbox.escape.names import NAMES
from sandbox.escape.packages import PACKAGES
from sandbox.escape.preloaded import PRELOADED
from sandbox.escape.secrets_kept import SECRETS
from sandbox.escape.together import TOGETHER
from sandbox.escape.tool_settings import TOOLS

_ALL = (
    *attacks(), *SECRETS, *FLOODS, *BYTES, *FORGERIES, *PRELOADED, *COLLECTED, *TREES, *DECLARED, *PACKAGES, *NAMES,
    *TOOLS, *CONTROLLERS, *FAULTS, *TOGETHER, *ALIKE,
)  # fmt: skip
_ORDER = list(CONTROLS)

CASES: tuple[Case, ...] = tuple(sorted(_ALL, key=lambda case: _ORDER.index(case.control.key)))
"""Every case there is."""
