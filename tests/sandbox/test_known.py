"""Verdicts by key: what the key holds, what is kept and for how long, and what breaks nothing."""

import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox import known as module
from sandbox.known import Known, KnownVerdicts, is_final, verdict_key
from sandbox.settings import Limits, Settings
from sandbox.tree import Tree
from sandbox.verdict import Ended, Failure, Missing, Outcome, Rung, Verdict

TREE = Tree({"main.py": b"print(1)\n"})
VERDICT = Verdict(repository="a", tree=TREE.digest(), rung=Rung.replays, outcome=Outcome.passed, summary="s")


def _failed(**failure):
    told = Failure.model_validate({"step": "smoke", "kind": "exception", "message": "m", "signature": "s", **failure})
    return VERDICT.model_copy(update={"outcome": Outcome.failed, "failure": told})


def test_a_verdict_is_known_again_under_the_name_that_is_asked_for(tmp_path):
    verdicts = KnownVerdicts(tmp_path / "new" / "folder")
    assert verdicts.get("k") is None
    verdicts.put("k", VERDICT)
    known = verdicts.get("k", "b")
    assert known is not None
    assert known.verdict == VERDICT.model_copy(update={"repository": "b"})
    assert abs((datetime.now(UTC) - known.since).total_seconds()) < 60
    verdicts.forget("k")
    assert verdicts.get("k") is None


@pytest.mark.parametrize(
    "changed",
    [
        {"tree": TREE.changed({"main.py": b"print(2)\n"})},
        {"tree": Tree(TREE.files, frozenset({"main.py"}))},
        {"tree": Tree(TREE.files, skipped={"data": "a link that leads out of the tree"})},
        {"settings": Settings(smoke="python main.py")},
        {"settings": Settings(replay=False)},
        {"settings": Settings(runtime="runsc")},
        {"settings": Settings(allow=frozenset({"b", "a"}))},
        {"settings": Settings(limits=replace(Limits(), wall_seconds=5))},
        {"until": Rung.imports},
        {"environ": {"DOCKER_HOST": "tcp://elsewhere"}},
        {"environ": {"PIP_INDEX_URL": "https://index.example/simple"}},
        {"environ": {"UV_DEFAULT_INDEX": "https://index.example/simple"}},
        {"environ": {"HTTPS_PROXY": "http://proxy.example"}},
    ],
)
def test_the_key_is_another_one_when_anything_changes_that_a_verdict_depends_on(changed):
    usual = {"tree": TREE, "settings": Settings(), "until": Rung.replays, "environ": {}}
    assert verdict_key(**usual) == verdict_key(**usual)
    assert verdict_key(**usual) != verdict_key(**(usual | changed))


def test_the_key_does_not_depend_on_the_order_of_a_set():
    names = [f"package-{n}" for n in range(50)]
    keys = {verdict_key(TREE, Settings(allow=frozenset(order))) for order in (names, names[::-1])}
    assert len(keys) == 1


def test_the_key_holds_the_sandbox_s_own_files(monkeypatch):
    before = verdict_key(TREE, Settings())
    monkeypatch.setattr(module, "_own_digest", lambda: "another version")
    assert verdict_key(TREE, Settings()) != before


@pytest.mark.parametrize(
    ("verdict", "final"),
    [
        (VERDICT, True),
        (_failed(), True),
        (_failed(kind="limit", limit=Ended.memory), True),
        (_failed(kind="limit", limit=Ended.wall), False),
        (_failed(kind="limit", limit=Ended.idle), False),
        (_failed(kind="flaky"), False),
        (VERDICT.model_copy(update={"outcome": Outcome.infrastructure}), False),
    ],
)
def test_only_what_another_run_would_say_again_is_kept(tmp_path, verdict, final):
    assert is_final(verdict) is final
    verdicts = KnownVerdicts(tmp_path)
    verdicts.put("k", verdict)
    assert (verdicts.get("k") is not None) is final


@pytest.mark.parametrize(
    ("age", "missing", "there"),
    [
        (timedelta(hours=23), (), True),
        (timedelta(hours=25), (), False),
        (timedelta(minutes=-5), (), False),
        (timedelta(hours=2), (Missing(kind="package", what="apex", evidence=""),), False),
        (timedelta(hours=2), (Missing(kind="system", what="libGL.so.1", evidence=""),), False),
        (timedelta(hours=2), (Missing(kind="data", what="x.csv", evidence=""),), True),
    ],
)
def test_a_verdict_is_kept_for_a_day_and_one_without_a_package_for_an_hour(tmp_path, age, missing, there):
    old = Known(since=datetime.now(UTC) - age, verdict=VERDICT.model_copy(update={"missing": missing}))
    (tmp_path / "k.json").write_text(old.model_dump_json())
    assert (KnownVerdicts(tmp_path).get("k") is not None) is there


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"since": 1}', b"[]", b'{"since":"x","verdict":{}}'])
def test_a_damaged_file_is_not_known_and_is_written_anew(tmp_path, content):
    (tmp_path / "k.json").write_bytes(content)
    verdicts = KnownVerdicts(tmp_path)
    assert verdicts.get("k") is None
    verdicts.put("k", VERDICT)
    assert verdicts.get("k") is not None


def test_the_oldest_go_when_there_are_too_many_or_too_large(tmp_path, monkeypatch):
    verdicts = KnownVerdicts(tmp_path)
    monkeypatch.setattr(module, "MAX_FILES", 3)
    for number in range(6):
        verdicts.put(f"k{number}", VERDICT)
        os.utime(tmp_path / f"k{number}.json", (number, number))
    verdicts.put("last", VERDICT)
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["k4", "k5", "last"]
    monkeypatch.setattr(module, "MAX_BYTES", 1)
    verdicts.put("only", VERDICT)
    assert [path.stem for path in tmp_path.iterdir()] == ["only"]


def test_a_folder_that_cannot_be_written_to_costs_nothing(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    verdicts = KnownVerdicts(blocked / "verdicts")
    verdicts.put("k", VERDICT)
    assert verdicts.get("k") is None


def test_many_at_once_see_whole_files_only(tmp_path):
    verdicts = KnownVerdicts(tmp_path)
    verdicts.put("k", VERDICT)
    lost = []

    def work(number):
        for _ in range(40):
            verdicts.put("k", VERDICT.model_copy(update={"notes": ("x" * 1000 * number,)}))
            if verdicts.get("k") is None:
                lost.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []
    assert [path.name for path in tmp_path.iterdir()] == ["k.json"]


def test_the_usual_folder_is_this_user_s_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert KnownVerdicts.of_user().folder == tmp_path / "p2c" / "verdicts"
