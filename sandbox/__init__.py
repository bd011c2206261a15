"""Code in, verdict out: runs untrusted Python repositories in hardened, one-shot containers.

```python
from sandbox import verify

verdict = verify("path/to/repository")
print(verdict.outcome, verdict.summary)
```

For many repositories, open the sandbox once; it may be used from several threads:

```python
from sandbox import Sandbox, Settings, verify

settings = Settings(smoke="python main.py --smoke")
with Sandbox.open(settings) as sandbox:
    verdicts = [verify(folder, settings, sandbox=sandbox) for folder in folders]
```

`docs/api.md` says the rest; `examples/api.py` is a program that uses it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.api import verify
    from sandbox.errors import InfrastructureError, InputError, SandboxError
    from sandbox.known import KnownVerdicts
    from sandbox.session import Sandbox
    from sandbox.settings import Limits, Settings
    from sandbox.tree import Tree
    from sandbox.verdict import Failure, Finding, Outcome, Rung, Step, Verdict

__all__ = [
    "Failure",
    "Finding",
    "InfrastructureError",
    "InputError",
    "KnownVerdicts",
    "Limits",
    "Outcome",
    "Rung",
    "Sandbox",
    "SandboxError",
    "Settings",
    "Step",
    "Tree",
    "Verdict",
    "verify",
]

_PLACES = {
    "api": ("verify",),
    "errors": ("InfrastructureError", "InputError", "SandboxError"),
    "known": ("KnownVerdicts",),
    "session": ("Sandbox",),
    "settings": ("Limits", "Settings"),
    "tree": ("Tree",),
    "verdict": ("Failure", "Finding", "Outcome", "Rung", "Step", "Verdict"),
}
_MODULES = {name: module for module, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Each name is loaded when it is used, so that importing a value loads neither docker nor pydantic."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"sandbox.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
