"""GitLab's Code Quality report: a subset of Code Climate's issues.

Rules: "Code Quality report format" in GitLab's documentation. Fingerprints must differ, so the same problem on a
second line like the first gets a number.
"""

from __future__ import annotations

import json
from collections import Counter

from p2c.policy import problems
from p2c.report.plain import plain
from sandbox.verdict import Verdict

_SEVERITIES = {"error": "critical", "warning": "minor", "note": "info"}
NOWHERE = "."
"""The path of a problem that is in no file: the format wants one."""


def render(verdict: Verdict, prefix: str = "") -> str:
    """The report as JSON text: a list of issues; empty where nothing was found or the sandbox itself failed."""
    seen: Counter[str] = Counter()
    issues = []
    for one in problems(verdict):
        seen[one.fingerprint] += 1
        again = f"-{seen[one.fingerprint]}" if seen[one.fingerprint] > 1 else ""
        issues.append(
            {
                "description": plain(one.message, 500),
                "check_name": f"p2c/{one.rule}",
                "fingerprint": f"{one.fingerprint}{again}",
                "severity": _SEVERITIES[one.level],
                "location": {
                    "path": plain(f"{prefix}{one.file or NOWHERE}"),
                    "lines": {"begin": max(one.line or 1, 1)},
                },
            }
        )
    return json.dumps(issues, indent=2) + "\n"
