"""Two faults in one line: mending the first is progress, putting another in its place is not."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Callable

import pytest

from p2c.repair.loop import repair_repository
from p2c.repair.progress import Seen, judge
from p2c.repair.settings import RepairSettings
from p2c.run.journal import Journal
from p2c.types import Ending
from sandbox.traceback import failure_signature, read_traceback
from sandbox.tree import Tree
from sandbox.verdict import Failure, Outcome, Rung, Verdict

SETTING = (
    "import collections\nbox = collections\ntable = {'a': {'b': 1}, 'z': None}\n\n\ndef same(x):\n    return x\n\n\n"
)


def seen(statement: str) -> Seen:
    """What a program that ends with `statement` comes to, with the traceback that Python prints of it."""
    path, source = "/workspace/main.py", f"{SETTING}{statement}\n"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    try:
        exec(compile(source, path, "exec"), {"__name__": "__main__"})  # noqa: S102 - the programs of this file
    except Exception:  # noqa: BLE001 - whatever these programs raise
        text = traceback.format_exc()
    finally:
        del linecache.cache[path]
    tree = Tree({"main.py": source.encode()})
    found = read_traceback(text, tree)
    assert found is not None
    assert found.deepest is not None
    failure = Failure(
        step="smoke", kind="exception", exception=found.exception, message=found.message, frames=found.frames,
        file=found.deepest.file, line=found.deepest.line, evidence=found.text,
        signature=failure_signature(found.exception, found.message, found.frames),
    )  # fmt: skip
    verdict = Verdict(
        repository="r", tree=tree.digest(), rung=Rung.starts, outcome=Outcome.failed, summary="s", failure=failure
    )
    return Seen(tree, verdict)


def is_further(before: str, after: str) -> bool:
    return judge(seen(before), seen(after)).further


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = box.one(1) + box.two(2)", "a = same(1) + box.two(2)"),
        ("a = same([box.one(1), box.two(2)])", "a = same([int(1), box.two(2)])"),
        ("a = (one, two)", "a = (1, two)"),
        ("a = table['A'], table['B']", "a = table['a'], table['B']"),
        ("a = box.one(1) + box.one(2)", "a = same(1) + box.one(2)"),
        ("for a in [1]:\n    b = box.one(a), two", "for a in [1]:\n    b = same(a), two"),
        ("a = same(box).one(1).two(2)", "a = same(box).OrderedDict(a=1).two(2)"),
        ("a = [box.one().two]", "a = [box.deque().two]"),
        ("a = same('é' + box.one()).two(x=1)", "a = same('é' + str(1)).two(x=1)"),
        ("a = same(one); b = box.two", "a = same(1); b = box.two"),
        ("a = {\n    'x': one,\n    'y': two,\n}", "a = {\n    'x': 1,\n\n    'y':  two,\n}"),
        (
            "from collections import Mapping, Iterable",
            "from collections.abc import Mapping\nfrom collections import Iterable",
        ),
        ("from collections import (Mapping, Iterable)", "from collections import (OrderedDict as Mapping, Iterable)"),
    ],
)  # fmt: skip
def test_a_fault_that_stood_in_the_line_behind_the_mended_one_is_progress(before: str, after: str) -> None:
    assert is_further(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = box.one(1) + box.two(2)", "a = box.two(1) + box.two(2)"),
        ("a = box.one(1) + box.two(2)", "a = box.three(1) + box.two(2)"),
        ("a = box.one(1) + box.two(2)", "a = box.one_(1) + box.two(2)"),
        ("a = box.one(1)", "a = box.one(1) if one else 2"),
        ("a = same(one) + 1", "a = same('1') + 1"),
        ("a = table['A']['b']", "a = table['z']['b']"),
        ("a = box.one(1).real", "a = same(None).real"),
        ("a = box.one(1).real", "a = box.OrderedDict().three"),
        ("a = box.one(1).two", "a = box.three(1).two"),
        ("a = same(1) + box.two(2)", "a = same(x) + 2"),
        ("a = (1, two)", "a = (table['c'], two)"),
        ("a = same(\n    one,\n)", "a = same(\n    1, 2,\n)"),
        ("from collections import Mapping, Iterable", "from collections import MutableMapping, Iterable"),
        ("from collections import Mapping, Counter", "from collections.abc import Mapping, Counter"),
    ],
)  # fmt: skip
def test_an_error_of_the_edits_own_making_is_not(before: str, after: str) -> None:
    assert not is_further(before, after)


def test_what_was_uncovered_in_the_line_is_said() -> None:
    judgement = judge(seen("a = one, two"), seen("a = 1, two"))
    assert "another one further on in the same line uncovered" in judgement.reason
    assert "name 'two' is not defined" in judgement.reason


def test_the_first_fault_put_back_in_place_of_the_second_is_not() -> None:
    first, second = seen("a = one, two"), seen("a = 1, two")
    assert first.verdict.failure is not None
    back = seen("a = one, 2")
    assert not judge(second, back, {first.verdict.failure.signature}).further


def test_fixers_mend_several_names_that_are_gone_on_one_line(verify: Callable[[Tree, Rung], Verdict]) -> None:
    line = "print(time.clock() > 0, inspect.getargspec(seen), [fractions.gcd(4, 6)])"
    source = f"import fractions\nimport inspect\nimport time\n\n\ndef seen(x):\n    return x\n\n\n{line}\n"
    tree = Tree({"main.py": source.encode()})
    result = repair_repository(tree, verify=verify, model=None, settings=RepairSettings(), journal=Journal(None))
    assert result.ending is Ending.verified, result.reason
    assert [attempt.accepted for attempt in result.attempts] == [True, True, True]
    assert result.lines.gross.total == result.lines.net.total + 2
    edited = "print(time.perf_counter() > 0, inspect.getfullargspec(seen), [math.gcd(4, 6)])"
    assert edited in result.tree.files["main.py"].decode()
