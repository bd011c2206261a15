"""Tokens and time for one paper, beside PaperCoder's own scripts: the same plan, the same replies, one stub."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import frugal_plan as plan
from benchmarks import frugal_replies as replies
from benchmarks.endpoint import Pace, Served
from benchmarks.frame import Bench, InputMissing, Measurement, Turn, interleave
from benchmarks.frugal_clone import clone
from benchmarks.frugal_runs import MODEL, SCRIPTS, PaperCoder, Run, run_p2c, run_papercoder
from benchmarks.prefix_cache import CHARACTERS_PER_TOKEN, tokens
from benchmarks.results import Section, Table, Target
from benchmarks.stats import count_text, seconds_text, share_text
from benchmarks.venvs import NoEnvironment, python_of
from p2c.model.prices import Prices
from p2c.model.settings import ModelSettings

P2C, PAPERCODER = "p2c", "PaperCoder"
WALL, PROMPT, UNCACHED = 0.35, 0.6, 0.65
ROUNDS = 2
PUBLISHED: Mapping[str, float] = {"calls": 28, "prompt": 582_751, "cached": 491_136, "uncached": 91_615, "wall": 115.0}
"""PaperCoder's, of the commit that `frugal_clone.py` fetches: measured once before, on a stub of this pace with a plan
of this size. They stand in, and are said to be published, where its scripts cannot be had."""

METHOD = f"""Both turn the same paper into the same {len(plan.FILES)} files ({plan.depth()} deep) over real HTTP, as
their users start them: `p2c generate --until coding`, and PaperCoder's {", ".join(f"`{name}`" for name in SCRIPTS)},
unchanged. The endpoint is a stub: 0.2 s until it begins, 20,000 prompt tokens a second that its prefix cache does not
serve, 400 reply tokens a second; a token is four characters for both. The cache works as public endpoints document
it: whole blocks of 128 tokens, none below 1,024, the schema of a structured answer before the first message; a
prompt's beginning is in it once its call has got its first token. The replies are made from one plan, of the same
length for both. Each run has an empty cache. Wall time is of the whole commands, starts of Python included."""


def run(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    theirs, why_none = _papercoder(bench)
    runs: dict[str, list[Run]] = {P2C: [], PAPERCODER: []}
    with tempfile.TemporaryDirectory(prefix="p2c-frugal-") as name:
        scratch = Path(name)
        paper = theirs.paper if theirs else scratch / "paper.md"
        if theirs is None:
            paper.write_text(plan.paper(), "utf-8")
        turns = {P2C: _turn(runs[P2C], partial(run_p2c, replies.answer_p2c, paper, scratch / "p2c"))}
        if theirs is not None:
            run_theirs = partial(run_papercoder, theirs, replies.answer_papercoder, scratch / "papercoder")
            turns[PAPERCODER] = _turn(runs[PAPERCODER], run_theirs)
        walls = interleave(turns, bench.times(ROUNDS), "s", bench.say, give_up=1)
        notes, floor = _notes(paper), _wall_floor(paper)
    beside = Beside(PAPERCODER, _medians(runs[PAPERCODER])) if theirs else Beside(_PUBLISHED, PUBLISHED)
    found = {P2C: _medians(runs[P2C]), beside.name: beside.figures}
    tables = [Table(title="The whole run", columns=_COLUMNS, rows=tuple(_row(*pair) for pair in found.items()))]
    tables += [Table(title="Wall time", series=tuple(walls.values()), base=PAPERCODER if theirs else "")]
    tables += [_by_stage(name, of[-1].served) for name, of in runs.items() if of]
    return Section(
        name=MEASUREMENT.name,
        title=MEASUREMENT.title,
        method=METHOD,
        command="",
        tables=tuple(tables),
        targets=_targets(found[P2C], beside, floor),
        notes=(*((f"PaperCoder was skipped: {why_none}.",) if why_none else ()), *notes),
    )


def _turn(runs: list[Run], make: Callable[[], Run]) -> Turn:
    def turn(_: int) -> float:
        runs.append(make())
        return runs[-1].seconds

    return turn


@dataclass(frozen=True)
class Beside:
    """What p2c is held against."""

    name: str
    figures: Mapping[str, float]
    """As `_FIGURES` names them; none where it was run and failed."""

    def said(self, figure: str) -> str:
        """Name and figure."""
        return f"{self.name} {self.figures[figure]:,.0f}" if figure in self.figures else ""

    def share(self, ours: Mapping[str, float], figure: str) -> float | None:
        """Ours to its; None where one of them is not there."""
        both = figure in ours and figure in self.figures
        return ours[figure] / self.figures[figure] if both else None


def _papercoder(bench: Bench) -> tuple[PaperCoder | None, str]:
    """PaperCoder, ready to run, or why it is not."""
    try:
        return PaperCoder(clone(bench.inputs, bench.say), python_of("papercoder", bench.say)), ""
    except (InputMissing, NoEnvironment) as error:
        bench.say(f"PaperCoder is skipped, its published figures stand in: {error}")
        return None, str(error)


_PUBLISHED = f"{PAPERCODER}, published"
_COLUMNS = ("", "calls", "prompt tokens", "of them cached", "not cached", "reply tokens", f"cost at {MODEL}'s prices")
_FIGURES: Mapping[str, Callable[[Run], float]] = {
    "calls": lambda run: len(run.served),
    "prompt": lambda run: run.total(lambda call: call.prompt),
    "cached": lambda run: run.total(lambda call: call.cached),
    "uncached": lambda run: run.total(lambda call: call.prompt - call.cached),
    "reply": lambda run: run.total(lambda call: call.reply),
    "wall": lambda run: run.seconds,
}


def _medians(runs: Sequence[Run]) -> Mapping[str, float]:
    return {name: statistics.median(map(figure, runs)) for name, figure in _FIGURES.items()} if runs else {}


def _row(name: str, found: Mapping[str, float]) -> tuple[str, ...]:
    if not found:
        return (name, "failed", "", "", "", "", "")
    known = "reply" in found
    return (
        name,
        count_text(found["calls"]),
        f"{found['prompt']:,.0f}",
        share_text(found["cached"] / found["prompt"]),
        f"{found['uncached']:,.0f}",
        f"{found['reply']:,.0f}" if known else "-",
        _cost(found["prompt"], found["cached"], found["reply"]) if known else "-",
    )


def _cost(prompt: float, cached: float, reply: float) -> str:
    cost = Prices(ModelSettings(model=MODEL)).cost(round(prompt), round(cached), round(reply))
    return "unknown" if cost is None else f"${cost:.2f}"


def _by_stage(name: str, served: Sequence[Served]) -> Table:
    """Where the tokens of one run went."""
    stages: dict[str, list[Served]] = {}
    for call in served:
        stages.setdefault(call.label.partition("/")[0], []).append(call)
    rows = []
    for stage, calls in stages.items():
        prompt, cached = sum(call.prompt for call in calls), sum(call.cached for call in calls)
        took = max(call.ended for call in calls) - min(call.began for call in calls)
        longest = f"{max(call.prompt for call in calls):,}"
        figures = (f"{prompt:,}", share_text(cached / prompt), f"{prompt - cached:,}", longest)
        rows.append((stage, str(len(calls)), *figures, f"{sum(call.reply for call in calls):,}", seconds_text(took)))
    columns = ("stage", "calls", "prompt tokens", "cached", "not cached", "longest prompt", "reply tokens", "took")
    return Table(title=f"{name}, stage by stage", columns=columns, rows=tuple(rows))


def _targets(ours: Mapping[str, float], beside: Beside, least_seconds: float) -> tuple[Target, ...]:
    least = beside.share({"wall": least_seconds}, "wall")
    of_theirs = "" if least is None else f", {least:.2f} of {beside.name}'s"
    floor = f"{least_seconds:.1f} s{of_theirs}: {_FLOOR}"
    limits = (
        ("wall time", "wall", WALL),
        ("prompt tokens", "prompt", PROMPT),
        ("prompt tokens not cached", "uncached", UNCACHED),
    )
    shares = [
        Target(
            what=f"{what}, to {PAPERCODER}'s",
            unit="ratio",
            sense="at most",
            limit=limit,
            value=beside.share(ours, figure),
            beside=beside.said(figure) + (" s" if figure == "wall" else ""),
            floor=floor if figure == "wall" else "",
        )
        for what, figure, limit in limits
    ]
    most = beside.figures.get("calls", 0.0)
    calls = Target(
        what="calls", unit="count", sense="at most", limit=most, value=ours.get("calls"), beside=beside.said("calls")
    )
    return (*shares, calls)


_FLOOR = "replies that need each other, their latencies, the paper read once; Python and its imports come on top."


def _chain() -> tuple[str, ...]:
    """The replies that must come one after another: the plan, a note, the longest chain of files."""
    longest: dict[str, tuple[str, ...]] = {}
    for file in plan.FILES:
        before = max((longest[path] for path in file.depends_on), key=len, default=())
        longest[file.path] = (*before, file.path)
    files = max(longest.values(), key=len)
    planning = [plan.OVERVIEW, plan.ARCHITECTURE, plan.LOGIC, plan.CONFIG]
    return tuple("x" * size for size in (*planning, plan.NOTE)) + tuple(plan.source(path) for path in files)


def _wall_floor(paper: Path) -> float:
    """Seconds that no order of calls can go below."""
    pace, chain = Pace(), _chain()
    once = tokens(paper.read_text("utf-8")) / pace.prompt
    return len(chain) * pace.latency + sum(map(tokens, chain)) / pace.reply + once


def _notes(paper: Path) -> tuple[str, ...]:
    return (
        f"The floor of the wall time is {_wall_floor(paper):.1f} s: {len(_chain())} {_FLOOR}",
        f"The floor of what is not cached is about {_once(paper):,.0f} tokens: the paper, the plan, each note and each "
        "file that others import, read once. p2c shows a file that others import as its interface, so it may be below "
        "that.",
        f"Prompts of both are cut into tokens of {CHARACTERS_PER_TOKEN} characters, so ratios of tokens are ratios of "
        "text.",
    )


def _once(paper: Path) -> int:
    planning = plan.OVERVIEW + plan.ARCHITECTURE + plan.LOGIC + plan.CONFIG
    imported = {path for file in plan.FILES for path in file.depends_on}
    code = sum(len(plan.source(path)) for path in imported)
    text = len(paper.read_text("utf-8")) + planning + plan.NOTE * len(plan.FILES) + code
    return -(-text // CHARACTERS_PER_TOKEN)


MEASUREMENT = Measurement("frugal", "Tokens and time for one paper", run)
