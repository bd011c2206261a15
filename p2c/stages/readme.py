"""`README.md` of the generated repository: from the plan, and from what was looked up in paper and code."""

from __future__ import annotations

import re
from collections.abc import Mapping

from p2c.prompts import render
from p2c.shorten import shorten
from p2c.stages import sources
from p2c.stages.checks import runs_file
from p2c.stages.claims import is_implemented
from p2c.stages.places import text_at
from p2c.types import Logic, Plan

_DESCRIPTION = 160
"""Characters of a file's description."""
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.*?)[ \t]*$", re.M)


def from_plan(plan: Plan, code: Mapping[str, str], paper: str) -> str:
    """The README of a repository.

    Args:
        plan: what it was made from.
        code: path -> content of the files that were written.
        paper: the paper's text (Markdown), its title as the first heading.
    """
    title = _HEADING.search(paper)
    traced = sources.trace(plan.config_yaml, paper)
    return render(
        "result/readme",
        title=title[2] if title else "A paper",
        reproduced=_part(plan.overview, "reproduced"),
        open_points=_part(plan.overview, "assumption") or _part(plan.overview, "open point"),
        data=_part(plan.overview, "data"),
        smoke=plan.logic.smoke,
        full=_full_command(plan.logic, code),
        files=[
            (file.path, shorten(file.description.strip().partition("\n")[0], _DESCRIPTION)) for file in plan.logic.files
        ],
        claims=[(claim, is_implemented(claim, code), bool(text_at(claim.place, paper))) for claim in plan.logic.claims],
        from_paper=[source for source in traced if source.kind == "paper"],
        assumed=[(source, _reason(source)) for source in traced if source.kind in ("assumption", "unfounded")],
    )


def _reason(source: sources.Source) -> str:
    """Why a setting that is not the paper's has its value. A place that does not have it (any more) is no reason."""
    if source.kind == "unfounded" and source.said:
        return f"not found in the paper: {source.said}"
    return source.said or "no source given"


def _full_command(logic: Logic, code: Mapping[str, str]) -> str:
    """What starts the paper's experiments: as planned, where its options occur in the code; else the smoke command
    without its `--smoke`, where what it runs reads that option; else empty.
    """
    smoke, words = logic.smoke.command, logic.smoke.command.split()
    options = re.findall(r"(?<=\s)--(\w[\w-]*)", logic.full_command)
    if logic.full_command and all(_occurs(option, code) for option in options):
        return logic.full_command
    entries = [text for path, text in code.items() if runs_file(smoke, path)]
    reads = any(f"{quote}--smoke{quote}" in text for text in entries for quote in "\"'")
    return " ".join(word for word in words if word != "--smoke") if "--smoke" in words and reads else ""


def _occurs(option: str, code: Mapping[str, str]) -> bool:
    """Whether the code has the name of an option, also as the parameter that some libraries make one of."""
    name = re.compile(rf"\b{'[-_]'.join(re.split('[-_]', option))}\b")
    return any(name.search(text) for path, text in code.items() if path.endswith(".py"))


def _part(overview: str, word: str) -> str:
    """The section of the overall plan with `word` in its heading, its own headings one level down."""
    headings = list(_HEADING.finditer(overview))
    for index, heading in enumerate(headings):
        if word in heading[2].lower():
            level = len(heading[1])
            end = next((later.start() for later in headings[index + 1 :] if len(later[1]) <= level), len(overview))
            return _HEADING.sub(lambda one: f"{one[1]}# {one[2]}"[:300], overview[heading.end() : end]).strip()
    return ""
