"""An earlier verdict as the baseline: what is new since then, what was known, what was mended.

Problems are compared by their keys, never by line numbers, and as often as they occur: a second undefined name on a
line like one in the baseline is new.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from p2c.errors import UsageError
from p2c.policy.problems import Problem, problems
from sandbox.verdict import SCHEMA_VERSION, Outcome, Verdict

_ANEW = "make it anew: p2c verify REPO -o FILE"
MOST_ADVICE = 50
"""A verdict holds so many findings of advice of one tool, see `sandbox/ladder/findings.py`."""
_WORSE = {Outcome.passed: 0, Outcome.survived: 0, Outcome.blocked: 1, Outcome.vacuous: 1, Outcome.exhausted: 2}
"""How bad an outcome is; `failed` is the worst."""


@dataclass(frozen=True)
class Comparison:
    """What differs between a baseline and a verdict."""

    new: tuple[Problem, ...]
    known: tuple[Problem, ...]
    fixed: tuple[Problem, ...]
    worse: tuple[str, ...]
    """A lower rung, a worse outcome: a sentence each."""
    cut_off: tuple[str, ...] = ()
    """Tools of whose advice the baseline has only the first; what more there is now cannot be called new."""


def read_baseline(path: Path) -> Verdict:
    """The verdict in the file `path`, as `p2c verify` wrote it.

    Raises:
        UsageError: it cannot be read, is no verdict, was written with another schema, or says nothing about code.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"the baseline {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"the baseline {path} is no JSON ({error}); {_ANEW}") from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    if not isinstance(content, dict) or "outcome" not in content:
        raise UsageError(f"the baseline {path} is no verdict of p2c verify; {_ANEW}")
    if version != SCHEMA_VERSION:
        raise UsageError(
            f"the baseline {path} has verdicts' schema {version!r}, this p2c reads {SCHEMA_VERSION!r}; {_ANEW}"
        )
    try:
        verdict = Verdict.model_validate(content, strict=False)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"the baseline {path} was written by another version of p2c ({where}: {first['msg']}); {_ANEW}"
        ) from error
    if verdict.outcome is Outcome.infrastructure:
        raise UsageError(f"the baseline {path} says nothing about the code: the sandbox itself had failed; {_ANEW}")
    if any("text" not in one for one in content["findings"] if isinstance(one, dict)):
        raise UsageError(f"the baseline {path} was written by an older p2c, without the lines of code; {_ANEW}")
    return verdict


def compare(baseline: Verdict, verdict: Verdict, counts: Callable[[Problem, Verdict], bool]) -> Comparison:
    """What is new in `verdict`, looking only at the problems that count."""
    before, now = _counted(baseline, counts), _counted(verdict, counts)
    new, known = _divided(now, before)
    fixed, _ = _divided(before, now)
    cut_off = _cut_off(before)
    told = tuple(one for one in new if not (_is_advice(one) and one.finding and one.finding.tool in cut_off))
    return Comparison(told, known, fixed, tuple(_worse(baseline, verdict)), cut_off)


def _cut_off(found: Iterable[Problem]) -> tuple[str, ...]:
    advice = Counter(one.finding.tool for one in found if one.finding and _is_advice(one))
    return tuple(sorted(tool for tool, number in advice.items() if number >= MOST_ADVICE))


def _is_advice(one: Problem) -> bool:
    return one.finding is not None and one.finding.severity == "advice"


def _counted(verdict: Verdict, counts: Callable[[Problem, Verdict], bool]) -> tuple[Problem, ...]:
    return tuple(one for one in problems(verdict) if counts(one, verdict))


def _divided(these: Iterable[Problem], others: Iterable[Problem]) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Those of `these` that `others` lack, and the rest."""
    left = Counter(one.key for one in others)
    lacking: list[Problem] = []
    shared: list[Problem] = []
    for one in these:
        (shared if left[one.key] > 0 else lacking).append(one)
        left[one.key] -= 1
    return tuple(lacking), tuple(shared)


def _worse(baseline: Verdict, verdict: Verdict) -> Iterable[str]:
    if verdict.rung < baseline.rung:
        yield f"it comes no further than rung {int(verdict.rung)} ({verdict.rung.name}); it was {baseline.rung.name}"
    if _WORSE.get(verdict.outcome, 3) > _WORSE.get(baseline.outcome, 3):
        yield f"it ends as {verdict.outcome.value}; it was {baseline.outcome.value}"
