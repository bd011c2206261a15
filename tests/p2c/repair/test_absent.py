"""What the agent says is missing is believed where it is so: not in the repository, and named by the run as well."""

from __future__ import annotations

import pytest

from p2c.repair.absent import confirmed
from sandbox.tree import Tree
from sandbox.verdict import EntryPoint, Failure, Frame, Outcome, Rung, Verdict

CLAIM = (
    "the training data `data/wmt.en` (WMT 2014 English-German sentence pairs), which `DatasetLoader.load_data` reads; "
    "without it there is no batch to train on."
)
SAID = "09:04:56,598 - ERROR - File not found: data/wmt.en\n"
LOADER = b"from tokenizers import Tokenizer\n\n\ndef load(root):\n    return Tokenizer.from_file(root + '/bpe.model')\n"


def failed(exception: str | None, message: str, evidence: str = "", *, step: str = "smoke") -> Verdict:
    frames = (Frame(file="loader.py", line=5, function="load", in_repository=True),) if exception else ()
    failure = Failure(
        step=step, kind="exception" if exception else "exit", exception=exception, message=message,
        file="loader.py", line=5, frames=frames, signature="s", evidence=evidence,
    )  # fmt: skip
    return Verdict(
        repository="r", tree="t", rung=Rung.starts, outcome=Outcome.failed, summary="it fails", failure=failure,
        entry=EntryPoint(command="python main.py", source="main.py"),
    )  # fmt: skip


def names(claim: str, verdict: Verdict, files: dict[str, bytes] | None = None) -> list[tuple[str, str]]:
    found = confirmed([claim], Tree({"loader.py": LOADER, **(files or {})}), verdict)
    return [(one.kind, one.what) for one in found]


def test_a_file_that_the_run_says_it_did_not_find_is_missing() -> None:
    assert names(CLAIM, failed("KeyError", "'train'", SAID)) == [("data", "data/wmt.en")]
    assert names("The input paper.json is not there.", failed(None, "empty", "cannot open paper.json")) == [
        ("data", "paper.json")
    ]


def test_a_note_that_it_was_not_found_is_enough_where_the_program_ended_itself_or_had_nothing_to_work_on() -> None:
    note = "data/wmt.en not found"
    assert names(CLAIM, failed("IndexError", "list index out of range", note)) == [("data", "data/wmt.en")]
    assert names(CLAIM, failed(None, "it ended with exit status 1", note)) == [("data", "data/wmt.en")]
    assert names(CLAIM, failed("RuntimeError", f"{note}: see the README", note)) == [("data", "data/wmt.en")]


def test_so_is_one_that_the_code_reads_where_it_stopped_for_want_of_a_file() -> None:
    verdict = failed("Exception", "No such file or directory (os error 2)")
    claim = "the tokenizers `bpe.model` and `wordpiece.model` and the corpora"
    (found,) = confirmed([claim], Tree({"loader.py": LOADER}), verdict)
    assert (found.what, found.evidence) == ("bpe.model", "loader.py:5 reads /bpe.model")


def test_and_a_key_for_which_the_program_asks() -> None:
    verdict = failed(None, "Please set ACME_API_KEY first", "Please set ACME_API_KEY first")
    assert names("the key `ACME_API_KEY` of a service that costs money", verdict) == [("key", "ACME_API_KEY")]


@pytest.mark.parametrize(
    ("claim", "verdict", "files"),
    [
        # nothing is named
        ("the data set is not public", failed("KeyError", "'train'", SAID), {}),
        # nobody else names it
        ("`data/secret.csv` is not there", failed("KeyError", "'train'", SAID), {}),
        # the code names it, but what failed is something else
        ("`bpe.model` is not there", failed("KeyError", "'data_path'"), {}),
        ("`bpe.model` is not there", failed("TypeError", "load() takes 0 arguments but 1 was given"), {}),
        # it is there, under this path or another one
        (CLAIM, failed("KeyError", "'train'", SAID), {"data/wmt.en": b"a b c\n"}),
        (CLAIM, failed("KeyError", "'train'", SAID), {"corpora/wmt.en": b"a b c\n"}),
        # the program makes it itself
        (CLAIM, failed("KeyError", "'train'", SAID), {"prepare.py": b"open('data/wmt.en', 'w').write(text)\n"}),
        # a repository ships these
        ("`config.yaml` is missing", failed(None, "config.yaml not found", "config.yaml not found"), {}),
        ("`utils/helpers.py` is missing", failed(None, "x", "No such file or directory: 'utils/helpers.py'"), {}),
        # it went on without, as it said
        (CLAIM, failed("KeyError", "'train'", "data/wmt.en not found, using a built-in sample instead"), {}),
        # it noted that it found none, and an exception about something else ended it
        (CLAIM, failed("KeyError", "'lr'", "data/wmt.en not found"), {}),
        ("`ACME_API_KEY` is missing", failed("KeyError", "'lr'", "ACME_API_KEY not set"), {}),
        # the program makes it itself, by its name
        ("`cache.pkl` is missing", failed("IndexError", "list index out of range", "cache.pkl not found"), {}),
        ("`out/cached_pairs.npy`", failed("KeyError", "'x'", "ERROR: out/cached_pairs.npy not found"), {}),
        # a mistake in how the code is written
        (CLAIM, failed("NameError", "name 'x' is not defined", SAID), {}),
        (CLAIM, failed("SyntaxError", "invalid syntax", SAID, step="parse"), {}),
    ],
)
def test_a_claim_alone_confirms_nothing(claim: str, verdict: Verdict, files: dict[str, bytes]) -> None:
    assert names(claim, verdict, files) == []
