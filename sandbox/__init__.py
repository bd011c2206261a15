"""Code in, verdict out: runs untrusted Python repositories in hardened, one-shot containers.

```python
from pathlib import Path
from sandbox import Sandbox, Settings, Tree, verify

settings = Settings(smoke="python main.py --smoke")
with Sandbox.open(settings) as sandbox:
    verdict = verify(Tree.read(Path("repository")), name="repository", settings=settings, sandbox=sandbox)
print(verdict.outcome, verdict.summary)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.errors import InfrastructureError, InputError, SandboxError
from sandbox.settings import Limits, Settings
from sandbox.tree import Tree
from sandbox.verdict import Failure, Finding, Outcome, Rung, Step, Verdict

if TYPE_CHECKING:
    from sandbox.controller import Sandbox, verify

__all__ = [
    "Failure",
    "Finding",
    "InfrastructureError",
    "InputError",
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


def __getattr__(name: str) -> Any:
    """`Sandbox` and `verify` are loaded when they are used, so that importing a value does not load docker."""
    if name in ("Sandbox", "verify"):
        from sandbox import controller  # noqa: PLC0415 - see above

        return getattr(controller, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
