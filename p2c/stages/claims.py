"""What of the paper is implemented where: planned, and looked up in the paper and in the code."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath

from p2c.stages.modules import parsed
from p2c.stages.places import text_at
from p2c.stages.promises import lacking
from p2c.types import Claim, Plan

_KEYWORD = re.compile(r"(?:async\s+)?(?:def|class)\s+")


def problems(claims: Sequence[Claim], files: Collection[str]) -> tuple[str, ...]:
    """What is wrong with the claims of a plan for `files`: clauses for the model."""
    found = [] if claims else ["`claims` is empty; say what of the paper is implemented where"]
    for claim in claims:
        if claim.file not in files:
            found.append(f"`claims` names the file {claim.file}, which is not planned")
        elif not _is_name(claim):
            found.append(
                f"`claims` names {claim.name!r} in {claim.file}, which is no function, class, `Class.method`, constant"
            )
    return tuple(found)


def kept(claims: Sequence[Claim], files: Collection[str]) -> tuple[Claim, ...]:
    """The claims without those that `problems` finds fault with."""
    return tuple(claim for claim in claims if claim.file in files and _is_name(claim))


def settled(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Names without module, parentheses, backticks and `def`; each claim once."""
    plain = []
    for claim in claims:
        name = _KEYWORD.sub("", claim.name.strip().strip("`")).partition("(")[0].strip().replace("::", ".")
        path = claim.file.strip().removeprefix("./")
        stem = path.removesuffix(".py").replace("/", ".")
        for prefix in (f"{stem}.", f"{PurePosixPath(path).stem}."):
            name = name.removeprefix(prefix)
        plain.append(Claim(claim=claim.claim.strip(), place=claim.place.strip(), file=path, name=name))
    return tuple(dict.fromkeys(plain))


def of_file(plan: Plan, path: str) -> tuple[Claim, ...]:
    """The claims that the file `path` is to implement."""
    return tuple(claim for claim in plan.logic.claims if claim.file == path)


def unfound(claims: Sequence[Claim], paper: str) -> tuple[str, ...]:
    """The places of `claims` that the paper does not have."""
    return tuple(dict.fromkeys(claim.place for claim in claims if not text_at(claim.place, paper)))


def is_implemented(claim: Claim, code: Mapping[str, str]) -> bool:
    """Whether the file of `claim` is there and defines its name (a file that is no Python: whether it is there)."""
    source = code.get(claim.file)
    if source is None or not claim.file.endswith(".py"):
        return source is not None
    return parsed(source) is not None and not lacking([claim.name], source)


def _is_name(claim: Claim) -> bool:
    return not claim.file.endswith(".py") or all(part.isidentifier() for part in claim.name.split("."))
