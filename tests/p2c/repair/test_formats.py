"""Blocks, or short files whole: what is asked for, what is taken, and when `auto` changes over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from p2c.cli import cli
from p2c.model.fake import ScriptedModel
from p2c.prompts import render
from p2c.repair.agent import DebuggingAgent, Proposal
from p2c.repair.formats import EDIT_NOTE, EditFormat, Formats, is_short
from p2c.repair.loop import repair_repository
from p2c.repair.settings import RepairSettings
from p2c.run.journal import Event, Journal
from p2c.types import Ending
from sandbox.tree import Tree
from sandbox.verdict import Failure, Frame, Outcome, Rung, Verdict

MAIN = b"import lib\n\n# The sum.\nprint(lib.total([1, 2]))\n"
LIB = b"def total(numbers):\n    # Of all.\n    return sums(numbers)\n"
LONG = b"".join(b"x%d = %d\n" % (n, n) for n in range(400))
TREE = Tree({"main.py": MAIN, "lib.py": LIB, "long.py": LONG})
WHOLE = "`sums` is no function.\n\nlib.py\n```python\ndef total(numbers):\n    return sum(numbers)\n```\n"
MENDED = LIB.replace(b"sums", b"sum")
TALK = "Replace `sums` by `sum` in `lib.py`, line 2."
WRONG = "lib.py\n<<<<<<< SEARCH\n    return sums(values)\n=======\n    return sum(values)\n>>>>>>> REPLACE\n"
RIGHT = "lib.py\n<<<<<<< SEARCH\n    return sums(numbers)\n=======\n    return sum(numbers)\n>>>>>>> REPLACE\n"  # fmt: skip # noqa: E501


def failing(file: str = "lib.py", line: int = 2) -> Verdict:
    frame = Frame(file=file, line=line, function="total", code="return sums(numbers)", in_repository=True)
    failure = Failure(
        step="smoke", kind="exception", exception="NameError", message="name 'sums' is not defined", frames=(frame,),
        signature="s", file=file, line=line, evidence="NameError: name 'sums' is not defined",
    )  # fmt: skip
    return Verdict(
        repository="r", tree=TREE.digest(), rung=Rung.starts, outcome=Outcome.failed, summary="s", failure=failure
    )


class Talk:
    """An agent with scripted replies, and what was said to it and about it."""

    def __init__(self, edit_format: EditFormat, *replies: str) -> None:
        left = list(replies)
        self.model = ScriptedModel(lambda *_: left.pop(0))
        self.events: list[Event] = []
        settings = RepairSettings(edit_format=edit_format)
        self.agent = DebuggingAgent(self.model, settings, Journal(None, (self.events.append,)))

    def open(self, verdict: Verdict | None = None) -> Proposal:
        self.talk = self.agent.open(TREE, verdict or failing(), ())
        return self.talk.propose(1)

    def asked(self, index: int) -> str:
        return "\n".join(message.content for message in self.model.asked[index][1])

    @property
    def notes(self) -> list[str]:
        return [str(e["message"]) for e in self.events if str(e.get("message", "")).startswith(EDIT_NOTE)]


def test_whole_tells_the_form_with_an_example_and_shows_the_failing_short_file() -> None:
    talk = Talk("whole", WHOLE)
    proposal = talk.open()
    assert proposal.tree is not None
    assert proposal.tree.files["lib.py"] == MENDED
    said = talk.asked(0)
    assert "from the first line to the last, in one code fence" in said
    assert "class Trainer:" in said
    assert "    return sums(numbers)" in said
    assert "Short files, of which you give the whole where they must change: `lib.py`" in said
    assert talk.notes == []


def test_only_the_files_that_are_given_are_replaced() -> None:
    proposal = Talk("whole", WHOLE).open()
    assert proposal.tree is not None
    assert {p for p in TREE.files if TREE.files[p] != proposal.tree.files[p]} == {"lib.py"}


def test_what_is_not_short_stays_in_blocks() -> None:
    assert not is_short(LONG.decode())
    talk = Talk("whole", "UNREPAIRABLE: nothing")
    talk.open(failing("long.py", 200))
    assert "`long.py`. All others" not in talk.asked(0)
    rewritten = "\n".join(f"x{n} = {n + 1}" for n in range(400))
    edit = "long.py\n<<<<<<< SEARCH\nx7 = 7\n=======\nx7 = 8\n>>>>>>> REPLACE\n"
    talk = Talk("whole", f"long.py\n```python\n{rewritten}\n```\n", edit)
    proposal = talk.open()
    assert "more than a quarter of a long file" in talk.asked(1)
    assert proposal.tree is not None
    assert proposal.tree.files["long.py"] == LONG.replace(b"x7 = 7\n", b"x7 = 8\n")


def test_a_long_file_of_which_much_changes_is_sent_back_once_and_then_taken() -> None:
    rewritten = "\n".join(f"x{n} = {n + 1}" for n in range(400))
    answer = f"long.py\n```python\n{rewritten}\n```\n"
    proposal = Talk("auto", answer, answer).open()
    assert proposal.tree is not None
    assert proposal.tree.files["long.py"].decode() == rewritten + "\n"


def test_auto_begins_with_blocks_and_changes_over_after_two_malformed_replies() -> None:
    talk = Talk("auto", TALK, WRONG, WHOLE)
    refused = talk.open()
    assert refused.tree is None
    assert "Then give one or more SEARCH/REPLACE blocks" in talk.asked(0)
    talk.talk.not_applied(refused)
    proposal = talk.talk.propose(2)
    assert proposal.tree is not None
    assert proposal.tree.files["lib.py"] == MENDED
    assert "Then give the whole of each short file" in talk.asked(2)
    assert TALK not in talk.asked(2), "it is asked afresh: the old form is not there to be copied"
    (note,) = talk.notes
    assert "2 of 2 replies were malformed" in note


def test_who_gives_up_when_the_form_of_an_edit_is_to_be_corrected_does_not_manage_the_form() -> None:
    talk = Talk("auto", TALK, "UNREPAIRABLE: lib.py", WHOLE)
    refused = talk.open()
    assert not refused.unrepairable
    assert "the answer was `UNREPAIRABLE: lib.py`" in refused.reason
    talk.talk.not_applied(refused)
    assert talk.talk.propose(2).tree is not None
    assert len(talk.notes) == 1


@pytest.mark.parametrize("first", ["SHOW: lib.py", "SHOW: long.py"])
def test_a_file_that_stands_in_the_prompt_is_not_shown_again_and_none_is_twice(first: str) -> None:
    talk = Talk("auto", *([first] if "long" in first else []), "SHOW: lib.py", RIGHT)
    proposal = talk.open()
    assert proposal.tree is not None
    assert proposal.tree.files["lib.py"] == MENDED
    said = "files are shown once; give the edit" if "long" in first else "lib.py stands above; give the edit"
    assert said in talk.asked(len(talk.model.asked) - 1)


def test_auto_stays_with_blocks_where_one_in_two_replies_can_be_read() -> None:
    talk = Talk("auto", WRONG, RIGHT, WRONG, RIGHT)
    for number in (1, 2):
        assert talk.open().tree is not None, number
    assert talk.notes == []


def test_an_edit_that_does_not_mend_is_no_malformed_one() -> None:
    broken = RIGHT.replace("sum(numbers)\n>", "sum(numbers\n>")
    talk = Talk("auto", broken, broken)
    refused = talk.open()
    assert "no longer parses" in refused.reason
    talk.talk.not_applied(refused)
    assert talk.notes == []


def test_blocks_never_changes_over() -> None:
    talk = Talk("blocks", TALK, TALK, RIGHT)
    assert talk.open().tree is None
    talk.talk.not_applied(Proposal(None, "x", ("x",)))
    assert talk.talk.propose(2).tree is not None
    assert talk.notes == []
    assert "give the whole of each short file" not in talk.asked(2).lower()


def test_the_form_is_the_same_whatever_the_order_in_which_candidates_are_heard() -> None:
    for heard in ([True, True, False], [False, True, True], [True, False, True]):
        formats = Formats("auto", Journal(None, ()))
        for malformed in heard:
            formats.heard(malformed=malformed)
        assert formats.whole()
    once = Formats("auto", Journal(None, ()))
    once.heard(malformed=True)
    assert not once.whole()


def test_the_rules_for_blocks_do_not_speak_of_whole_files() -> None:
    assert "DELETE: path/to/file.py" in render("debug_system", whole=False)
    assert "RENAME: path/to/old.py -> path/to/new.py" in render("debug_system", whole=False)
    assert "short file" not in render("debug_system", whole=False)


def test_in_whole_the_guards_and_the_reduction_work_as_ever(verify: object) -> None:
    hiding = "lib.py\n```python\ndef total(numbers):\n    try:\n        return sums(numbers)\n    except Exception:\n        pass\n```\n"  # fmt: skip # noqa: E501
    more = "lib.py\n```python\nimport os\n\n\ndef total(numbers):\n    return sum(numbers)\n```\n"
    left = [hiding, more]
    events: list[Event] = []
    result = repair_repository(
        TREE,
        verify=verify,  # type: ignore[arg-type]
        model=ScriptedModel(lambda *_: left.pop(0)),
        settings=RepairSettings(edit_format="whole", smoke="python main.py"),
        journal=Journal(None, (events.append,)),
    )
    assert result.ending is Ending.verified, result.reason
    assert [attempt.accepted for attempt in result.attempts if attempt.origin == "model"] == [False, True]
    assert "hides the failure" in result.attempts[0].reason
    assert result.tree.files["lib.py"] == MENDED, "the import that was not needed is taken back, the comment kept"


def test_the_command_line_knows_the_three_forms(tmp_path: Path) -> None:
    for command in ("repair", "generate"):
        shown = CliRunner().invoke(cli, [command, "--help"]).output
        assert "--edit-format [blocks|whole|auto]" in " ".join(shown.split())
    assert json.dumps(RepairSettings().edit_format) == '"auto"'


@pytest.mark.parametrize("text", ["x\n" * 200, "x" * 8_001])
def test_long_is_by_lines_or_by_characters(text: str) -> None:
    assert not is_short(text)


def test_a_file_is_renamed_and_stays_so_beside_the_corrected_block() -> None:
    first = f"RENAME: long.py -> data.py\n\n{WRONG}"
    proposal = Talk("blocks", first, RIGHT).open()
    assert proposal.tree is not None
    assert set(proposal.tree.files) == {"main.py", "lib.py", "data.py"}
    assert proposal.tree.files["lib.py"] == MENDED
