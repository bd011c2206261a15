"""What a traceback says; most of them are printed by a real interpreter."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.traceback import failure_signature, mask, read_traceback
from sandbox.tree import Tree


def _tree(**files: str) -> Tree:
    return Tree({name.replace("__", "/") + ".py": text.encode() for name, text in files.items()})


def _stderr(tmp_path: Path, tree: Tree, *arguments: str) -> str:
    """What Python prints when it runs `main.py` of the tree, with the folder named as in a runner."""
    tree.write(tmp_path)
    done = subprocess.run(
        [sys.executable, *arguments, str(tmp_path / "main.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    return done.stderr.replace(str(tmp_path), "/workspace")


def test_the_frames_tell_repository_from_library(tmp_path):
    tree = _tree(main="import model\nmodel.run()\n", model="import json\ndef run():\n    json.loads('{')\n")
    found = read_traceback(_stderr(tmp_path, tree), tree)
    assert found is not None
    assert found.exception == "json.decoder.JSONDecodeError"
    assert [(f.file, f.line, f.function) for f in found.frames[:2]] == [
        ("main.py", 2, "<module>"),
        ("model.py", 3, "run"),
    ]
    assert not found.frames[-1].in_repository
    assert found.deepest is not None
    assert (found.deepest.file, found.deepest.code) == ("model.py", "json.loads('{')")


@pytest.mark.parametrize(
    ("source", "exception", "message"),
    [
        ("try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('outer') from e\n", "ValueError", "outer"),
        ("try:\n    {}['a']\nexcept KeyError:\n    print(undefined)\n", "NameError", "name 'undefined' is not defined"),
        ("assert 1 == 2\n", "AssertionError", ""),
        (
            "raise RuntimeError('two words:\\n\\tsize mismatch for fc1')\n",
            "RuntimeError",
            "two words: size mismatch for fc1",
        ),
        ("def f():\n    class E(Exception): pass\n    raise E('x')\nf()\n", "f.<locals>.E", "x"),
        ("import logging\nlogging.info('%d')\nx = (1\n   / 0)\n", "ZeroDivisionError", "division by zero"),
    ],
)
def test_the_exception_raised_last_is_the_failure(tmp_path, source, exception, message):
    tree = _tree(main=source)
    found = read_traceback(_stderr(tmp_path, tree), tree)
    assert found is not None
    assert (found.exception.removeprefix("__main__."), found.message) == (exception, message)
    assert found.deepest is not None
    assert found.deepest.file == "main.py"


def test_a_syntax_error_is_placed_in_the_file_that_has_it(tmp_path):
    tree = _tree(main="import broken\n", broken="x = 1\ndef f(:\n    pass\n")
    found = read_traceback(_stderr(tmp_path, tree), tree)
    assert found is not None
    assert found.deepest is not None
    assert (found.exception, found.deepest.file, found.deepest.line) == ("SyntaxError", "broken.py", 2)


def test_a_script_that_does_not_compile_prints_no_header_and_is_read_all_the_same(tmp_path):
    tree = _tree(main="x = 1\n  y = 2\n")
    found = read_traceback(_stderr(tmp_path, tree), tree)
    assert found is not None
    assert found.deepest is not None
    assert (found.exception, found.deepest.line) == ("IndentationError", 2)


def test_recursion_is_cut_short(tmp_path):
    tree = _tree(main="def f(n):\n    return f(n + 1)\nf(0)\n")
    found = read_traceback(_stderr(tmp_path, tree), tree)
    assert found is not None
    assert found.exception == "RecursionError"
    assert found.frames[-1].function == "f"


def test_the_last_exception_of_a_group_with_a_traceback_is_taken(tmp_path):
    source = (
        "def inner():\n    raise ValueError(7)\n"
        "try:\n    inner()\nexcept ValueError as e:\n    first = e\n"
        "raise ExceptionGroup('g', [first, KeyError('x')])\n"
    )
    tree = _tree(main=source)
    found = read_traceback(_stderr(tmp_path, tree), tree)
    assert found is not None
    assert (found.exception, found.message) == ("ValueError", "7")
    assert found.deepest is not None
    assert found.deepest.function == "inner"


def test_a_traceback_inside_a_worker_s_message_is_nearer_to_the_cause():
    tree = _tree(data="def get():\n    return {}['k']\n")
    text = (
        'Traceback (most recent call last):\n  File "/workspace/main.py", line 9, in <module>\n    for x in loader:\n'
        "KeyError: Caught KeyError in DataLoader worker process 0.\nOriginal Traceback (most recent call last):\n"
        '  File "/store/envs/k/lib/worker.py", line 300, in _loop\n    data = fetch()\n'
        '  File "/workspace/data.py", line 2, in get\n    return {}["k"]\n           ~~^^^^^\nKeyError: \'k\'\n'
    )
    found = read_traceback(text, tree)
    assert found is not None
    assert found.message == "'k'"
    assert found.deepest is not None
    assert (found.deepest.file, found.deepest.line) == ("data.py", 2)


def test_an_exception_that_python_ignored_is_passed_over():
    text = (
        'Traceback (most recent call last):\n  File "/workspace/main.py", line 1, in <module>\n'
        "    f()\nValueError: real\n"
        "Exception ignored in: <function A.__del__ at 0x7f>\nTraceback (most recent call last):\n"
        '  File "/workspace/main.py", line 5, in __del__\nAttributeError: ignored\n'
    )
    found = read_traceback(text, _tree(main="f()\n"))
    assert found is not None
    assert found.exception == "ValueError"


@pytest.mark.parametrize(
    ("head", "frame"),
    [
        ("Traceback (most recent call last):", '  File "/workspace/main.py", line {}, in f'),
        (
            "Fatal Python error: x\n\nCurrent thread 0x1 (newest call first):",
            '  File "/workspace/main.py", line {} in f',
        ),
    ],
)
def test_a_line_number_that_a_program_prints_without_end_breaks_no_reader(head, frame):
    text = "\n".join([head, frame.format(1), frame.format("7" * 5000), "ValueError: x", ""])
    found = read_traceback(text, _tree(main="f()\n"))
    assert found is not None
    assert [frame.line for frame in found.frames] == [1]


def test_a_crash_of_the_interpreter_has_frames_too(tmp_path):
    tree = _tree(main="import ctypes\ndef peek():\n    ctypes.string_at(0)\npeek()\n")
    found = read_traceback(_stderr(tmp_path, tree, "-X", "faulthandler"), tree)
    assert found is not None
    assert (found.exception, found.message) == ("Fatal Python error", "Segmentation fault")
    assert found.deepest is not None
    assert (found.deepest.function, found.deepest.code) == ("peek", "ctypes.string_at(0)")


def test_colours_are_taken_off():
    text = (
        'Traceback (most recent call last):\n  File "/workspace/main.py", line 1, in f\n\x1b[31mValueError\x1b[0m: no\n'
    )
    found = read_traceback(text, _tree(main="x\n"))
    assert found is not None
    assert (found.exception, found.frames[0].code) == ("ValueError", "x")


def test_a_header_behind_a_progress_bar_that_begins_with_a_space_is_one_and_an_indented_header_is_none():
    raised = 'Traceback (most recent call last):\n  File "/workspace/main.py", line 1, in f\n    x\nValueError: no\n'
    tree = _tree(main="x\n")
    found = read_traceback(f"\r  0%|          | 0/10 [00:00<?, ?it/s]{raised}", tree)
    assert found is not None
    assert (found.exception, found.text) == ("ValueError", raised.rstrip())
    assert read_traceback(f"    {raised}", tree) is None


@pytest.mark.parametrize(
    "text", ["", "all is well\n", "Traceback (most recent call last):\n", "Traceback (most recent"]
)
def test_no_traceback_is_none(text):
    assert read_traceback(text, _tree(main="")) is None


def test_the_signature_survives_an_edit_above_the_failing_line_and_numbers_that_change(tmp_path):
    before = _tree(main="def f(n):\n    raise ValueError(f'{n} at {hex(n)} of /tmp/a{n}/x')\nf(3)\n")
    after = _tree(main="import os\n\ndef f(n):\n    raise ValueError(f'{n} at {hex(n)} of /tmp/a{n}/x')\nf(44)\n")
    first = read_traceback(_stderr(tmp_path, before), before)
    second = read_traceback(_stderr(tmp_path, after), after)
    assert first is not None
    assert second is not None
    assert first.message != second.message
    assert failure_signature(*first[:3]) == failure_signature(*second[:3])


def test_another_line_of_the_same_function_is_another_failure(tmp_path):
    one = _tree(main="def f(d):\n    d['a']\n    d['b']\nf({})\n")
    two = _tree(main="def f(d):\n    d['a']\n    d['b']\nf({'a': 1})\n")
    signatures = set()
    for tree in (one, two):
        found = read_traceback(_stderr(tmp_path, tree), tree)
        assert found is not None
        signatures.add(failure_signature(*found[:3]))
    assert len(signatures) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("shapes cannot be multiplied (4x8 and 9x2)", "shapes cannot be multiplied (16x8 and 1x22)"),
        ("<obj at 0x7f00>", "<obj at 0x7fff>"),
        ("No such file: '/tmp/a/b.csv'", "No such file: '/tmp/c/d.csv'"),
        ("at 2026-01-02 10:11:12", "at 2027-01-02T20:11:12Z"),
        ("run 123e4567-e89b-12d3-a456-426614174000", "run 00000000-e89b-12d3-a456-426614174000"),
    ],
)
def test_what_changes_from_run_to_run_is_masked(one, other):
    assert mask(one) == mask(other)


def test_names_are_not_masked():
    assert mask("name 'fc1' is not defined") != mask("name 'fc2' is not defined")
