"""The fault and escape suite: every way out or down that we know of, tried against the user's own engine.

```python
from sandbox.escape import CASES, check, choose

report = check(choose(CASES, ["network", "inside"]), runtime="runsc")
print(report.failed, report.as_json()["counts"])
```
"""

from sandbox.escape.case import Breach, Case, Place
from sandbox.escape.cases import CASES
from sandbox.escape.control import CONTROLS, GROUPS, Control
from sandbox.escape.result import CaseResult, CheckReport, ControlResult, State
from sandbox.escape.suite import check, choose

__all__ = [
    "CASES",
    "CONTROLS",
    "GROUPS",
    "Breach",
    "Case",
    "CaseResult",
    "CheckReport",
    "Control",
    "ControlResult",
    "Place",
    "State",
    "check",
    "choose",
]
