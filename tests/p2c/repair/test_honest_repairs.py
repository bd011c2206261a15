"""The guards in the loop: what hides a failure is not run, the model is told why, no part of a repair is let off."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from p2c.model.fake import ScriptedModel
from p2c.model.types import Message
from p2c.repair.edits import render
from p2c.repair.loop import repair_repository
from p2c.repair.result import RepairResult
from p2c.repair.settings import RepairSettings
from p2c.run.journal import Journal
from p2c.types import Ending
from sandbox.tree import Tree
from sandbox.verdict import Rung, Verdict

Verify = Callable[[Tree, Rung], Verdict]

NEGATIVE = Tree(
    {
        "main.py": b"def checked(x):\n    if x < 0:\n        raise ValueError('negative')\n    return x\n\n\n"
        b"def main():\n    x = -1\n    print(checked(x))\n\n\nmain()\n"
    }
)
UNCHECKED = render(
    "main.py", ["    if x < 0:", "        raise ValueError('negative')", "    return x"], ["    return x"]
)


class Counting:
    """Verifies, and remembers every tree that was run."""

    def __init__(self, verify: Verify) -> None:
        self.verify = verify
        self.trees: list[Tree] = []

    def __call__(self, tree: Tree, until: Rung) -> Verdict:
        self.trees.append(tree)
        return self.verify(tree, until)


def repaired(verify: Verify, *replies: str) -> tuple[RepairResult, list[str]]:
    left, seen = list(replies), list[str]()

    def script(step: str, messages: Sequence[Message]) -> str:
        seen.append(messages[-1].content)
        return left.pop(0)

    result = repair_repository(
        NEGATIVE,
        verify=verify,
        model=ScriptedModel(script),
        settings=RepairSettings(),
        journal=Journal(None, ()),
        history=None,
        verdicts=None,
    )
    return result, seen


def test_an_edit_that_hides_the_failure_is_not_run_and_the_next_prompt_says_why(verify: Verify) -> None:
    counting = Counting(verify)
    honest = render("main.py", ["    x = -1"], ["    x = abs(-1)"])
    result, asked = repaired(counting, UNCHECKED, honest)
    assert result.ending is Ending.verified
    assert [attempt.accepted for attempt in result.attempts] == [False, True]
    assert "the check that raised ValueError is taken away; keep it, and mend what it found" in asked[1]
    assert all(b"raise ValueError" in tree.files["main.py"] for tree in counting.trees)


def test_reduction_keeps_no_part_that_by_itself_would_hide_the_failure(verify: Verify) -> None:
    counting = Counting(verify)
    moved = render(
        "main.py",
        ["    print(checked(x))"],
        ["    x = abs(x)", "    if x < 0:", "        raise ValueError('negative')", "    print(checked(x))"],
    )
    result, _ = repaired(counting, f"{UNCHECKED}\n{moved}")
    assert result.ending is Ending.verified
    assert b"raise ValueError" in result.tree.files["main.py"]
    assert all(b"raise ValueError" in tree.files["main.py"] for tree in counting.trees)
