"""What the model cost, by stage and by step: calls, tokens, the share that the endpoint's cache served, dollars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from p2c.run.journal import Event
from p2c.types import Usage, Value

ALL = "all"
HEAD = ("stage", "calls", "prompt tokens", "cached", "reply tokens", "cost")
STEP_HEAD = ("step", "calls", "refused", *HEAD[2:])
UNKNOWN = (
    "Where a cost is unknown, p2c knows no price of the model at its endpoint. To see costs, set P2C_PRICE to "
    "dollars per million prompt tokens and dollars per million reply tokens, for example P2C_PRICE=0.15,0.60."
)
NOTHING_ASKED = "The model was asked nothing this time; what the run has cost so far:"


class StageCost(Value):
    """One stage's sums, for `report.json`; the stage `all` has the whole run's."""

    stage: str
    calls: int
    prompt_tokens: int
    cached_tokens: int
    cached_share: float | None
    """Of the prompt tokens, 0 to 1; None when there were none."""
    reply_tokens: int
    cost_usd: float | None
    """None when the price is unknown, if only of one call."""

    @classmethod
    def of(cls, stage: str, usage: Usage) -> StageCost:
        """The sums of `usage` under that name."""
        share = round(usage.cached_tokens / usage.prompt_tokens, 4) if usage.prompt_tokens else None
        return cls(stage=stage, cached_share=share, **usage.model_dump())


def by_stage(usage: Mapping[str, Usage]) -> tuple[StageCost, ...]:
    """The sums over the first part of each step's name as they appear, then those of all; none for no calls."""
    stages: dict[str, Usage] = {}
    for step, used in usage.items():
        stage = step.partition("/")[0]
        stages[stage] = stages.get(stage, Usage()) + used
    if not stages:
        return ()
    total = StageCost.of(ALL, sum(stages.values(), start=Usage()))
    return (*(StageCost.of(stage, used) for stage, used in stages.items()), total)


def by_step(usage: Mapping[str, Usage]) -> tuple[StageCost, ...]:
    """Each step by itself; what was asked again counts with the step that it was asked for."""
    steps: dict[str, Usage] = {}
    for step, used in usage.items():
        name = step.removesuffix("/again")
        steps[name] = steps.get(name, Usage()) + used
    return tuple(StageCost.of(step, used) for step, used in steps.items())


def refused_by_step(events: Iterable[Event]) -> dict[str, int]:
    """Step -> answers that were refused and asked for again, by the journal.

    A later process that is given an answer of an earlier one refuses it again for the same reason: that counts once.
    """
    refused = {
        (str(event.get("step")).removesuffix("/again"), str(event.get("step")), str(event.get("reason")))
        for event in events
        if event.get("event") == "answer_refused"
    }
    return dict(Counter(step for step, _, _ in refused))


def step_row(cost: StageCost, refused: Mapping[str, int]) -> tuple[str, ...]:
    """The cells below `STEP_HEAD`."""
    name, calls, *rest = row(cost)
    return name, calls, str(refused.get(cost.stage, 0) or "-"), *rest


def row(cost: StageCost) -> tuple[str, ...]:
    """The cells below `HEAD`."""
    share = "-" if cost.cached_share is None else f"{cost.cached_share:.1%}".replace("%", " %")
    dollars = "unknown" if cost.cost_usd is None else f"${cost.cost_usd:.4f}"
    return cost.stage, str(cost.calls), f"{cost.prompt_tokens:,}", share, f"{cost.reply_tokens:,}", dollars


def is_unknown(costs: tuple[StageCost, ...]) -> bool:
    """Whether a price was missing."""
    return any(cost.cost_usd is None for cost in costs)


def show(usage: Mapping[str, Usage], console: Console, *, is_recorded: bool = False, asked: bool = True) -> None:
    """The stages as a table on the terminal; nothing when no call was made.

    Args:
        usage: of all processes of the run.
        console: the terminal.
        is_recorded: whether the replies were recorded ones, so that a price is not asked for.
        asked: whether this process paid any of it.
    """
    costs = by_stage(usage)
    if not costs:
        return
    if not asked:
        console.print(NOTHING_ASKED, soft_wrap=True)
    table = Table(title="Model", title_justify="left", header_style="bold")
    for number, name in enumerate(HEAD):
        table.add_column(name, justify="right" if number else "left")
    for cost in costs:
        table.add_row(*(escape(cell) for cell in row(cost)))
    console.print(table)
    if is_unknown(costs) and not is_recorded:
        console.print(UNKNOWN, soft_wrap=True)
