"""Distributions that a smoke command needs and no import names: the server or the test runner that it calls."""

from __future__ import annotations

import re
from dataclasses import replace

from sandbox.requirements import Inference
from sandbox.verdict import EntryPoint, Requirement

DISTRIBUTIONS = {
    "uvicorn": "uvicorn",
    "gunicorn": "gunicorn",
    "hypercorn": "hypercorn",
    "flask": "flask",
    "fastapi": "fastapi[standard]",
    "streamlit": "streamlit",
    "chainlit": "chainlit",
    "pytest": "pytest",
}
_MODULE = re.compile(r"\bpython -m (\w+)")


def with_command(inference: Inference, entry: EntryPoint | None) -> Inference:
    """`inference` with the distribution whose module the smoke command runs, unless the repository needs it already."""
    called = _MODULE.findall(entry.command) if entry else []
    wanted = [DISTRIBUTIONS[name] for name in called if name in DISTRIBUTIONS and name not in inference.local]
    known = {one.distribution: one for one in inference.requirements}
    for line in dict.fromkeys(wanted):
        name, _, extra = line.rstrip("]").partition("[")
        if name in known:
            known[name] = needed(known[name])
        else:
            extras = (extra,) if extra else ()
            known[name] = Requirement(distribution=name, extras=extras, modules=(name,), rule="implied")
    return replace(inference, requirements=tuple(known[name] for name in sorted(known)))


def needed(requirement: Requirement) -> Requirement:
    """`requirement` as one that the run cannot do without."""
    return requirement.model_copy(update={"optional": False})
