"""What of a run's output is shown as evidence."""

import traceback
from dataclasses import replace

import pytest

from sandbox.job import Output, RunResult
from sandbox.smoke.outcome import classify
from sandbox.smoke.printed import readable
from sandbox.tree import Tree
from sandbox.verdict import Ended

TREE = Tree({"main.py": b"import trainer\n" * 60, "trainer.py": b"x = 1\n" * 160})
RAISED = (
    'Traceback (most recent call last):\n  File "/workspace/trainer.py", line 9, in train\n    next(x)\nStopIteration\n'
)


def _run(stdout: str, stderr: str, ended: Ended = Ended.exited) -> RunResult:
    status = 1 if ended is Ended.exited else None
    return RunResult(ended, status, None, 20.0, 0.5, 1 << 20, Output(stdout.encode()), Output(stderr.encode()))


def _evidence(result: RunResult) -> str:
    failure = classify(result, TREE).failure
    assert failure is not None
    return failure.evidence


def test_what_was_logged_before_a_traceback_is_shown_with_it():
    logged = "".join(f"INFO - step {word}\n" for word in ("one", "two", "three", "four", "five", "six", "seven"))
    lost = "ERROR - File not found: data/wmt.src\n"
    shown = _evidence(_run("Loading the corpus.\n", logged + lost + RAISED))
    assert shown.startswith("Loading the corpus.\nINFO - step one")
    assert shown.endswith(f"{lost}\n{RAISED.rstrip()}")


def test_of_much_that_was_logged_the_last_ten_lines_are_shown():
    logged = "".join(f"INFO - {word * 3}\n" for word in "abcdefghijklmnop")
    shown = _evidence(_run("", logged + RAISED))
    assert "fff" not in shown
    assert shown.startswith("INFO - ggg\n")


@pytest.mark.parametrize("bar", ["Steps: {}%| 4/9", "  {}%|          | 0/10 [00:00<?, ?it/s]"])
def test_a_traceback_behind_a_progress_bar_stands_on_a_line_of_its_own(bar):
    shown = _evidence(_run("", f"\r{bar.format(0)}\r{bar.format(50)}" + RAISED))
    assert shown == f"{bar.format(50)}\n\n{RAISED.rstrip()}"


def _group(*members: Exception) -> str:
    with pytest.raises(ExceptionGroup) as raised:
        raise ExceptionGroup("two are wrong", members)
    return "".join(traceback.format_exception(raised.value))


def test_an_exception_group_is_shown_once_with_its_members_below_what_was_logged_before():
    shown = _evidence(_run("", "INFO - begun\n" + _group(ValueError("no rate"), KeyError("lr"))))
    assert shown.startswith("INFO - begun\n\nException Group Traceback (most recent call last):\n  File ")
    assert shown.endswith("ExceptionGroup: two are wrong (2 sub-exceptions)\n\nValueError: no rate\n\nKeyError: 'lr'")
    assert shown.count("Traceback") == 1


def test_of_a_group_of_exceptions_that_were_raised_each_traceback_is_shown_once():
    members = []
    for wrong in (ValueError("no rate"), KeyError("lr")):
        with pytest.raises(type(wrong)) as raised:
            raise wrong
        members.append(raised.value)
    shown = _evidence(_run("", _group(*members)))
    assert shown.endswith("\nKeyError: 'lr'")
    assert [shown.count(word) for word in ("ValueError: no rate", "KeyError: 'lr'", "2 sub-exceptions")] == [1, 1, 1]


def test_the_exception_that_led_to_another_one_is_shown():
    first = RAISED.replace("StopIteration", "KeyError: 'lr'") + "\nDuring handling of the above exception, another:\n\n"
    assert "KeyError: 'lr'" in _evidence(_run("", first + RAISED))


def test_a_progress_bar_is_shown_as_it_stood_last():
    bar = "".join(f"\rTraining:  {n}%|{'█' * n}| {n}/20 [00:0{n}<00:01, loss={n}.5]" for n in range(9))
    assert readable(f"Begun.\n{bar}\nDone.\n").splitlines() == [
        "Begun.",
        "Training:  8%|████████| 8/20 [00:08<00:01, loss=8.5]",
        "Done.",
    ]


def test_of_lines_that_differ_in_numbers_alone_the_last_one_and_their_number_are_shown():
    said = "".join(f"ERROR: no import\nWARNING: sample {n} failed\n" for n in range(500)) + "{\n}\n{\n}\n"
    assert readable(said).splitlines() == [
        "ERROR: no import  [500 lines like this]",
        "WARNING: sample 499 failed  [500 lines like this]",
        *"{}{}",
    ]


def test_a_cut_end_begins_with_a_whole_line():
    assert readable("alpha beta\ngamma delta\nepsilon zeta", 20) == "epsilon zeta"


def test_where_a_run_was_when_it_was_ended_is_shown_without_what_the_interpreter_adds():
    stacks = (
        "Fatal Python error: Aborted\n\nCurrent thread 0x2 (most recent call first):\n"
        '  File "/workspace/trainer.py", line 3 in train\n  File "/workspace/main.py", line 9 in <module>\n'
        "\nExtension modules: numpy._core._multiarray_umath, torch._C (total: 188)\n"
    )
    shown = _evidence(replace(_run("epoch 1\n", "", Ended.wall), stacks=stacks))
    assert shown.splitlines() == [
        "epoch 1",
        "",
        "Where it was when it was ended:",
        '  File "main.py", line 9, in <module>',
        "    import trainer",
        '  File "trainer.py", line 3, in train',
        "    x = 1",
    ]


def test_a_crash_of_the_interpreter_is_shown_without_the_list_of_its_modules():
    report = (
        "Fatal Python error: Segmentation fault\n\nCurrent thread 0x2 (most recent call first):\n"
        '  File "/workspace/main.py", line 9 in <module>\n\nExtension modules: torch._C (total: 1)\n'
    )
    shown = _evidence(_run("", report))
    assert "line 9 in <module>" in shown
    assert "Extension modules" not in shown
