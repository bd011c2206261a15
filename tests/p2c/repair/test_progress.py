"""Whether an edit got further: the ratchet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from p2c.repair.progress import Seen, judge
from sandbox.traceback import failure_signature
from sandbox.tree import Tree
from sandbox.verdict import Failure, Finding, Frame, Missing, Outcome, Rung, Verdict

MAIN = b"from m import f\na = f(1)\nb = f(2)\nc = f(3)\n"
TREE = Tree({"main.py": MAIN, "m.py": b"def f(x):\n    y = x\n    z = y\n    return z\n"})


def failing(
    *places: tuple[str, int, str], error: str = "ValueError", message: str = "bad", step: str = "smoke",
    rung: Rung = Rung.starts, tree: Tree = TREE, kind: str = "exception", findings: Sequence[Finding] = (),
) -> Seen:  # fmt: skip
    frames = tuple(
        Frame(file=f, line=n, function=g, code=tree.text(f).splitlines()[n - 1].strip(), in_repository=True)
        for f, n, g in places
    )
    failure = Failure.model_validate({
        "step": step, "kind": kind, "exception": error, "message": message, "frames": frames,
        "file": frames[-1].file if frames else None, "line": frames[-1].line if frames else None,
        "signature": failure_signature(error, message, frames),
    })  # fmt: skip
    return Seen(tree, verdict(tree, rung, Outcome.failed, failure=failure, findings=tuple(findings)))


def verdict(tree: Tree, rung: Rung, outcome: Outcome, **more: Any) -> Verdict:
    return Verdict(repository="r", tree=tree.digest(), rung=rung, outcome=outcome, summary="s", **more)


MODULE = "<module>"
AT_2 = failing(("main.py", 2, MODULE))


def test_what_runs_is_further_than_anything() -> None:
    assert judge(AT_2, Seen(TREE, verdict(TREE, Rung.runs, Outcome.passed))).further


def test_a_higher_rung_is_further_and_a_lower_one_is_not() -> None:
    higher = failing(("main.py", 1, MODULE), rung=Rung.imports, step="import")
    assert judge(higher, AT_2).further
    assert not judge(AT_2, higher).further


def test_the_same_failure_is_no_progress_even_where_the_line_reads_otherwise_now() -> None:
    edited = TREE.changed({"main.py": MAIN.replace(b"a = f(1)", b"a = f(int(1))")})
    assert not judge(AT_2, AT_2).further
    assert not judge(AT_2, failing(("main.py", 2, MODULE), tree=edited)).further


def test_another_failure_later_in_the_program_is_progress() -> None:
    assert judge(AT_2, failing(("main.py", 4, MODULE), error="KeyError", message="k")).further
    assert judge(AT_2, failing(("main.py", 2, MODULE), ("m.py", 3, "f"), error="KeyError", message="k")).further


def test_the_same_error_further_down_is_progress() -> None:
    assert judge(AT_2, failing(("main.py", 3, MODULE))).further


def test_a_failure_earlier_in_the_program_is_not() -> None:
    later = failing(("main.py", 4, MODULE))
    assert not judge(later, failing(("main.py", 2, MODULE), error="KeyError", message="k")).further


def test_lines_that_the_edit_added_above_do_not_count_as_later() -> None:
    edited = TREE.changed({"main.py": b"import os\nimport sys\n" + MAIN})
    assert not judge(AT_2, failing(("main.py", 4, MODULE), tree=edited)).further


def test_an_edit_that_fails_itself_is_not_progress() -> None:
    edited = TREE.changed({"main.py": MAIN.replace(b"a = f(1)", b"a = f(one)")})
    after = failing(("main.py", 2, MODULE), tree=edited, error="NameError", message="one")
    assert "the edit itself fails" in judge(AT_2, after).reason


def test_another_failure_at_the_same_place_counts_where_the_edit_lies_elsewhere() -> None:
    edited = TREE.changed({"m.py": TREE.files["m.py"].replace(b"y = x", b"y = float(x)")})
    after = failing(("main.py", 2, MODULE), tree=edited, error="KeyError", message="k")
    assert judge(AT_2, after).further


def test_the_same_error_of_another_module_is_progress_where_the_edit_left_that_module_as_it_was() -> None:
    tree = Tree({"one.py": b"from .m import f\n", "two.py": b"from .m import f\n", "m.py": b""})
    error: dict[str, Any] = {"error": "ImportError", "message": "no parent package", "step": "import"}
    before = failing(("one.py", 1, MODULE), tree=tree, **error)
    mended = tree.changed({"one.py": b"from m import f\n"})
    assert judge(before, failing(("two.py", 1, MODULE), tree=mended, **error)).further
    moved = tree.changed({"one.py": b"from m import f\n", "two.py": b"from .m import f, g\n"})
    assert not judge(before, failing(("two.py", 1, MODULE), tree=moved, **error)).further


def test_a_failure_that_was_mended_may_not_come_back() -> None:
    back = failing(("main.py", 4, MODULE), error="KeyError", message="k")
    assert back.verdict.failure
    assert not judge(AT_2, back, {back.verdict.failure.signature}).further


def test_fewer_fatal_findings_are_progress() -> None:
    two = [
        Finding(tool="ruff", code="F821", file="main.py", line=n, message="undefined", severity="fatal") for n in (2, 4)
    ]
    before = failing(("main.py", 2, MODULE), kind="static", step="ruff", rung=Rung.runs, findings=two)
    after = failing(("main.py", 4, MODULE), kind="static", step="ruff", rung=Rung.runs, findings=two[1:])
    assert judge(before, after).further
    assert not judge(after, before).further


def test_whether_it_also_replays_is_not_asked() -> None:
    before = failing(("main.py", 2, MODULE), kind="static", step="ruff", rung=Rung.replays)
    after = failing(("main.py", 4, MODULE), kind="static", step="ruff", rung=Rung.runs)
    assert judge(before, after).further


def test_being_blocked_counts_unless_the_edit_brought_a_package_with_it() -> None:
    def blocked(kind: str) -> Seen:
        missing = (Missing.model_validate({"kind": kind, "what": "thing", "evidence": "e"}),)
        return Seen(TREE, verdict(TREE, Rung.starts, Outcome.blocked, missing=missing))

    said = judge(AT_2, blocked("data"))
    assert said.further
    assert said.reason == "that failure is mended, and now it needs what the sandbox withholds: thing (data)"
    assert not judge(AT_2, blocked("package")).further


LOOPS = Tree({
    "main.py": b"from work import first, second\nfirst()\nsecond()\n",
    "work.py": b"def first():\n    while True:\n        a = 1\n        b = 2\n\n\n"
    b"def second():\n    for n in iter(int, 1):\n        c = n\n",
})  # fmt: skip


CALL = Tree({"main.py": b"from m import f\na = f(\n    settings['path'],\n    2)\n", "m.py": TREE.files["m.py"]})


def test_what_a_call_over_several_lines_does_is_later_than_its_arguments_although_its_line_is_above_theirs() -> None:
    argument = failing(("main.py", 3, MODULE), error="KeyError", message="path", tree=CALL)
    mended = CALL.changed({"main.py": CALL.files["main.py"].replace(b"settings['path']", b"settings['data']['path']")})
    called = failing(("main.py", 2, MODULE), ("m.py", 2, "f"), error="OSError", message="no file", tree=mended)
    assert judge(argument, called).further
    assert not judge(called, argument).further


def test_lines_of_two_statements_in_one_block_are_two_places() -> None:
    loop = Tree({"main.py": b"for i in range(2):\n    first(i)\n    second(i)\n"})
    early = failing(("main.py", 2, MODULE), error="KeyError", message="a", tree=loop)
    late = failing(("main.py", 3, MODULE), error="ValueError", message="b", tree=loop)
    assert judge(early, late).further
    assert not judge(late, early).further


def hanging(*places: tuple[str, int, str], seconds: int = 120) -> Seen:
    seen = failing(*places, tree=LOOPS, kind="limit", error="", message=f"no time is left (wall, {seconds} s)")
    assert seen.verdict.failure
    failure = seen.verdict.failure.model_copy(update={"exception": None})
    return Seen(LOOPS, seen.verdict.model_copy(update={"failure": failure, "outcome": Outcome.exhausted}))


def test_one_hang_that_is_seen_at_another_line_of_its_loop_is_the_same_hang() -> None:
    at_3, at_4 = (hanging(("main.py", 2, MODULE), ("work.py", n, "first")) for n in (3, 4))
    for before, after in ((at_3, at_4), (at_4, at_3)):
        assert not judge(before, after).further
        assert "the same failure is still there" in judge(before, after).reason


def test_another_hang_later_in_the_program_is_progress_and_an_earlier_one_is_not() -> None:
    first = hanging(("main.py", 2, MODULE), ("work.py", 3, "first"))
    second = hanging(("main.py", 3, MODULE), ("work.py", 9, "second"))
    assert judge(first, second).further
    assert not judge(second, first).further


def test_how_long_a_program_ran_before_it_failed_decides_nothing() -> None:
    soon, late = (failing(("main.py", 3, MODULE), message=f"loss is nan after {n} s") for n in (2, 90))
    assert not judge(soon, late).further
    assert not judge(late, soon).further


BOTH = Tree({
    "main.py": b"from a import load\nfrom b import train\ntrain(load())\n",
    "a.py": b"def load():\n    return np.ones(3)\n",
    "b.py": b"def train(x):\n    return np.sum(x)\n",
})  # fmt: skip


def without_np(*places: tuple[str, int, str], tree: Tree) -> Seen:
    return failing(*places, tree=tree, error="NameError", message="name 'np' is not defined")


def test_the_same_error_in_another_function_is_progress_where_the_edit_mended_the_first() -> None:
    edited = BOTH.changed({"a.py": b"import numpy as np\n\n\n" + BOTH.files["a.py"]})
    before = without_np(("main.py", 3, MODULE), ("a.py", 2, "load"), tree=BOTH)
    after = without_np(("main.py", 3, MODULE), ("b.py", 2, "train"), tree=edited)
    assert judge(before, after).further


def test_the_same_error_moved_into_a_function_that_the_edit_wrote_is_not() -> None:
    moved = b"def load():\n    return _made()\n\n\ndef _made():\n    return np.ones(4)\n"
    edited = BOTH.changed({"a.py": moved})
    before = without_np(("main.py", 3, MODULE), ("a.py", 2, "load"), tree=BOTH)
    after = without_np(("main.py", 3, MODULE), ("a.py", 2, "load"), ("a.py", 6, "_made"), tree=edited)
    assert not judge(before, after).further


def test_a_failure_that_an_edit_above_it_moved_by_a_line_is_the_same() -> None:
    edited = TREE.changed({"main.py": MAIN.replace(b"a = f(1)\n", b"a = f(1)\na = f(a)\n")})
    before, after = (failing(("main.py", line, MODULE), tree=tree) for line, tree in ((3, TREE), (4, edited)))
    assert not judge(before, after).further


def test_a_run_that_does_nothing_any_more_is_not_further_than_one_that_fails() -> None:
    vacuous = Seen(TREE, verdict(TREE, Rung.starts, Outcome.vacuous))
    assert not judge(AT_2, vacuous).further
    assert judge(vacuous, AT_2).further, "what fails while it works is further than what does nothing"
