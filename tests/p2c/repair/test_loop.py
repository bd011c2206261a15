"""The repair loop, over small programs that are run for real and a model whose replies are scripted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from p2c.errors import BudgetExceeded
from p2c.model.fake import ScriptedModel
from p2c.model.types import Message, Reply
from p2c.repair.between import lines_between
from p2c.repair.edits import render
from p2c.repair.loop import repair_repository
from p2c.repair.result import RepairResult
from p2c.repair.settings import RepairSettings
from p2c.run.journal import Event, Journal
from p2c.types import Ending, LineCount
from sandbox.tree import Tree
from sandbox.verdict import Missing, Outcome, Rung, Verdict

Verify = Callable[[Tree, Rung], Verdict]

CHAIN = Tree(
    {
        "main.py": b"from work import total\n\n\ndef main():\n    values = [1, 2, 3]\n    print(total(valeus))\n"
        b"    print(total(values, scale=2))\n    print(total(values) / lenght)\n\n\nmain()\n",
        "work.py": b"def total(values):\n    return sum(values)\n",
    }
)
CHAIN_EDITS = (
    render("main.py", ["    print(total(valeus))"], ["    print(total(values))"]),
    render("main.py", ["    print(total(values, scale=2))"], ["    print(2 * total(values))"]),
    render("main.py", ["    print(total(values) / lenght)"], ["    print(total(values) / len(values))"]),
)


class Commits:
    def __init__(self) -> None:
        self.made: list[tuple[Tree, str]] = []

    def commit(self, tree: Tree, message: str) -> str:
        self.made.append((tree, message))
        return str(len(self.made))


def in_turn(*replies: str) -> ScriptedModel:
    left = list(replies)

    def script(step: str, messages: Sequence[Message]) -> str:
        assert left, f"the loop asked once more than expected, at {step}: {messages[-1].content[-600:]}"
        return left.pop(0)

    return ScriptedModel(script)


def repaired(
    tree: Tree,
    verify: Verify,
    model: ScriptedModel | None,
    settings: RepairSettings | None = None,
    *,
    history: Commits | None = None,
    verdicts: Path | None = None,
    events: list[Event] | None = None,
) -> RepairResult:
    listeners = (events.append,) if events is not None else ()
    return repair_repository(
        tree,
        verify=verify,
        model=model,
        settings=settings or RepairSettings(),
        journal=Journal(None, listeners),
        history=history,
        verdicts=verdicts,
    )


def test_a_repository_that_runs_is_left_alone(verify: Verify) -> None:
    tree = Tree({"main.py": b"print(1)\n"})
    result = repaired(tree, verify, in_turn())
    assert result.ending is Ending.verified
    assert result.tree is tree
    assert result.attempts == ()
    assert result.lines.net == LineCount()


def test_a_chain_of_three_failures_is_mended_one_by_one(verify: Verify) -> None:
    history = Commits()
    events: list[Event] = []
    result = repaired(CHAIN, verify, in_turn(*CHAIN_EDITS), history=history, events=events)
    assert result.ending is Ending.verified
    assert result.verdict.rung is Rung.replays
    assert [attempt.accepted for attempt in result.attempts] == [True, True, True]
    assert result.lines.net == result.lines.gross == result.lines.reduced == LineCount(python=3)
    assert [message.splitlines()[0][:16] for _, message in history.made] == [
        "Mend NameError: ",
        "Mend TypeError: ",
        "Mend NameError: ",
    ]
    assert {event["event"] for event in events} >= {"attempt_started", "attempt_finished", "verify_finished", "ended"}


def test_an_edit_that_leaves_the_failure_is_taken_back_and_the_agent_is_told(verify: Verify) -> None:
    tree = Tree({"main.py": b"x = 1\nprint(y)\n"})
    wrong = render("main.py", ["x = 1"], ["x = 2"])
    right = render("main.py", ["print(y)"], ["print(x)"])
    model = in_turn(wrong, right)
    result = repaired(tree, verify, model)
    assert result.ending is Ending.verified
    assert [attempt.accepted for attempt in result.attempts] == [False, True]
    assert result.tree.files["main.py"] == b"x = 1\nprint(x)\n"
    second = model.asked[1][1]
    assert len(second) == 4, "the same conversation goes on"
    assert "the same failure is still there" in second[-1].content


def test_after_two_attempts_a_fresh_conversation_knows_what_was_tried_and_then_the_loop_stops(verify: Verify) -> None:
    tree = Tree({"main.py": b"x = 1\nprint(y)\n"})
    tries = [render("main.py", ["x = 1"], [f"x = {n}"]) for n in range(2, 6)]
    model = in_turn(*tries)
    result = repaired(tree, verify, model)
    assert result.ending is Ending.stalled
    assert "NameError" in result.reason
    assert [len(messages) for _, messages in model.asked] == [2, 4, 2, 4]
    fresh = model.asked[2][1][-1].content
    assert "What was tried before" in fresh
    assert "+x = 3" in fresh
    assert result.tree.digest() == tree.digest()


def test_the_same_state_is_never_run_twice(verify: Verify) -> None:
    runs: list[str] = []

    def counted(tree: Tree, until: Rung) -> Verdict:
        runs.append(tree.digest())
        return verify(tree, until)

    tree = Tree({"main.py": b"x = 1\nprint(y)\n"})
    same = render("main.py", ["x = 1"], ["x = 2"])
    result = repaired(tree, counted, in_turn(same, same, same, same))
    assert len(runs) == 2
    assert "tried before" in result.attempts[1].reason


def test_a_repair_that_hides_the_failure_is_not_even_run(verify: Verify) -> None:
    runs: list[str] = []

    def counted(tree: Tree, until: Rung) -> Verdict:
        runs.append(tree.digest())
        return verify(tree, until)

    tree = Tree({"main.py": b"def main():\n    print(y)\n\n\nmain()\n"})
    cheat = render("main.py", ["main()"], ["try:", "    main()", "except Exception:", "    pass"])
    right = render("main.py", ["    print(y)"], ["    print(len('y'))"])
    model = in_turn(cheat, right)
    result = repaired(tree, counted, model)
    assert result.ending is Ending.verified
    assert "swallows every error" in result.attempts[0].reason
    assert "swallows every error" in model.asked[1][1][-1].content
    assert len(runs) == 3, "as it came, mended, replayed"


def test_a_refused_block_alone_is_asked_for_again(verify: Verify) -> None:
    tree = Tree({"main.py": b"from a import f\nprint(f(), y)\n", "a.py": b"def f():\n    return z\n"})
    first = render("a.py", ["    return z"], ['    return len("z")']) + render(
        "main.py", ["print(f, y)"], ["print(f(), 2)"]
    )
    again = render("main.py", ["print(f(), y)"], ["print(f(), 2)"])
    model = in_turn(first, again)
    result = repaired(tree, verify, model)
    assert result.ending is Ending.verified
    assert len(result.attempts) == 1
    assert [step for step, _ in model.asked] == ["debug/1", "debug/1/again"]
    assert "These are fine and are kept; they need not be given again" in model.asked[1][1][-1].content
    assert "- block 1 (`a.py`)\n" in model.asked[1][1][-1].content
    assert "print(f(), y)" in model.asked[1][1][-1].content, "the nearest real lines are shown"


HASHING = Tree(
    {
        "main.py": b"from hashing import rows\n\nprint(rows(3))\n",
        "hashing.py": b"import random\n\n\ndef first(k):\n    return random.choices(range(k), ks=2)\n\n\n"
        b"def rows(k):\n    found = random.choices(range(k), ks=4)\n    return first(k), found\n",
    }
)
FIRST_WRONG = render(
    "hashing.py", ["    return random.choices(range(self.k), ks=2)"], ["    return random.choices(range(k), k=2)"]
)
FIRST_RIGHT = render(
    "hashing.py", ["    return random.choices(range(k), ks=2)"], ["    return random.choices(range(k), k=2)"]
)
SECOND = render(
    "hashing.py", ["    found = random.choices(range(k), ks=4)"], ["    found = random.choices(range(k), k=4)"]
)
SECOND_OTHERWISE = render(
    "hashing.py", ["    found = random.choices(range(k), ks=4)"], ["    found = random.choices(range(k), None, k=4)"]
)


def test_a_kept_block_that_is_given_again_in_other_words_is_replaced_within_the_same_attempt(verify: Verify) -> None:
    model = in_turn(FIRST_WRONG + SECOND, FIRST_RIGHT + SECOND_OTHERWISE)
    result = repaired(HASHING, verify, model)
    assert result.ending is Ending.verified
    assert [attempt.accepted for attempt in result.attempts] == [True]
    assert b"None, k=4" in result.tree.files["hashing.py"]
    told = model.asked[1][1][-1].content
    assert "Nothing was changed" not in told
    kept, refused = told.split("These are not; give only these again, corrected:")
    assert "- block 2 (`hashing.py`)" in kept
    assert "- block 1 (`hashing.py`): SEARCH does not stand in `hashing.py`" in refused
    assert "block 2" not in refused


def test_a_kept_block_need_not_be_given_again(verify: Verify) -> None:
    result = repaired(HASHING, verify, in_turn(FIRST_WRONG + SECOND, FIRST_RIGHT))
    assert result.ending is Ending.verified
    assert b"random.choices(range(k), k=4)" in result.tree.files["hashing.py"]


def test_a_kept_block_of_another_file_is_replaced_as_well(verify: Verify) -> None:
    call, count = "print(rows(3))", "print(len(rows(3)))"
    first = render("main.py", [call], ["print(list(rows(3)))"]) + FIRST_WRONG + SECOND
    again = render("main.py", [call], [count]) + FIRST_RIGHT + SECOND
    events: list[Event] = []
    settings = RepairSettings(reduce=False)
    result = repaired(HASHING, verify, in_turn(first, again), settings, events=events)
    assert [attempt.accepted for attempt in result.attempts] == [True]
    assert count.encode() in result.tree.files["main.py"]


def test_a_file_that_was_given_in_full_is_kept_beside_the_corrected_block(verify: Verify) -> None:
    tree = Tree({"main.py": b"from sizes import SIZE\n\nprint(SIZE, y)\n"})
    whole = "sizes.py\n```python\nSIZE = 4\n```\n\n"
    model = in_turn(
        whole + render("main.py", ["print(SIZE)"], ["print(SIZE, 2)"]),
        render("main.py", ["print(SIZE, y)"], ["print(SIZE, 2)"]),
    )
    result = repaired(tree, verify, model)
    assert result.ending is Ending.verified
    assert result.tree.files["sizes.py"] == b"SIZE = 4\n"
    told = model.asked[1][1][-1].content
    assert "- the file (`sizes.py`)\n" in told
    assert "- block 1 (`main.py`): SEARCH does not stand" in told


def test_an_edit_that_was_refused_twice_is_not_called_taken_back_and_its_blocks_have_their_own_numbers(
    verify: Verify,
) -> None:
    twice_wrong = FIRST_WRONG + SECOND
    model = in_turn(FIRST_WRONG + SECOND, twice_wrong, FIRST_RIGHT + SECOND)
    result = repaired(HASHING, verify, model)
    assert [attempt.accepted for attempt in result.attempts] == [False, True]
    told = model.asked[2][1][-1].content
    assert "could be applied, so it was not tried" in told
    assert "- block 1 (`hashing.py`): SEARCH does not stand" in told
    assert "give the whole edit again" in told
    assert "taken back" not in told
    assert "Look for the cause once more" not in told
    assert "100" not in told + result.attempts[0].reason


def test_of_an_edit_that_is_taken_back_the_agent_hears_what_could_not_be_applied(verify: Verify) -> None:
    other = render("main.py", ["print(rows(3))"], ["print(rows(4))"])
    model = in_turn(other + FIRST_WRONG, FIRST_WRONG, FIRST_RIGHT + SECOND)
    repaired(HASHING, verify, model)
    told = model.asked[2][1][-1].content
    assert "That edit was taken back" in told
    assert "Not in it, as it could not be applied: block 1 (`hashing.py`): SEARCH does not stand" in told


def test_a_commit_has_a_first_line_of_at_most_72_characters_that_ends_with_a_word(verify: Verify) -> None:
    history = Commits()
    tree = Tree({"main.py": b"print(int('the number of blocks of the sketch'))\n"})
    edit = render("main.py", [tree.text("main.py").strip()], ["print(len('the number of blocks of the sketch'))"])
    repaired(tree, verify, in_turn(edit), RepairSettings(reduce=False), history=history)
    (subject,) = [message.splitlines()[0] for _, message in history.made]
    assert len(subject) <= 72
    assert subject == "Mend ValueError: invalid literal for int() with base 10: 'the number …"


def test_each_run_of_the_reduction_says_what_it_leaves_out(verify: Verify) -> None:
    events: list[Event] = []
    result = repaired(HASHING, verify, in_turn(FIRST_RIGHT + SECOND), events=events)
    assert result.ending is Ending.verified
    labels = [str(event["label"]) for event in events if event["event"] == "verify_started"]
    assert [label for label in labels if "without" in label] == [
        "reducing, run 1: 1 of 2 hunks still there, without 2 (hashing.py)",
        "reducing, run 2: 1 of 2 hunks still there, without 1 (hashing.py)",
    ]


def test_an_answer_without_an_edit_is_an_attempt_that_failed(verify: Verify) -> None:
    tree = Tree({"main.py": b"print(y)\n"})
    settings = RepairSettings(max_attempts=1)
    result = repaired(tree, verify, in_turn("I am sorry.", "Still nothing."), settings)
    assert result.ending is Ending.budget
    assert "--max-attempts 1" in result.reason
    assert "no SEARCH/REPLACE block" in result.attempts[0].reason


def test_what_is_not_needed_is_taken_back(verify: Verify) -> None:
    tree = Tree({"main.py": b"a = 1\nb = 2\nc = 3\nprint(d)\n"})
    history = Commits()
    wide = "".join(
        [
            render("main.py", ["a = 1"], ["a = 10"]),
            render("main.py", ["c = 3"], ["c = 30", "e = 4"]),
            render("main.py", ["print(d)"], ["print(c)"]),
            render("extra.py", [], ["unused = 1"]),
        ]
    )
    result = repaired(tree, verify, in_turn(wide), history=history)
    assert result.tree.files == {"main.py": b"a = 1\nb = 2\nc = 3\nprint(c)\n"}
    assert result.lines.net.total == 5
    assert result.lines.reduced.total == 1
    assert result.reduction.minimal
    assert history.made[-1][1].startswith("Take back what was not needed")
    assert history.made[-1][0].digest() == result.tree.digest()


def test_a_reduced_repair_that_does_not_stand_the_replay_gives_way_to_the_whole_one(verify: Verify) -> None:
    def strict(tree: Tree, until: Rung) -> Verdict:
        verdict = verify(tree, until)
        if until is Rung.replays and verdict.verified and "extra.py" not in tree.files:
            return verdict.model_copy(update={"outcome": Outcome.failed, "rung": Rung.runs})
        return verdict

    tree = Tree({"main.py": b"print(d)\n"})
    edit = render("main.py", ["print(d)"], ["print(1)"]) + render("extra.py", [], ["unused = 1"])
    result = repaired(tree, strict, in_turn(edit))
    assert result.ending is Ending.verified
    assert "extra.py" in result.tree.files


def test_fixers_come_first_cost_nothing_and_need_no_model(verify: Verify) -> None:
    tree = Tree({"main.py": b"```python\nfrom collections import Mapping\nprint(Mapping)\n```\n"})
    result = repaired(tree, verify, None)
    assert result.ending is Ending.verified
    assert [attempt.origin for attempt in result.attempts] == ["fixer:code_fences", "fixer:collections_abc"]
    assert result.tree.files["main.py"] == b"from collections.abc import Mapping\nprint(Mapping)\n"


def test_without_a_model_the_loop_says_what_it_could_not_mend(verify: Verify) -> None:
    result = repaired(Tree({"main.py": b"print(y)\n"}), verify, None)
    assert result.ending is Ending.stalled
    assert "no model was asked" in result.reason
    assert "name 'y' is not defined" in result.reason


def test_a_file_that_was_never_code_is_written_again_and_counted_apart(verify: Verify) -> None:
    prose = (
        b"Here is the module you asked for.\nIt adds two numbers and returns them.\nLet me know what you think of it.\n"
    )
    tree = Tree({"main.py": b"from add import add\nprint(add(1, 2), z)\n", "add.py": prose})
    whole = "add.py\n```python\ndef add(a, b):\n    return a + b\n```\n"
    edit = render("main.py", ["print(add(1, 2), z)"], ["print(add(1, 2))"])
    model = in_turn(whole, edit)
    result = repaired(tree, verify, model)
    assert "No edit can mend `add.py`" in model.asked[0][1][-1].content
    assert result.ending is Ending.verified
    assert result.lines.rewritten == LineCount(python=3)
    assert result.lines.net == result.lines.gross == result.lines.reduced == LineCount(python=1)


@pytest.mark.parametrize(
    ("before", "wrong", "right"), [("print(1", "print(1", "print(1)"), ('x = 1\nprint("a', 'print("a', 'print("a")')]
)
def test_the_last_bracket_of_a_file_is_a_line_that_a_repair_counts(
    verify: Verify, before: str, wrong: str, right: str
) -> None:
    tree = Tree({"main.py": before.encode()})
    result = repaired(tree, verify, in_turn(render("main.py", [wrong], [right])))
    assert result.verdict.verified
    lines = result.lines
    assert lines.net == lines.gross == lines.reduced == LineCount(python=1)
    assert lines.rewritten == LineCount()
    found = lines_between(tree, result.tree)
    assert (found.net, found.rewritten) == (lines.net, lines.rewritten)


def test_a_repair_and_two_trees_say_the_same_of_a_file_written_again(verify: Verify) -> None:
    tree = Tree({"main.py": 6 * b"It prints what it is given.\n"})
    result = repaired(tree, verify, in_turn("main.py\n```python\nprint(1)\nprint(2)\n```\n"))
    assert result.verdict.verified
    found = lines_between(tree, result.tree)
    assert (found.net, found.rewritten) == (result.lines.net, result.lines.rewritten)
    assert result.lines.rewritten == LineCount(python=6)


def test_what_the_sandbox_withholds_ends_the_repair_and_is_named() -> None:
    def blocked(tree: Tree, until: Rung) -> Verdict:
        return Verdict(
            repository="r", tree=tree.digest(), rung=Rung.starts, outcome=Outcome.blocked, summary="needs MNIST",
            missing=(Missing(kind="data", what="MNIST", evidence="e"),),
        )  # fmt: skip

    result = repaired(Tree({"main.py": b"x = 1\n"}), blocked, in_turn())
    assert (result.ending, result.reason) == (Ending.blocked, "needs MNIST")


def test_a_failure_of_ours_is_never_taken_for_one_of_the_code(verify: Verify) -> None:
    def lost(tree: Tree, until: Rung) -> Verdict:
        if b"y" in tree.files["main.py"]:
            return verify(tree, until)
        return Verdict(
            repository="r", tree=tree.digest(), rung=Rung.none, outcome=Outcome.infrastructure, summary="no daemon"
        )

    model = in_turn(render("main.py", ["print(y)"], ["print(1)"]))
    result = repaired(Tree({"main.py": b"print(y)\n"}), lost, model)
    assert (result.ending, result.reason) == (Ending.infrastructure, "no daemon")
    assert result.attempts == ()


def test_a_budget_that_ends_keeps_what_was_reached(verify: Verify) -> None:
    class Poor(ScriptedModel):
        def ask(self, step: str, messages: Sequence[Message]) -> Reply:
            if step == "debug/2":
                raise BudgetExceeded("--max-cost 0.10 would be passed")
            return super().ask(step, messages)

    model = Poor({"debug/1": [CHAIN_EDITS[0]]})
    result = repaired(CHAIN, verify, model)
    assert result.ending is Ending.budget
    assert "--max-cost" in result.reason
    assert b"total(values))" in result.tree.files["main.py"]
    assert len(result.attempts) == 1


def test_an_agent_that_finds_the_code_innocent_twice_is_believed(verify: Verify) -> None:
    answer = "UNREPAIRABLE: the data set is not public"
    result = repaired(Tree({"main.py": b"print(y)\n"}), verify, in_turn(answer, answer))
    assert result.ending is Ending.stalled
    assert "the data set is not public" in result.reason
    assert result.verdict.missing == ()
    assert [(one.accepted, one.gave_up) for one in result.attempts] == [(False, True)] * 2


def test_a_setting_that_the_repair_made_smaller_is_part_of_the_result(verify: Verify) -> None:
    tree = Tree({"main.py": b"epochs = 10\nassert epochs < 5\n"})
    result = repaired(tree, verify, in_turn(render("main.py", ["epochs = 10"], ["epochs = 2"])))
    assert result.ending is Ending.verified
    assert [(one.file, one.name, one.before, one.after) for one in result.made_smaller] == [
        ("main.py", "epochs", 10, 2)
    ]


def test_so_is_one_of_a_file_that_the_repair_made_itself(verify: Verify) -> None:
    tree = Tree({"main.py": b"import json\nsettings = json.load(open('c.json'))\nassert settings['epochs'] < 5\n"})
    made = render("c.json", [], ['{"epochs": 10}'])
    result = repaired(tree, verify, in_turn(made, render("c.json", ['{"epochs": 10}'], ['{"epochs": 2}'])))
    assert result.ending is Ending.verified
    assert [(one.file, one.before, one.after) for one in result.made_smaller] == [("c.json", 10, 2)]


NO_DATA = Tree(
    {"main.py": b"import sys\ntry:\n    rows = open('data/wmt.en').read()\nexcept OSError:\n    print('File not found: "
     b"data/wmt.en', file=sys.stderr)\n    rows = ''\ntotals = {}\nprint(totals['rows'])\n"}
)  # fmt: skip


def test_where_it_names_a_file_that_the_run_missed_as_well_the_repair_is_blocked_and_says_what_is_missing(
    verify: Verify,
) -> None:
    first, second = "UNREPAIRABLE: the corpus is not public", "UNREPAIRABLE: the corpus `data/wmt.en` is not here."
    result = repaired(NO_DATA, verify, in_turn(first, second))
    assert result.ending is Ending.blocked
    assert result.reason.startswith("it needs data that the repository does not have: data/wmt.en; the debugging agent")
    assert result.reason.endswith("`data/wmt.en` is not here. Supply it, or say with --smoke what runs without")
    assert [(one.kind, one.what) for one in result.verdict.missing] == [("data", "data/wmt.en")]
    assert result.verdict.outcome is Outcome.failed, "what the sandbox saw stays what it saw"


def test_but_not_where_one_conversation_still_sees_something_to_mend(verify: Verify) -> None:
    model = in_turn("UNREPAIRABLE: `data/wmt.en` is not here", *["I would look at totals."] * 4)
    result = repaired(NO_DATA, verify, model)
    assert result.ending is Ending.stalled
    assert result.verdict.missing == ()


def test_an_edit_that_brings_back_a_mended_failure_is_refused(verify: Verify) -> None:
    back = render("main.py", ["    values = [1, 2, 3]"], ["    print(valeus)"])
    model = in_turn(CHAIN_EDITS[0], back, CHAIN_EDITS[1], CHAIN_EDITS[2])
    result = repaired(CHAIN, verify, model)
    assert [attempt.accepted for attempt in result.attempts] == [True, False, True, True]


def test_an_interrupted_repair_goes_the_same_way_without_running_anything_again(verify: Verify, tmp_path: Path) -> None:
    runs: list[str] = []

    def counted(tree: Tree, until: Rung) -> Verdict:
        runs.append(tree.digest())
        return verify(tree, until)

    first = repaired(CHAIN, counted, in_turn(*CHAIN_EDITS), verdicts=tmp_path / "verdicts")
    made = len(runs)
    second = repaired(CHAIN, counted, in_turn(*CHAIN_EDITS), verdicts=tmp_path / "verdicts")
    assert len(runs) == made
    assert second.tree == first.tree
    assert second.lines == first.lines
    assert second.runs == 0


@pytest.mark.parametrize("size", [3, 40])
def test_the_prompt_is_bounded(verify: Verify, size: int) -> None:
    body = b"".join(b"value_%d = 'some text that takes room in the prompt'\n" % n for n in range(size * 100))
    tree = Tree({"main.py": body + b"print(missing)\n" + body})
    model = in_turn(render("main.py", ["print(missing)"], ["print(1)"]))
    settings = RepairSettings(max_prompt_chars=30_000)
    result = repaired(tree, verify, model, settings)
    assert result.ending is Ending.verified
    prompt = "".join(message.content for message in model.asked[0][1])
    assert len(prompt) <= 30_000
    assert "print(missing)" in prompt
