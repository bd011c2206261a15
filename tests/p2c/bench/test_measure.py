"""What a set comes to, by figures that were worked out by hand; nobody is dropped in silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from p2c.bench.eta import Eta
from p2c.bench.measure import interval, measure, spread
from p2c.bench.purse import Purse, Spent
from p2c.bench.record import End
from p2c.bench.result import bench_of, exit_status
from p2c.bench.words import sentences
from p2c.report.repairs import Edits
from p2c.types import LineCount, Usage

Make = Callable[..., Any]
UNRUN = {"lines": None, "share": None, "rung": None, "first_rung": None, "first_outcome": None, "outcome": None}


def edits(tried: int, accepted: int, lines: int) -> Edits:
    return Edits(accepted=accepted, refused=tried - accepted, lines=LineCount(python=lines))


def test_a_spread_by_hand() -> None:
    found = spread([4, 1, 2, 3, 10])
    assert found is not None
    assert (found.n, found.mean, found.median, found.q1, found.q3) == (5, 4, 3, 2, 4)
    assert found.stdev == pytest.approx(12.5**0.5)
    assert (found.least, found.most, found.total) == (1, 10, 20)
    one = spread([7])
    assert one is not None
    assert (one.mean, one.stdev, one.q1, one.q3) == (7, None, 7, 7)
    assert spread([]) is None


def test_lines_are_told_over_what_runs_what_was_mended_and_what_does_not_run(row: Make, lines: Make) -> None:
    rows = [
        row("mended", lines=lines(2, net=3, gross=5)),
        row("as it came", first_rung="replays", first_outcome="passed", lines=lines(0), model_edits=Edits()),
        row("still failing", end=End.stalled, rung="starts", outcome="failed", lines=lines(40)),
        row("crashed", end=End.crashed, **UNRUN),
    ]
    found = measure(rows)
    assert (found.entries, found.judged) == (4, 3)
    assert found.ends == {"crashed": 1, "stalled": 1, "verified": 2}
    assert found.running is not None
    assert found.repaired is not None
    assert found.not_running is not None
    assert (found.running.n, found.running.reduced.mean, found.running.share.mean) == (2, 1, 0.01)
    assert (found.repaired.n, found.repaired.net.mean, found.repaired.gross.mean) == (1, 3, 5)
    assert (found.not_running.n, found.not_running.reduced.total) == (1, 40)
    said = " ".join(sentences(bench_of("t", "m", rows, jobs=1, max_cost_usd=None, interrupted=False)))
    assert "1 without a word on the code" in said


def test_the_mean_share_counts_each_alike_and_the_pooled_one_each_line(row: Make, lines: Make) -> None:
    found = measure([row("small", lines=lines(10, baseline=100)), row("large", lines=lines(10, baseline=900))]).running
    assert found is not None
    assert found.share.mean == pytest.approx((0.1 + 10 / 900) / 2)
    assert found.pooled_share == pytest.approx(0.02)


def test_rungs_before_and_after_are_shares_of_the_judged(row: Make) -> None:
    rows = [row("a"), row("b", first_rung="none", rung="parses", end=End.stalled), row("c", end=End.hung, **UNRUN)]
    counts = {one.rung: one for one in measure(rows).rungs}
    assert list(counts) == ["none", "parses", "installs", "imports", "starts", "runs", "replays"]
    assert (counts["imports"].before, counts["imports"].share_before) == (1, 0.5)
    assert (counts["replays"].after, counts["parses"].after, counts["none"].before) == (1, 1, 1)
    assert sum(one.before for one in counts.values()) == sum(one.after for one in counts.values()) == 2


def test_who_mended_what_and_what_was_tried_are_told_apart(row: Make) -> None:
    fixer, model = edits(2, 1, 1), edits(3, 2, 4)
    rows = [
        row("f", fixers=fixer, model_edits=Edits()),
        row("m", model_edits=model),
        row("b", fixers=fixer, model_edits=model),
        row("n", first_rung="runs", first_outcome="survived", model_edits=Edits()),
        row("x", end=End.stalled, rung="starts", model_edits=edits(4, 0, 0)),
    ]
    found = measure(rows)
    by = found.mended_by
    assert (by.nothing, by.fixers, by.model, by.both) == (1, 1, 1, 1)
    assert (found.fixers, found.model_edits) == (
        edits(4, 2, 2),
        edits(10, 4, 8),
    )
    assert found.attempts is not None
    assert (found.attempts.mean, found.attempts.median) == (2, 3)


def test_a_vacuous_run_is_none_that_ran(row: Make) -> None:
    came = row("v", first_rung="runs", first_outcome="vacuous")
    assert not came.ran_first
    assert measure([came]).repaired is not None


def test_an_unknown_cost_stays_unknown(row: Make) -> None:
    known, unknown = Usage(calls=1, prompt_tokens=10, cost_usd=0.25), Usage(calls=2, prompt_tokens=5, cost_usd=None)
    found = measure([row("a", usage=known), row("b", usage=unknown), row("c")])
    assert found.usage.cost_usd is None
    assert found.usage.prompt_tokens == 15
    assert (found.known_cost_usd, found.unknown_costs) == (0.25, 1)


def test_classes_are_held_against_the_known_minimum(row: Make, lines: Make) -> None:
    rows = [
        row("a", group="import", minimum=2, lines=lines(2)),
        row("b", group="import", minimum=1, lines=lines(4)),
        row("c", group="import", minimum=1, end=End.stalled, rung="starts"),
        row("d", group="path"),
        row(
            "e", group="path", end=End.infrastructure, unexpected=("it ended as infrastructure, not verified",), **UNRUN
        ),
    ]
    first, second = measure(rows).classes
    assert (first.name, first.entries, first.failing, first.repaired) == ("import", 3, 3, 2)
    assert (first.reduced, first.minimum, first.compared, first.at_minimum) == (6, 3, 2, 1)
    assert (second.failing, second.repaired, second.compared, second.as_expected) == (1, 1, 0, 1)
    assert measure([row("a"), row("b")]).classes == ()


def test_the_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    values = [0.0] * 5 + [0.01, 0.02, 0.005, 0.1, 0.003]
    found = interval(values)
    assert found is not None
    assert found == interval(values)
    assert 0 < found.low < sum(values) / 10 < found.high < 0.1
    assert interval(values[:9]) is None
    same = interval([0.5] * 10)
    assert same is not None
    assert (same.low, same.high) == (0.5, 0.5)


def test_an_empty_table_divides_by_nothing() -> None:
    found = measure([])
    assert (found.entries, found.judged, found.running, found.seconds) == (0, 0, None, None)


@pytest.mark.parametrize(
    ("ends", "share", "status"),
    [
        (["verified", "verified"], None, 0),
        (["verified", "stalled"], None, 1),
        (["verified", "refused"], None, 1),
        (["verified", "infrastructure"], None, 3),
        (["infrastructure", "crashed", "hung"], None, 3),
        (["stalled", "infrastructure"], None, 1),
        (["verified", "waiting"], None, 1),
        (["verified"] * 9 + ["stalled"], 0.9, 0),
        (["verified"] * 8 + ["stalled"] * 2, 0.9, 1),
        (["verified"] * 8 + ["stalled", "infrastructure"], 0.9, 3),
        (["verified"] * 7 + ["stalled"] * 2 + ["infrastructure"], 0.9, 1),
        (["stalled"], 0.0, 0),
        (["verified"] * 3, 1.0, 0),
    ],
)
def test_the_exit_status(row: Make, ends: list[str], share: float | None, status: int) -> None:
    rows = [
        row(str(n), end=End(end), unexpected=() if end == "verified" else ("otherwise",)) for n, end in enumerate(ends)
    ]
    bench = bench_of("t", "m", rows, jobs=1, max_cost_usd=None, interrupted=False)
    assert exit_status(bench, share)[0] == status
    assert exit_status(bench.model_copy(update={"interrupted": True}), share)[0] == 130


def test_an_end_as_expected_is_no_failure(bench: Any, report: Make) -> None:
    from p2c.types import Ending
    from sandbox.verdict import Rung

    bench.reports["stalled"] = report(ending=Ending.stalled, rungs=(Rung.imports, Rung.starts))
    does = "report stalled; exit 1"
    bench.add("so", does, **{"expect": "stalled", "expect-rung": "starts", "expect-first-rung": "imports"})
    bench.add("not so", does, **{"expect": "stalled", "expect-rung": "runs", "expect-first-rung": "none"})
    rows = bench.run()
    assert rows["so"].unexpected == ()
    assert rows["not so"].unexpected == ("its rung is starts, not runs", "its first rung was imports, not none")


def test_the_eta_knows_classes_and_is_never_negative(bench: Any) -> None:
    bench.add("quick", **{"class": "quick"})
    bench.add("slow", **{"class": "slow"})
    bench.add("other", **{"class": "other"})
    quick, slow, other = bench.entries.values()
    eta = Eta()
    assert eta.left([(quick, 0)], [], 2) is None
    eta.learn(quick, 10)
    eta.learn(slow, 100)
    assert (eta.expected(quick), eta.expected(slow), eta.expected(other)) == (10, 100, 55)
    assert eta.left([(quick, 0)] * 10, [], 2) == 50
    assert eta.left([(quick, 0)], [(slow, 40.0)], 2) == 60, "no sooner than the longest"
    assert eta.left([], [(quick, 9.0)], 2) == 2.25, "nearly due, but nobody knows that it ends in a second"
    assert eta.left([], [(quick, 500.0)], 2) == 125, "far longer than expected, so it may take a while yet"
    assert eta.left([], [], 2) == 0


def test_the_purse_shares_what_is_left_and_takes_back_what_was_not_needed() -> None:
    purse = Purse(10.0)
    assert purse.take("a", None, {}, 2) == 5
    assert purse.take("b", 1.0, {}, 1) == 1, "its own limit is less than what is left"
    assert purse.take("c", None, {}, 1) == 4
    with pytest.raises(Spent):
        purse.take("d", None, {}, 1)
    purse.give_back("a")
    assert purse.take("d", None, {"a": 2.0}, 1) == pytest.approx(3)
    purse.give_back("c")
    with pytest.raises(Spent):
        purse.take("c", None, {"a": 2.0, "c": 4.0}, 1)
    purse.give_back("d")
    assert purse.take("c", None, {"a": 2.0, "c": 4.0}, 1) == pytest.approx(7), "what it had, and what is left"
    assert Purse(None).take("a", 3.0, {}, 1) == 3
    assert Purse(None).take("a", None, {}, 1) is None
