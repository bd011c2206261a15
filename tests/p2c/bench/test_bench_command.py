"""`p2c bench` as a user runs it: real processes, a real engine, an endpoint on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import pytest

from p2c.bench.child import p2c
from p2c.bench.places import Places

KEY = "sk-live-4f9a8b7c6d5e4f3a2b1c0d9e"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A set of one repository."""
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "main.py").write_text("print(1)\n")
    (tmp_path / "set.toml").write_text('[[entries]]\nrepository = "one"\n')
    return tmp_path / "set.toml"


@contextmanager
def started(*words: object, cwd: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """`p2c bench` as a process."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "P2C_"))}
    with subprocess.Popen(
        [sys.executable, "-c", "from p2c.cli import main; main()", "bench", *map(str, words)],
        cwd=cwd,
        env={**plain, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ran(*words: object, cwd: Path, **environment: str) -> tuple[int, str, str]:
    """Its exit status and what it printed."""
    with started(*words, cwd=cwd, **environment) as process:
        out, err = process.communicate()
        return process.returncode, out, err


def test_bad_usage_is_told_before_anything_is_made(manifest: Path, p2c_command: Callable[..., Any]) -> None:
    folder, out = manifest.parent, manifest.parent / "out"
    for words, said in (
        ((manifest, "-o", folder / "one" / "out"), "would lie in"),
        ((manifest, "-o", out, "--only", "two"), "no entry"),
        ((manifest, "-o", out, "--again", "two"), "no entry"),
        ((folder / "none.toml", "-o", out), "cannot be read"),
        ((), "Missing argument"),
    ):
        done = p2c_command("bench", *words)
        assert done.status == 2, done
        assert said in done.stderr
    assert not out.exists()


def test_a_limit_of_cost_that_cannot_be_held_is_refused_at_the_start(
    manifest: Path, endpoint: Any, p2c_command: Callable[..., Any]
) -> None:
    done = p2c_command("bench", manifest, "-o", manifest.parent / "out", "--max-cost", "1", endpoint=endpoint)
    assert done.status == 2
    assert "entry 'one'" in done.stderr
    assert "P2C_PRICE" in done.stderr
    manifest.write_text('[[entries]]\nrepository = "one"\nmodel = "m"\n')
    done = p2c_command("bench", manifest, "-o", manifest.parent / "out")
    assert done.status == 2
    assert "no model is configured" in done.stderr
    assert not (manifest.parent / "out").exists()


def test_check_shows_what_would_run_and_runs_nothing(manifest: Path, p2c_command: Callable[..., Any]) -> None:
    done = p2c_command("bench", manifest, "-o", manifest.parent / "out", "--check")
    assert (done.status, done.stdout) == (0, "one: repository one, no model, verified is expected\n")
    assert not (manifest.parent / "out").exists()


def test_a_missing_engine_is_said_once_and_fails_no_code(manifest: Path) -> None:
    status, out, err = ran(manifest, "-o", "out", cwd=manifest.parent, DOCKER_HOST="unix:///nowhere/docker.sock")
    assert status == 3
    assert err.count("Error:") == 1
    assert "Traceback" not in err
    assert not out


def test_a_process_of_the_bench_ends_when_the_bench_is_gone(tmp_path: Path) -> None:
    child = [*p2c()[:-1], "PARENT", "bench", "--schema"]
    script = (
        "import os, subprocess, sys\n"
        f"words = [str(os.getpid()) if word == 'PARENT' else word for word in {child!r}]\n"
        "words[words.index('-m') : words.index('-m') + 2] = ['-c', 'import sys, time, runpy; sys.argv.pop(0);'\n"
        "    'import p2c.cli.child as c, signal; signal.signal(2, signal.default_int_handler);'\n"
        "    'c._end_with(int(sys.argv[0]));print(1, flush=True); time.sleep(100)']\n"
        "one = subprocess.Popen(words, start_new_session=True, stdout=subprocess.PIPE)\n"
        "one.stdout.readline(); print(one.pid, flush=True); os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    until = time.monotonic() + 20
    while Path(f"/proc/{int(done.stdout)}").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{int(done.stdout)}").exists()


@pytest.fixture
def two(tmp_path: Path, endpoint: Any, divides_by_zero: None) -> Path:
    """Two tiny repositories: one is mended by a fixer, one by the model; and what is expected of each."""
    for path, text in endpoint.tiny.code.items():
        (tmp_path / "divides" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "divides" / path).write_text(text)
    (tmp_path / "print").mkdir()
    (tmp_path / "print" / "main.py").write_text("def total(n):\n    return sum(range(n))\n\n\nprint total(9)\n")
    (tmp_path / "set.toml").write_text(
        'title = "Two"\n[defaults]\nmax-minutes = 5\nsmoke = "python main.py"\n'
        '[[entries]]\nrepository = "divides"\nclass = "model"\nminimum = 1\nsmoke = "python main.py --smoke"\n'
        '[[entries]]\nrepository = "print"\nclass = "fixer"\nno-model = true\nexpect-first-rung = "none"\n'
    )
    return tmp_path


@pytest.mark.docker
def test_a_bench_that_was_killed_goes_on_and_pays_for_nothing_twice(
    two: Path, endpoint: Any, docker_client: docker.DockerClient
) -> None:
    environment = {"OPENAI_BASE_URL": endpoint.url, "OPENAI_API_KEY": KEY, "P2C_MODEL": "tiny", "P2C_TRIES": "1"}
    environment["XDG_CACHE_HOME"] = str(two / "cache")  # it waits for no turn behind what else this machine verifies
    endpoint.delay = 0.3
    with started("set.toml", "-o", "out", "-q", "--jobs", "2", cwd=two, **environment) as first:
        endpoint.seen = lambda _run, _number: os.kill(first.pid, signal.SIGKILL)
        assert first.wait() == -signal.SIGKILL
    endpoint.seen = lambda _run, _number: None
    status, out, err = ran("set.toml", "-o", "out", "--jobs", "2", "--json", cwd=two, **environment)
    assert status == 0, (out, err)
    assert len(endpoint.prompts) == 1, "the answer that was under way is not paid for again"
    bench = json.loads(out)
    rows = {row["name"]: row for row in bench["rows"]}
    assert {row["end"] for row in rows.values()} == {"verified"}
    assert rows["divides"]["lines"]["reduced"] == {"python": 1, "other": 0}
    assert (rows["divides"]["model_edits"]["accepted"], rows["print"]["fixers"]["accepted"]) == (1, 1)
    by = bench["statistics"]["mended_by"]
    assert by == {"nothing": 0, "fixers": 1, "model": 1, "both": 0}
    assert bench["statistics"]["classes"][0]["at_minimum"] == 1
    places = Places(two / "out")
    assert not any(places.is_held(name) for name in rows)
    files = [path for path in (two / "out").rglob("*") if path.is_file()]
    assert not any(KEY.encode() in path.read_bytes() for path in files)
    before = len(endpoint.prompts)
    status, out, err = ran("set.toml", "-o", "out", cwd=two, **environment, DOCKER_HOST="unix:///nowhere.sock")
    assert status == 0, err
    assert "2 were finished before" in err
    assert len(endpoint.prompts) == before
    assert "Exit status 0: all 2 ended as expected." in out
