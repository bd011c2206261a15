"""The end of a repair: what is on the disk before it is reduced, how long that takes, and what is never spared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest

from p2c.model.fake import ScriptedModel
from p2c.repair.attempts import Record
from p2c.repair.cache import CachedVerify, Wanted
from p2c.repair.declares import no_longer_declared
from p2c.repair.edits import render
from p2c.repair.loop import repair_repository
from p2c.repair.progress import Seen
from p2c.repair.reduce import smallest
from p2c.repair.result import RepairResult
from p2c.repair.settings import RepairSettings
from p2c.repair.smaller import LEAST_SECONDS, Smaller
from p2c.repair.use import more_used
from p2c.run.journal import Event, Journal
from p2c.types import Ending
from sandbox.tree import Tree
from sandbox.verdict import Ended, Failure, Outcome, Rung, SmokeRun, Step, Verdict

Verify = Callable[[Tree, Rung], Verdict]

BROKEN = Tree({"main.py": b"a = 1\nb = 2\nc = 3\nprint(d)\n"})
WIDE = "".join(
    render("main.py", [old], [new]) for old, new in (("a = 1", "a = 10"), ("c = 3", "c = 30"), ("print(d)", "print(c)"))
)


def repaired(
    verify: Verify,
    tree: Tree = BROKEN,
    edit: str = WIDE,
    *,
    keep: Callable[[RepairResult], object] = lambda _: None,
    events: list[Event] | None = None,
    reduce: bool = True,
) -> RepairResult:
    return repair_repository(
        tree,
        verify=verify,
        model=ScriptedModel(lambda _step, _messages: edit),
        settings=RepairSettings(max_attempts=1, reduce=reduce),
        journal=Journal(None, (events.append,) if events is not None else ()),
        keep=keep,
    )


def with_each(verify: Verify, change: Callable[[Tree, Verdict], dict[str, object]]) -> Verify:
    def changed(tree: Tree, until: Rung) -> Verdict:
        verdict = verify(tree, until)
        return verdict.model_copy(update=change(tree, verdict))

    return changed


def test_before_it_is_reduced_a_repair_that_runs_is_handed_over_whole(verify: Verify) -> None:
    handed: list[RepairResult] = []
    events: list[Event] = []

    def keep(result: RepairResult) -> None:
        assert not any("reducing" in str(event.get("label")) for event in events)
        handed.append(result)

    last = repaired(verify, keep=keep, events=events)
    (first,) = handed
    assert (first.ending, first.verdict.verified, first.verdict.rung) == (Ending.verified, True, Rung.replays)
    assert first.tree.files["main.py"] == b"a = 10\nb = 2\nc = 30\nprint(c)\n"
    assert (first.lines.net.total, first.lines.reduced.total) == (3, 3)
    assert not first.reduction.minimal
    assert "it is under way" in first.reduction.unfinished
    assert (last.lines.reduced.total, last.reduction.unfinished) == (1, "")


def test_what_does_not_run_is_handed_over_once_at_the_end(verify: Verify) -> None:
    handed: list[RepairResult] = []
    result = repaired(verify, edit=render("main.py", ["a = 1"], ["a = 2"]), keep=handed.append)
    assert (result.ending, handed) == (Ending.budget, [])
    assert result.reduction.unfinished == "only what runs is reduced"


def test_a_reduction_that_is_interrupted_leaves_the_whole_repair_verified(verify: Verify) -> None:
    runs = 0

    def interrupted(tree: Tree, until: Rung) -> Verdict:
        nonlocal runs
        runs += 1
        if runs == 5:  # as it came, the attempt, its replay, one smaller repair, and the second one
            raise KeyboardInterrupt
        return verify(tree, until)

    events: list[Event] = []
    result = repaired(interrupted, events=events)
    assert (result.ending, result.verdict.rung) == (Ending.verified, Rung.replays)
    assert result.tree.files["main.py"] == b"a = 10\nb = 2\nc = 30\nprint(c)\n"
    reduction = result.reduction
    assert (reduction.before, reduction.after, reduction.minimal) == (3, 3, False)
    assert "interrupted" in reduction.unfinished
    assert "the same command goes on with it" in reduction.unfinished
    assert any("reduction cut short" in str(event.get("message")) for event in events)
    assert events[-1]["event"] == "ended"


def test_an_interrupt_before_anything_runs_is_no_end_of_a_repair(verify: Verify) -> None:
    def interrupted(tree: Tree, until: Rung) -> Verdict:
        if tree.files != BROKEN.files:
            raise KeyboardInterrupt
        return verify(tree, until)

    with pytest.raises(KeyboardInterrupt):
        repaired(interrupted)


@pytest.mark.parametrize(("seconds", "allowed", "runs"), [(30.0, LEAST_SECONDS, 4), (60.0, 180.0, 3)])
def test_a_reduction_takes_no_longer_than_the_repair_s_own_runs_or_two_minutes(
    verify: Verify, *, seconds: float, allowed: float, runs: int
) -> None:
    names = [f"v{number}" for number in range(9)]
    tree = Tree({"main.py": "\n\n".join([*(f"{name} = 1" for name in names), "print(d)"]).encode()})
    edit = "".join(render("main.py", [f"{name} = 1"], [f"{name} = 2"]) for name in names)
    edit += render("main.py", ["print(d)"], ["assert " + " + ".join(names) + " == 18"])
    result = repaired(with_each(verify, lambda _tree, _verdict: {"seconds": seconds}), tree, edit)
    assert result.ending is Ending.verified
    assert (result.reduction.after, result.reduction.before, result.reduction.minimal) == (10, 10, False)
    assert result.reduction.unfinished.startswith(f"its {allowed:.0f} s were over")
    assert result.reduction_runs == runs


def test_each_run_says_its_number_and_how_many_hunks_are_still_there(verify: Verify) -> None:
    events: list[Event] = []
    repaired(verify, events=events)
    labels = [str(event["label"]) for event in events if event["event"] == "verify_started"]
    assert [label for label in labels if label.startswith("reducing")] == [
        "reducing, run 1: 2 of 3 hunks still there, without 3 (main.py)",
        "reducing, run 2: 2 of 3 hunks still there, without 2 (main.py)",
        "reducing, run 3: 1 of 3 hunks still there, without 1, 2 (main.py)",
    ]
    (said,) = [str(event["message"]) for event in events if str(event.get("message")).startswith("reducing: what")]
    assert "2 minutes at most" in said


def said_of(tree: Tree, until: Rung, *, static: Literal["failed", "skipped"]) -> Verdict:
    ok = tree.text("main.py").endswith("c = 30\n")
    return Verdict(
        repository="r", tree=tree.digest(), rung=until if ok else Rung.installs,
        outcome=Outcome.passed if ok else Outcome.failed, summary="s", steps=(Step(name="static", state=static),),
        seconds=1,
    )  # fmt: skip


def test_what_is_known_of_a_part_without_its_findings_is_enough_and_nobody_waits_for_those_of_another() -> None:
    asked: list[Tree] = []

    def quick(tree: Tree, until: Rung, wanted: Wanted | None) -> Verdict:
        asked.append(tree)
        bare = said_of(tree, until, static="skipped")
        return bare if bare.verified or (wanted and not wanted(bare)) else said_of(tree, until, static="failed")

    def plain(_tree: Tree, _until: Rung) -> Verdict:
        raise AssertionError("nothing is decided here")

    journal = Journal(None)
    verify = CachedVerify(plain, journal, quick=quick)
    base, first, second, whole = (Tree({"main.py": text.encode()}) for text in ("", "a = 1\n", "b = 2\n", "c = 30\n"))
    verify(first, Rung.runs, "an attempt that was taken back", wanted=lambda _: False)
    verdict = verify(whole, Rung.runs, "an attempt that runs", wanted=lambda _: False)
    smaller = Smaller(
        Seen(whole, verdict), Record(base, journal), verify, journal,
        honest=lambda _: True, mended=(), is_over=lambda: False, most=1,
    )  # fmt: skip
    assert (smaller(first, "the first"), smaller.runs) == (False, 0)
    assert (smaller(second, "the second"), smaller.runs) == (False, 1)
    assert asked == [first, whole, second]
    assert not smaller(second, "again, though the runs are used up")
    found = verify(second, Rung.runs, "an attempt that shall be gone on from")
    assert (found.steps[0].state, asked[3:]) == ("failed", [second])


def test_why_nothing_was_reduced_is_said(verify: Verify) -> None:
    assert repaired(verify, reduce=False).reduction.unfinished == "as was asked"
    as_it_came = repaired(verify, Tree({"main.py": b"print(1)\n"}))
    assert (as_it_came.reduction.unfinished, as_it_came.reduction.minimal) == ("no hunk was edited", True)


def test_what_was_freed_by_the_last_that_went_is_asked_about_before_all_others() -> None:
    """Hunks of a real repair: 4 is needed by 3 alone, which comes to be tried after it; 7 and 8 are not needed."""
    asked = 0

    def passes(chosen: list[int]) -> bool:
        nonlocal asked
        asked += 1
        there = set(chosen)
        return {1, 2, 5, 6, 9, 10, 11, 12, 13, 14} <= there and (3 not in there or 4 in there)

    kept, unproven = smallest(range(1, 15), passes)  # type: ignore[arg-type]  # a list is what it is given
    assert (kept, unproven) == ([1, 2, 5, 6, 9, 10, 11, 12, 13, 14], None)
    assert asked <= 26


LIMIT = Failure(step="smoke", kind="limit", message="it used up its memory", limit=Ended.memory, signature="m")
SLOW = LIMIT.model_copy(update={"message": "it did not end within its time", "limit": Ended.wall})
ARRAY = Failure(
    step="smoke", kind="exception", exception="numpy._core._exceptions._ArrayMemoryError",
    message="Unable to allocate 29.1 GiB for an array", signature="a",
)  # fmt: skip


def used(mib: int, seconds: float = 1.0) -> SmokeRun:
    return SmokeRun(
        command="python main.py", ended=Ended.exited, exit_status=0, seconds=9 * seconds, cpu_seconds=seconds,
        peak_memory_bytes=mib << 20, stdout="", stderr="",
    )  # fmt: skip


def test_where_a_limit_was_mended_a_smaller_repair_keeps_within_what_the_whole_one_used() -> None:
    assert "3,278 MiB of memory, where the whole repair takes 542" in more_used(used(3278), used(542), [LIMIT])
    assert more_used(used(3278), used(542), [ARRAY])
    assert not more_used(used(670), used(542), [LIMIT])
    assert not more_used(used(100), used(50), [LIMIT]), "of next to nothing, twice as much is no difference"
    assert not more_used(used(3278), used(542), [SLOW])
    assert "90 s of CPU, where the whole repair takes 30" in more_used(used(1, 90), used(1, 30), [LIMIT, SLOW])
    assert not more_used(used(1, 36), used(1, 30), [SLOW])
    assert not more_used(used(1, 90), used(1, 30), [LIMIT])
    assert not more_used(used(3278, 90), used(542, 30), []), "where no limit was mended a run may take what it takes"
    assert not more_used(None, used(1), [LIMIT])


def test_a_hunk_that_keeps_a_run_well_below_a_mended_limit_is_needed(verify: Verify) -> None:
    def waste(tree: Tree, verdict: Verdict) -> dict[str, object]:
        text = tree.text("main.py")
        if "print(c)" not in text:
            return {"failure": LIMIT, "outcome": Outcome.exhausted, "rung": Rung.starts}
        return {"smoke": used(500 if "c = 30" in text else 3300)}

    runs = Tree({"main.py": BROKEN.files["main.py"].replace(b"print(d)", b"print(1)")})
    edit = WIDE.replace("print(d)", "print(1)")
    events: list[Event] = []
    result = repaired(with_each(verify, waste), runs, edit, events=events)
    assert result.tree.files["main.py"] == b"a = 1\nb = 2\nc = 30\nprint(c)\n"
    assert result.reduction.minimal
    told = [str(event["message"]) for event in events if "3,300 MiB of memory" in str(event.get("message"))]
    assert len(told) == 2


FORM = b"from flask_wtf import FlaskForm\n"
REQUIREMENTS = {"main.py": FORM, "requirements.txt": b"Flask>=3.0\nFlask-WTF\nrich\n"}


@pytest.mark.parametrize(
    ("part", "lost"),
    [
        ({"main.py": FORM, "requirements.txt": b"Flask>=3.0\nrich\n"}, ("flask-wtf",)),
        ({"main.py": FORM, "requirements.txt": b"flask==1.1.2\nflask_wtf\n"}, ()),
        ({"main.py": b"import flask\n", "requirements.txt": b"Flask>=3.0\n"}, ()),
        ({"main.py": FORM, "pyproject.toml": b"[project]\nname = 'x'\ndependencies = ['Flask-WTF']\n"}, ()),
        ({"main.py": FORM}, ("flask-wtf",)),
    ],
)
def test_a_line_for_a_distribution_that_a_module_imports_is_never_spared(
    part: dict[str, bytes], lost: tuple[str, ...]
) -> None:
    assert no_longer_declared(Tree(REQUIREMENTS), Tree(part)) == lost


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("requirements.txt", b"tabulate\n"),
        ("requirements/base.txt", b"tabulate\n"),
        ("pyproject.toml", b"[project]\nname = 'x'\ndependencies = [\n    'tabulate',\n]\n"),
        ("setup.cfg", b"[options]\ninstall_requires =\n    tabulate\n"),
        ("setup.py", b"from setuptools import setup\nsetup(install_requires=['tabulate'])\n"),
        ("environment.yml", b"dependencies:\n  - tabulate\n"),
    ],
)
def test_wherever_it_stands_a_needed_requirement_is_kept(path: str, content: bytes) -> None:
    main = b"import tabulate\n"
    assert no_longer_declared(Tree({"main.py": main, path: content}), Tree({"main.py": main})) == ("tabulate",)


def test_a_requirement_that_the_run_does_without_stays_where_the_code_imports_it(verify: Verify) -> None:
    tree = Tree({"main.py": b"try:\n    import tabulate\nexcept ImportError:\n    pass\nprint(d)\n"})
    edit = render("main.py", ["print(d)"], ["print(1)"]) + render("requirements.txt", [], ["tabulate"])
    result = repaired(verify, tree, edit + render("notes.txt", [], ["a note"]))
    assert set(result.tree.files) == {"main.py", "requirements.txt"}
    assert result.reduction.minimal
