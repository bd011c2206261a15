"""A baseline that cannot be used is bad usage, said plainly."""

import json

import pytest

from p2c.errors import UsageError
from p2c.policy import read_baseline
from sandbox.verdict import Finding, Outcome, Rung, Verdict

FINDING = Finding(tool="ruff", code="F821", file="a.py", line=1, message="m", severity="fatal", text="z")
VERDICT = Verdict(repository="r", tree="t", rung=Rung.runs, outcome=Outcome.failed, summary="s", findings=(FINDING,))


def test_what_verify_wrote_is_read(tmp_path):
    path = tmp_path / "verdict.json"
    path.write_text(VERDICT.model_dump_json(indent=2))
    assert read_baseline(path) == VERDICT


def _changed(**changes):
    return json.dumps({**json.loads(VERDICT.model_dump_json()), **changes})


def _without_text():
    content = json.loads(VERDICT.model_dump_json())
    del content["findings"][0]["text"]
    return json.dumps(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is no JSON"),
        (b"\xff\xfe\x00", "is no JSON"),
        ("[]", "is no verdict of p2c verify"),
        ('{"a": 1}', "is no verdict of p2c verify"),
        (_changed(schema_version="2"), "has verdicts' schema '2', this p2c reads '1'"),
        (_changed(unknown=1), "was written by another version of p2c (unknown:"),
        (_changed(rung="high"), "was written by another version of p2c (rung:"),
        (_changed(findings=[1]), "was written by another version of p2c (findings"),
        (_changed(outcome="infrastructure"), "says nothing about the code"),
        (_without_text(), "was written by an older p2c, without the lines of code"),
    ],
)
def test_anything_else_is_bad_usage(tmp_path, content, said):
    path = tmp_path / "baseline.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError) as caught:
        read_baseline(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"absent\.json cannot be read: No such file"):
        read_baseline(tmp_path / "absent.json")
