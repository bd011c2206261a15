"""The metrics that a smoke run wrote, which may be anything."""

from __future__ import annotations

import pytest

from sandbox.job import Output, RunResult
from sandbox.ladder.smoke import _metrics
from sandbox.verdict import Ended, SmokeRun


def _read(content: bytes) -> dict[str, object]:
    result = RunResult(
        ended=Ended.exited,
        exit_status=0,
        signal=None,
        seconds=1.0,
        cpu_seconds=1.0,
        peak_memory_bytes=1,
        stdout=Output(b""),
        stderr=Output(b""),
        files={"metrics.json": content},
    )
    return _metrics(result, "metrics.json")


def test_metrics_are_an_object_and_a_list_becomes_one() -> None:
    assert _read(b'{"loss": 0.5, "each": [{"f1": [1, 2]}]}') == {"loss": 0.5, "each": [{"f1": [1, 2]}]}
    assert _read(b"[1, 2]") == {"metrics": [1, 2]}


@pytest.mark.parametrize("levels", [0, 20, 100, 200, 260, 900, 100_000])
def test_a_verdict_with_what_was_read_can_be_written_and_read_again(levels: int) -> None:
    metrics = _read(b'{"a": ' + b"[" * levels + b"1.5" + b"]" * levels + b"}")
    run = SmokeRun(
        command="x", ended=Ended.exited, exit_status=0, seconds=1, cpu_seconds=1, peak_memory_bytes=1, stdout="",
        stderr="", metrics=metrics,
    )  # fmt: skip
    assert SmokeRun.model_validate_json(run.model_dump_json()) == run
    assert bool(metrics) is (levels <= 20)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"nothing"])
def test_what_is_no_json_is_no_metrics(content: bytes) -> None:
    assert _read(content) == {}
