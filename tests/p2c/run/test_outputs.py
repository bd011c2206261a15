"""What the smoke run wrote is kept beside the report, and never in the way of anything."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

import p2c.repair.sandboxed
from p2c.repair.sandboxed import verify_in
from p2c.run.folder import RunFolder
from p2c.run.journal import Journal
from p2c.run.outputs import keep_outputs, kept_outputs
from sandbox.controller import Sandbox
from sandbox.settings import Settings
from sandbox.tree import Tree
from sandbox.verdict import Rung


def test_files_lie_below_outputs_and_what_cannot_is_said(tmp_path: Path):
    with RunFolder.open(tmp_path / "run") as folder:
        (folder.path / "outputs/taken.png").mkdir(parents=True)
        keep_outputs(folder, {"taken.png": b"1", "results/figure.png": b"2"})
        assert (folder.path / "outputs/results/figure.png").read_bytes() == b"2"
        assert kept_outputs(folder, ("results/figure.png", "gone.csv")) == ("results/figure.png",)
        (note,) = [event["message"] for event in folder.journal.events() if event["event"] == "note"]
    assert "what the smoke run wrote to taken.png is not kept" in str(note)


def test_no_name_leads_out_of_it(tmp_path: Path):
    with RunFolder.open(tmp_path / "run") as folder, pytest.raises(ValueError, match="relative path"):
        keep_outputs(folder, {"../run.json": b"1"})


@pytest.mark.parametrize("verified", [True, False])
def test_only_what_a_verified_tree_wrote_in_a_run_that_decides_is_kept(verified: bool, monkeypatch: pytest.MonkeyPatch):
    def verify(_tree, *, keep, **_):
        if keep is not None:
            keep({"figure.png": b"1"})
        return SimpleNamespace(verified=verified)

    monkeypatch.setattr(p2c.repair.sandboxed, "verify", verify)
    kept: dict[str, bytes] = {}
    decides, quick = verify_in(Mock(spec=Sandbox, at_once=1), Settings(), "r", "/r", Journal(None), keep=kept.update)
    quick(Tree({}), Rung.runs)
    assert kept == {}
    decides(Tree({}), Rung.replays)
    assert kept == ({"figure.png": b"1"} if verified else {})
