"""Data that a program did without until there was nothing to work on: by its own word, and by what is not there."""

from __future__ import annotations

import pytest

from sandbox.job import Output, RunResult
from sandbox.smoke.outcome import Judged, classify
from sandbox.smoke.script import Script
from sandbox.smoke.unread import unread_data
from sandbox.tree import Tree
from sandbox.verdict import Ended, Missing, Outcome

READS = b'import os\nSRC = os.path.join("data", "wmt.src")\n'
STOPPED = (
    'Traceback (most recent call last):\n  File "/workspace/main.py", line 2, in <module>\n    batch = next(batches)\n'
    "            ^^^^^^^^^^^^^\nStopIteration\n"
)
SAID = "21:04:56,598 - ERROR - File not found: data/wmt.src\n21:04:56,599 - INFO - Starting training...\n"


def judged(printed: str, files: dict[str, bytes] | None = None) -> Judged:
    result = RunResult(
        ended=Ended.exited, exit_status=1, signal=None, seconds=1.0, cpu_seconds=0.5, peak_memory_bytes=1 << 20,
        stdout=Output(b""), stderr=Output(printed.encode()), written=(),
    )  # fmt: skip
    return classify(result, Tree(files or {"main.py": READS}))


def raised(last: str) -> str:
    return f'Traceback (most recent call last):\n  File "/workspace/main.py", line 2, in main\n    f()\n{last}\n'


@pytest.mark.parametrize(
    "last",
    [
        "StopIteration",
        "ZeroDivisionError: division by zero",
        "ValueError: num_samples should be a positive integer value, but got num_samples=0",
        "ValueError: No objects to concatenate",
        "TypeError: 'NoneType' object is not subscriptable",
        "IndexError: list index out of range",
    ],
)
def test_a_program_that_said_that_its_data_is_not_there_and_went_on_until_there_was_nothing_lacks_the_data(last):
    found = judged(SAID + raised(last))
    assert (found.outcome, [(one.kind, one.what) for one in found.missing]) == (
        Outcome.blocked,
        [("data", "data/wmt.src")],
    )
    assert "File not found: data/wmt.src" in found.missing[0].evidence
    assert last in found.missing[0].evidence


@pytest.mark.parametrize(
    ("printed", "files"),
    [
        (STOPPED, None),  # it said nothing
        (SAID + raised("TypeError: forward() missing 1 required positional argument: 'mask'"), None),  # no emptiness
        (SAID + "Using synthetic data.\n" + STOPPED, None),  # it made up for it
        (SAID + STOPPED, {"main.py": READS, "data/wmt.src": b"a\n"}),  # it is there
        (SAID + STOPPED, {"main.py": b"open('data/wmt.src', 'w')\nx = next(iter(()))\n"}),  # it makes it itself
        (SAID.replace("data/wmt.src", "config/model_config.yaml") + STOPPED, None),  # what ships with code
        ("ERROR utils.data: no rows found\n" + STOPPED, {"main.py": READS, "utils/data.py": b"x = 1\n"}),  # a logger
    ],
)
def test_what_is_no_want_of_data_is_the_codes_own_fault(printed, files):
    assert judged(printed, files).outcome is Outcome.failed


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("paper.json", Outcome.blocked),
        ("data/wmt_2014_en_de.src", Outcome.blocked),
        ("paper_config.json", Outcome.failed),
        ("data/helpers.py", Outcome.failed),
        ("settings.json", Outcome.failed),
    ],
)
def test_a_file_that_a_program_says_it_could_not_read_is_data_by_its_name(path, outcome):
    said = f"ERROR - Failed to load from /workspace/{path}: [Errno 2] No such file or directory: '/workspace/{path}'\n"
    assert judged(f"{said}ERROR - It is empty or could not be loaded. Exiting.\n").outcome is outcome


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("Tokenizer.from_file(os.path.join(root, 'bpe.model'))", Outcome.blocked),
        ("Tokenizer.from_file(root)", Outcome.failed),
        ("model.save('bpe.model')", Outcome.failed),
    ],
)
def test_a_message_that_names_no_file_is_about_the_one_that_the_failing_line_reads(code, outcome):
    message = "Exception: No such file or directory (os error 2)"
    found = judged(raised(message).replace("f()", code))
    assert found.outcome is outcome
    assert [one.what for one in found.missing] == ["bpe.model"] * (outcome is Outcome.blocked)


KODAK = b'class Loader:\n    def __init__(self, root_dir: str = "./data/kodak"):\n        self.root_dir = root_dir\n'
NONE_LOADED = "INFO:__main__:Initializing DatasetLoader...\nERROR:__main__:No images loaded. Exiting.\n"


def unread(said: str, files: dict[str, bytes]) -> tuple[Missing, ...]:
    tree = Tree(files)
    return unread_data(said, tuple(Script.of(tree, path) for path in tree.python_files()), tree)


def test_a_run_that_did_nothing_for_want_of_images_names_the_folder_that_its_code_reads():
    (found,) = unread(NONE_LOADED, {"main.py": KODAK})
    assert (found.kind, found.what) == ("data", "./data/kodak")
    assert found.evidence == "ERROR:__main__:No images loaded. Exiting. (main.py:2)"


def test_or_the_one_that_its_configuration_names():
    files = {"main.py": b"print(1)\n", "config.yaml": b"# see https://x.org/data/kodak\ndata:\n  root: ./data/kodak\n"}
    (found,) = unread(NONE_LOADED, files)
    assert (found.what, found.evidence) == ("./data/kodak", f"{NONE_LOADED.splitlines()[1]} (config.yaml:3)")


def test_what_the_program_names_itself_comes_before_what_its_code_names():
    (found,) = unread("No images found in ./data/div2k", {"main.py": KODAK})
    assert found.what == "./data/div2k"


@pytest.mark.parametrize(
    ("said", "files"),
    [
        ("usage: main.py [--train]", {"main.py": KODAK}),  # it says nothing of data
        (NONE_LOADED, {"main.py": KODAK, "data/kodak/1.png": b"\x89PNG"}),  # it is there
        (NONE_LOADED, {"main.py": b"print('No images loaded.')\n"}),  # nothing is named
        ("ERROR: config.yaml not found. Exiting.", {"main.py": KODAK}),  # what is named is no data
        ("The module was not found. Exiting.", {"main.py": KODAK}),
        (NONE_LOADED, {"main.py": b'OUT = "./data/results"\n'}),  # what it writes to
        (NONE_LOADED + "Falling back to synthetic images", {"main.py": KODAK}),
    ],
)
def test_nothing_is_missing_where_the_program_does_not_say_so_or_all_is_there(said, files):
    assert unread(said, files) == ()
