"""A plan as it is shown: files in layers, diagrams, configuration with sources, claims, what the checks say of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from p2c.stages import checks
from p2c.stages.graph import without_cycles
from p2c.stages.places import text_at
from p2c.stages.sources import Source, trace
from p2c.types import Claim, Plan, SmokeContract, Value

_LEFT_OUT = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*\n+> \[(.+?)\][ \t]*$", re.M)


class PlannedView(Value):
    """One file: `layer` 1 needs no other, each further one needs something of the one before."""

    path: str
    layer: int
    depends_on: tuple[str, ...]
    description: str


class ClaimView(Value):
    """A claim, and whether the paper has the place that it names."""

    claim: Claim
    found: bool


class PlanView(Value):
    """Everything that `p2c plan` shows."""

    title: str
    files: tuple[PlannedView, ...]
    packages: tuple[str, ...]
    smoke: SmokeContract
    full_command: str
    """Empty where the plan names none."""
    class_diagram: str
    sequence_diagram: str
    claims: tuple[ClaimView, ...]
    config: tuple[Source, ...]
    trimmed: tuple[str, ...]
    """What of the paper the model did not get to read."""
    problems: tuple[str, ...]
    """What the checks say against the plan as it stands."""


def view(plan: Plan, paper: str) -> PlanView:
    """What there is to show of `plan`, made from `paper` (Markdown, as the model reads it)."""
    graph = {file.path: tuple(path for path in file.depends_on) for file in plan.logic.files}
    depth = layers(graph)
    config = trace(plan.config_yaml, paper)
    return PlanView(
        title=next((line.lstrip("# ") for line in paper.splitlines() if line.startswith("# ")), ""),
        files=tuple(
            PlannedView(path=f.path, layer=depth[f.path], depends_on=f.depends_on, description=f.description)
            for f in sorted(plan.logic.files, key=lambda file: depth[file.path])
        ),
        packages=plan.logic.packages,
        smoke=plan.logic.smoke,
        full_command=plan.logic.full_command,
        class_diagram=plan.architecture.class_diagram,
        sequence_diagram=plan.architecture.sequence_diagram,
        claims=tuple(ClaimView(claim=one, found=bool(text_at(one.place, paper))) for one in plan.logic.claims),
        config=config,
        trimmed=tuple(f"{match[1]}: {match[2]}" for match in _LEFT_OUT.finditer(paper)),
        problems=_problems(plan, config),
    )


def layers(graph: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """For each node the number of nodes on the longest way down from it, itself included; cycles are broken first."""
    sound, _ = without_cycles({node: tuple(n for n in before if n in graph) for node, before in graph.items()})
    depth: dict[str, int] = {}
    while len(depth) < len(sound):
        for node, before in sound.items():
            if node not in depth and all(name in depth for name in before):
                depth[node] = 1 + max((depth[name] for name in before), default=0)
    return depth


def _problems(plan: Plan, config: tuple[Source, ...]) -> tuple[str, ...]:
    found = (*checks.architecture_problems(plan.architecture), *checks.logic_problems(plan.logic, plan.architecture))
    sources = (f"config.yaml: {source.key} {source.why}" for source in config if source.why)
    return tuple(dict.fromkeys((*found, *sources)))
