"""The public set of broken repositories: every fault is what its case says, and so is its known fix."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks import broken_replies, broken_section, broken_set
from benchmarks.broken_set import CASES, CLASSES, HOME, Case, FirstVerdict, cases, write_set
from p2c.bench.manifest import read_manifest
from p2c.bench.result import bench_of
from p2c.bench.row import Row
from p2c.errors import UsageError
from p2c.model.recorded import Recording
from p2c.repair.lines import baseline_lines
from p2c.types import LineCount, LinesModified
from sandbox import Limits, Sandbox, Settings, Verdict, verify
from sandbox.tree import Tree
from sandbox.verdict import Outcome

EXAMPLES = {
    "names": "name-import-forgotten",
    "shapes": "shape-range-arithmetic",
    "syntax": "syntax-fences",
    "withheld": "withheld-key",
}
"""One of a class; all cases, and their known fixes, run in `make bench`."""
EVERY = pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)


def _named(name: str) -> Case:
    return next(case for case in cases() if case.name == name)


def test_there_are_enough_of_them_in_enough_classes() -> None:
    counted = Counter(case.kind for case in cases())
    assert len(cases()) >= 56
    assert set(counted) == set(CLASSES)
    assert len(counted) >= 12
    assert min(counted.values()) >= 4


@EVERY
def test_a_repository_is_small_and_its_known_fix_has_the_lines_that_are_said(case: Case) -> None:
    broken = case.broken()
    assert 2 <= len(broken.files) <= 10
    without_data = Tree({path: content for path, content in broken.files.items() if not path.startswith("data/")})
    assert 40 <= baseline_lines(without_data).total <= 250
    if case.ending != "verified":
        assert case.minimum == 0
        return
    assert case.known_fix().total == case.minimum
    assert case.minimum > 0 or case.rewritten
    assert case.fixed().digest() != broken.digest()


@EVERY
def test_a_case_says_what_was_done_and_names_no_machine(case: Case) -> None:
    patches = b"".join(patch.read_bytes() for patch in case.folder.glob("*.patch"))
    assert case.fault
    assert {file.name for file in case.folder.iterdir()} <= {"case.toml", "fault.patch", "fix.patch"}
    assert not re.search(rb"/(root|tmp|work|Users)/", patches)


def test_every_case_has_its_folder_and_every_base_is_used() -> None:
    assert {case.name for case in cases()} == {folder.name for folder in CASES.iterdir()}
    assert {case.base for case in cases()} == {folder.name for folder in (HOME / "bases").iterdir()}


def test_the_manifest_of_the_set_is_one_that_the_bench_reads(tmp_path: Path) -> None:
    replies = tmp_path / "replies"
    (replies / "name-import-forgotten").mkdir(parents=True)
    chosen = [_named(name) for name in ("name-import-forgotten", "withheld-key", "withheld-command")]
    entries = {entry.name: entry for entry in read_manifest(write_set(tmp_path, chosen, replies)).entries}
    recorded, blocked, without = (entries[case.name] for case in chosen)
    assert (recorded.minimum, recorded.options.class_, recorded.recorded) == (1, "names", replies / recorded.name)
    assert recorded.options.expect_first_rung == "starts"
    assert (blocked.minimum, blocked.options.expect, blocked.options.no_model) == (None, "blocked", True)
    assert (without.options.smoke, without.options.expect) == (None, "stalled")
    assert Tree.read(recorded.path) == chosen[0].broken()


def test_a_set_for_a_model_of_ones_own_names_no_replies(tmp_path: Path) -> None:
    entries = read_manifest(write_set(tmp_path, cases())).entries
    assert len(entries) == len(cases())
    assert not any(entry.recorded or entry.options.no_model for entry in entries)


def test_the_command_writes_folders_and_refuses_one_that_is_not_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert broken_set.main(["--to", str(tmp_path / "set"), "--class", "state"]) == 0
    written = {folder.name for folder in (tmp_path / "set").iterdir()}
    assert written == {"manifest.toml", *(case.name for case in cases() if case.kind == "state")}
    assert broken_set.main(["--to", str(tmp_path / "fixed"), "--class", "state", "--fixed"]) == 0
    assert Tree.read(tmp_path / "fixed" / "state-generator") == _named("state-generator").fixed()
    with pytest.raises(SystemExit, match="2"):
        broken_set.main(["--to", str(tmp_path / "set")])
    assert "is not empty" in capsys.readouterr().err


def test_a_patch_is_applied_byte_for_byte() -> None:
    table = _named("reading-cp1252").broken().files["data/wines.csv"]
    assert "Côtes du Rhône".encode("cp1252") in table
    assert b"\r" not in table


@pytest.mark.docker
def test_a_fault_fails_as_its_case_says_and_runs_with_the_known_fix() -> None:
    chosen = [_named(EXAMPLES[kind]) for kind in ("syntax", "names", "withheld")]
    with Sandbox.open(Settings()) as sandbox, ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda case: _verdict(case, sandbox), chosen)
        seen = {case.name: broken_set.first_verdict(verdict) for case, verdict in zip(chosen, found, strict=True)}
    assert seen == {case.name: case.first for case in chosen}
    fixes = broken_section.verify_fixes(chosen)
    assert len(fixes) == len(chosen) - 1
    assert [name for name, verdict in fixes.items() if not verdict.verified] == []


def _verdict(case: Case, sandbox: Sandbox) -> Verdict:
    settings = Settings(smoke=case.smoke or None, limits=Limits(wall_seconds=60))
    return verify(case.broken(), settings, sandbox=sandbox)


def _row(case: Case, lines: int | None, **changed: object) -> Row:
    count = LineCount(python=lines or 0)
    given: dict[str, object] = {
        "name": case.name,
        "kind": "repository",
        "group": case.kind,
        "tags": (),
        "path": case.name,
        "end": "verified",
        "message": "",
        "first_rung": case.first.rung,
        "first_outcome": case.first.outcome,
        "rung": "replays",
        "outcome": "passed",
        "lines": LinesModified(baseline_lines=100, net=count, gross=count, reduced=count),
        "share": (lines or 0) / 100,
        "minimum": case.minimum,
        **changed,
    }
    return Row.model_validate(given)


def _firsts(chosen: list[Case]) -> dict[str, FirstVerdict | None]:
    return {**dict.fromkeys(case.name for case in cases()), **{case.name: case.first for case in chosen}}


def _unprinted(chosen: list[Case]) -> dict[str, bool | None]:
    return dict.fromkeys(case.name for case in chosen)


def _fixes(chosen: list[Case]) -> Mapping[str, Verdict]:
    passed = Verdict.model_validate(
        {"repository": "r", "tree": "t", "rung": 4, "outcome": Outcome.passed, "summary": "It ran."}
    )
    return {case.name: passed for case in chosen}


def test_the_section_says_per_class_what_was_repaired_with_how_many_lines() -> None:
    chosen = [_named(name) for name in ("names", "shapes") for name in (EXAMPLES[name],)]
    edits = {"accepted": 1, "refused": 1}
    rows = [_row(chosen[0], 3, model_edits=edits), _row(chosen[1], 1, fixers={"accepted": 1})]
    made = bench_of("t", "m", rows, jobs=1, max_cost_usd=None, interrupted=False)
    section = broken_section.section(
        chosen, made, _fixes(chosen), {chosen[0].name: False, chosen[1].name: True}, _firsts(chosen)
    )
    assert section.tables[0].rows == (
        ("names", "1", "1", "1 of 1", "3", "1", "0 of 1", "0 of 0", "1 of 2", "0 of 1"),
        ("shapes", "1", "1", "1 of 1", "1", "1", "1 of 1", "1 of 1", "0 of 0", "1 of 1"),
        ("all", "2", "2", "2 of 2", "4", "2", "1 of 2", "1 of 1", "1 of 2", "1 of 2"),
    )
    assert any("name-import-forgotten 3 (1)" in note for note in section.notes)
    assert any("prints something else" in note and "name-import-forgotten" in note for note in section.notes)
    assert [target.met for target in section.targets] == [True, True, True, False]


def test_a_repository_that_ended_otherwise_misses_the_target_and_is_named() -> None:
    case = _named("name-import-forgotten")
    unexpected = ("it ended as stalled, not verified",)
    rows = [_row(case, None, end="stalled", rung="starts", outcome="failed", unexpected=unexpected)]
    made = bench_of("t", "m", rows, jobs=1, max_cost_usd=None, interrupted=False)
    section = broken_section.section([case], made, _fixes([case]), {case.name: None}, _firsts([case]))
    assert section.targets[0].value == 0.0
    assert not section.targets[0].met
    assert section.targets[3].value is None
    assert any(note.startswith("name-import-forgotten: it ended as stalled") for note in section.notes)


def test_what_cannot_be_had_here_is_left_out_and_named() -> None:
    chosen = [_named("state-generator"), _named("state-second-backward")]
    rows = [_row(chosen[0], 1), _row(chosen[1], None, end="infrastructure", first_rung=None)]
    made = bench_of("t", "m", rows, jobs=1, max_cost_usd=None, interrupted=False)
    section = broken_section.section(chosen, made, _fixes(chosen), _unprinted(chosen), _firsts(chosen[:1]))
    assert [target.met for target in section.targets[:2]] == [True, True]
    assert any(note.startswith("state-second-backward: left out") for note in section.notes)


def test_a_process_that_failed_by_itself_is_left_out_of_nothing() -> None:
    chosen = [_named("state-generator"), _named("name-import-forgotten")]
    unexpected = ("it ended as infrastructure, not verified",)
    rows = [_row(chosen[0], 1), _row(chosen[1], None, end="infrastructure", first_rung=None, unexpected=unexpected)]
    made = bench_of("t", "m", rows, jobs=1, max_cost_usd=None, interrupted=False)
    section = broken_section.section(chosen, made, _fixes(chosen), _unprinted(chosen), _firsts(chosen[:1]))
    assert [(target.value, target.met) for target in section.targets[:2]] == [(0.5, False), (0.5, False)]
    assert any(note.startswith("name-import-forgotten: it ended as infrastructure") for note in section.notes)


def test_a_fault_that_fails_in_another_way_than_is_said_misses_the_target_and_is_named() -> None:
    case = _named("name-import-forgotten")
    made = bench_of("t", "m", [_row(case, 1)], jobs=1, max_cost_usd=None, interrupted=False)
    firsts = {case.name: case.first.model_copy(update={"exception": "TypeError"})}
    section = broken_section.section([case], made, _fixes([case]), _unprinted([case]), firsts)
    assert (section.targets[1].value, section.targets[1].met) == (0.0, False)
    assert any("its first verdict is" in note and "TypeError" in note for note in section.notes)


def _exchange(reply: str | None) -> str:
    message = {"role": "user", "content": "a question"}
    usage = {"calls": 1, "prompt_tokens": 10, "reply_tokens": 2}
    return json.dumps(
        {
            "key": "k",
            "step": "debug/1",
            "model": "m",
            "messages": [message],
            "reply": reply,
            "usage": usage,
            "seconds": 1,
        }
    )


def test_replies_are_kept_from_a_run_and_dropped_where_nothing_was_asked(tmp_path: Path) -> None:
    out, replies = tmp_path / "out", tmp_path / "replies"
    for name in ("asked", "not-asked"):
        (out / "runs" / name).mkdir(parents=True)
        (replies / name).mkdir(parents=True)
        (replies / name / "001-old.md").write_text("old")
    (replies / "not-in-the-run").mkdir()
    (out / "runs" / "asked" / "exchanges.jsonl").write_text(f"{_exchange(None)}\n{_exchange('an answer')}\n")
    assert broken_replies.keep(out, replies) == ("asked",)
    assert sorted(folder.name for folder in replies.iterdir()) == ["asked", "not-in-the-run"]
    assert [file.name for file in (replies / "asked").iterdir()] == ["001-debug-1.md"]
    assert Recording(replies / "asked").model == "m"


def test_a_folder_without_runs_has_no_replies_to_keep(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name the output folder of p2c bench"):
        broken_replies.keep(tmp_path, tmp_path / "replies")


def test_replies_that_are_recorded_belong_to_repositories_of_the_set() -> None:
    recorded = {folder.name for folder in broken_set.REPLIES.iterdir()} if broken_set.REPLIES.is_dir() else set()
    assert recorded <= {case.name for case in cases()}
