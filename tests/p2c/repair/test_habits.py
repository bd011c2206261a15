"""The habits that models have, as data: `answers/habits.yaml` says what must come of each answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from p2c.model.text import without_reasoning
from p2c.repair.apply import apply
from p2c.repair.edits import parse
from sandbox.tree import Tree

TABLE = yaml.safe_load((Path(__file__).parent / "answers" / "habits.yaml").read_text(encoding="utf-8"))
TREE = Tree({path: text.encode() for path, text in TABLE["files"].items()})


def expected(habit: dict[str, Any]) -> dict[str, bytes]:
    files = {path: content.decode() for path, content in TREE.files.items()}
    known = TABLE["edits"] | habit.get("edits", {})
    for path, old, new in (known[name] for name in habit.get("gives", [])):
        if new is None:
            del files[path]
        elif old is None:
            files[path] = habit.get("also", new)
        else:
            assert files[path].count(old) == 1, (path, old)
            files[path] = files[path].replace(old, new)
    return {path: text.encode() for path, text in files.items()}


@pytest.mark.parametrize("habit", TABLE["answers"], ids=lambda habit: habit["habit"])
def test_every_habit_is_read_or_refused_with_its_reason(habit: dict[str, Any]) -> None:
    answer = parse(without_reasoning(habit["answer"]), TREE.files)
    result = apply(TREE, answer)
    reasons = " ".join(refusal.reason for refusal in result.refusals)
    assert dict(result.tree.files) == expected(habit), reasons
    assert habit.get("refused", "") in reasons
    assert bool(reasons) == ("refused" in habit), reasons
    assert answer.empty == (habit.get("empty", False) or "unrepairable" in habit)
    assert answer.unrepairable == habit.get("unrepairable")
