"""GitHub's workflow commands: annotations, and the token that keeps printed text from being one.

Rules: "Workflow commands for GitHub Actions"; how a runner reads a line is in actions/runner, `ActionCommand.cs`: a
command may be indented, and the older form `##[command]` may stand anywhere in a line. So everything else that is
printed in a step goes between `::stop-commands::TOKEN` and `::TOKEN::`, with a token nobody can foresee.
"""

from __future__ import annotations

import os
from collections import Counter

from p2c.policy import Problem, problems
from p2c.report.plain import plain
from sandbox.verdict import Outcome, Verdict

MOST = 10
"""GitHub shows so many annotations of one kind for a step."""
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def annotate(verdict: Verdict, prefix: str = "") -> str:
    """The commands, one line each: the worst problems first, at most ten of each kind."""
    lines, shown = [], Counter[str]()
    found = problems(verdict)
    left = Counter(one.level for one in found)
    if verdict.outcome is Outcome.infrastructure:
        lines.append(_command("error", {"title": "p2c: the sandbox itself failed"}, plain(verdict.summary)))
    for one in found:
        shown[one.level] += 1
        if shown[one.level] > MOST:
            continue
        more = left[one.level] - MOST + 1
        if shown[one.level] == MOST and more > 1:
            properties = {"title": "p2c: more than fits here"}
            lines.append(_command(_COMMANDS[one.level], properties, f"{more} more are in the verdict file"))
        else:
            lines.append(_command(_COMMANDS[one.level], _properties(one, prefix), plain(one.message)))
    return "".join(f"{line}\n" for line in lines)


def stop_and_resume() -> tuple[str, str]:
    """The line that stops workflow commands and the one that starts them again."""
    token = os.urandom(16).hex()
    return f"::stop-commands::{token}", f"::{token}::"


def without_commands(json_text: str) -> str:
    """The same JSON, in which no line holds a workflow command."""
    return json_text.replace("##[", "##\\u005b")


def _properties(one: Problem, prefix: str) -> dict[str, str]:
    properties = {"title": f"p2c {one.rule}"}
    if one.file:
        properties |= {"file": f"{prefix}{one.file}", "line": str(max(one.line or 1, 1))}
        properties |= {"col": str(one.column)} if one.column > 0 else {}
    return properties


def _command(name: str, properties: dict[str, str], message: str) -> str:
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(plain(text)).replace(":", "%3A").replace(",", "%2C")
