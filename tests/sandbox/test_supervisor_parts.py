"""The supervisor's parts, each by itself: patterns, head and tail, counters of both kinds, the filter's program."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.inside.confine import AIMED, CLONE, MACHINES, NEVER, SOCKET, program
from sandbox.inside.files import Wanted, choose, contents, translate, unpack
from sandbox.inside.frames import HEAD, LARGEST, Kind, frames
from sandbox.inside.kernel import CROWD, Counters, full, is_crowd, living, time_of_living
from sandbox.inside.seal import Seal
from sandbox.inside.streams import Capture, Outbox
from sandbox.inside.waiting import Waiting, has_work
from sandbox.runner.wire import ENGINE_HEAD, STDOUT, Frames


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.json", "a.json", True),
        ("*.json", "out/a.json", False),
        ("**/*.json", "a.json", True),
        ("**/*.json", "x/y/a.json", True),
        ("out/**", "out/x/y", True),
        ("out/**", "other/x", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[ab]c", "bc", True),
        ("[!ab]c", "bc", False),
        ("[!ab]c", "/c", False),
        ("a.c", "abc", False),
        ("a+(b", "a+(b", True),
        ("[", "[", True),
        ("a[", "a[", True),
        ("new\nline", "new\nline", True),
    ],
)
def test_patterns_match_whole_paths_and_stars_stay_in_a_name(pattern: str, path: str, matches: bool) -> None:
    assert bool(translate(pattern)(path)) is matches


NOTHING = Wanted([], [], 0)


def test_unpacking_refuses_what_leads_out_and_what_is_cut(tmp_path: Path) -> None:
    for path in ("/etc/x", "../x", "a/../../x"):
        with pytest.raises(ValueError, match="out of the tree"):
            unpack(io.BytesIO(b"x"), [(path, 1, 0o644)], str(tmp_path))
    with pytest.raises(EOFError):
        unpack(io.BytesIO(b"abc"), [("a", 4, 0o644)], str(tmp_path))
    with pytest.raises(OSError, match="exists"):
        unpack(io.BytesIO(b"ab"), [("b", 1, 0o644), ("b", 1, 0o644)], str(tmp_path))


def test_changed_files_are_found_although_their_size_is_the_same(tmp_path: Path) -> None:
    marks = unpack(io.BytesIO(b"onetwo"), [("a", 3, 0o644), ("d/b", 3, 0o755)], str(tmp_path))
    assert choose(str(tmp_path), marks, NOTHING).written == []
    time.sleep(0.02)
    (tmp_path / "d" / "b").write_bytes(b"new")
    (tmp_path / "link").symlink_to("a")
    assert choose(str(tmp_path), marks, NOTHING).written == ["d/b"]


def test_what_was_written_is_collected_as_far_as_there_is_room_behind_what_is_asked_for_by_name(tmp_path: Path) -> None:
    given = [("a.csv", 6, 0o644), ("metrics.json", 2, 0o644)]
    marks = unpack(io.BytesIO(b"before{}"), given, str(tmp_path))
    for name, size in {"b.csv": 5, "c.csv": 3, "d.csv": 30, "z.json": 4}.items():
        (tmp_path / name).write_bytes(bytes(size))
    choice = choose(str(tmp_path), marks, Wanted(["*.json"], ["*.csv", "*.json"], 2 + 4 + 9))
    assert choice.files == [("metrics.json", 2), ("z.json", 4), ("c.csv", 3), ("b.csv", 5)]
    assert choice.refused == {}


def test_a_link_in_the_middle_of_a_path_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "aside").mkdir()
    (tmp_path / "aside" / "file").write_text("x")
    (tmp_path / "link").symlink_to("aside")
    assert b"".join(contents(str(tmp_path), "aside/file", 1)) == b"x"
    assert b"".join(contents(str(tmp_path), "link/file", 1)) == b"\0"


def test_long_payloads_are_cut_into_frames() -> None:
    data = frames(Kind.file, bytes(LARGEST + 1))
    assert HEAD.unpack_from(data) == (Kind.file, LARGEST)
    assert HEAD.unpack_from(data, HEAD.size + LARGEST) == (Kind.file, 1)


def test_head_and_tail_of_a_stream_are_kept_and_the_rest_counted() -> None:
    reading, writing = os.pipe()
    capture = Capture(reading, 11, Kind.stdout_head, Kind.stdout_tail)
    sent = b""
    for number in range(100):
        os.write(writing, b"%09d\n" % number)
        sent += capture.read()
    os.close(writing)
    sent += capture.drain()
    assert not capture.open
    assert sent == frames(Kind.stdout_head, b"00000")
    assert capture.finish() == (frames(Kind.stdout_tail, b"00099\n"), 989)


def test_what_the_controller_does_not_read_is_queued_and_waited_for_within_bounds() -> None:
    reading, writing = os.pipe()
    outbox = Outbox(writing)
    outbox.put(bytes(200_000))
    with pytest.raises(TimeoutError):
        outbox.finish(time.monotonic() + 0.05)
    got = 0
    while got < 200_000:
        got += len(os.read(reading, 65536))
        outbox.flush()
    outbox.finish(time.monotonic() + 1)
    os.close(reading)
    os.close(writing)


def test_what_is_sealed_is_taken_once_in_order_and_from_nobody_else() -> None:
    ours, theirs = Seal(b"k" * 16), Seal(b"x" * 16)
    first, second = ours.close(b"first"), ours.close(bytes(LARGEST + 5))
    assert ours.close(b"") == b""
    reading = Seal(b"k" * 16)
    buffer = bytearray(first[:-1])
    assert list(reading.open(buffer)) == []
    buffer += first[-1:] + second
    assert b"".join(reading.open(buffer)) == b"first" + bytes(LARGEST + 5)
    for forged in (first + first, theirs.close(b"first"), b"\xff" * 20):
        with pytest.raises(ValueError, match="record"):
            list(Seal(b"k" * 16).open(bytearray(forged)))


def test_what_was_said_before_the_seal_is_not_believed_after_it() -> None:
    def engine(data: bytes) -> bytes:
        return ENGINE_HEAD.pack(STDOUT, len(data)) + data

    channel = Frames()
    forged = frames(Kind.report, b"{}") + frames(Kind.end, b"")
    assert any(kind is Kind.ready for kind, _ in channel.feed(engine(frames(Kind.ready, b"") + forged)))
    channel.seal(b"k" * 16)
    sealed = Seal(b"k" * 16).close(frames(Kind.started, b""))
    assert list(channel.feed(engine(sealed))) == [(Kind.started, b"")]


def test_counters_of_control_groups_v2(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    (tmp_path / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 2000000\n")
    (tmp_path / "memory.peak").write_text("4096\n")
    (tmp_path / "memory.events").write_text("low 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n")
    (tmp_path / "pids.events").write_text("max 3\n")
    kernel = Counters(tmp_path)
    assert kernel.cpu_seconds() == 2.5
    assert (kernel.peak_memory_bytes(), kernel.oom_kills(), kernel.refused_forks()) == (4096, 1, 3)


def test_counters_of_control_groups_v1(tmp_path: Path) -> None:
    for folder in ("cpuacct", "memory", "pids"):
        (tmp_path / folder).mkdir()
    (tmp_path / "cpuacct" / "cpuacct.usage").write_text("1500000000\n")
    (tmp_path / "memory" / "memory.max_usage_in_bytes").write_text("8192\n")
    (tmp_path / "memory" / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 4\n")
    (tmp_path / "pids" / "pids.events").write_text("max 0\n")
    kernel = Counters(tmp_path)
    assert kernel.cpu_seconds() == 1.5
    assert (kernel.peak_memory_bytes(), kernel.oom_kills(), kernel.refused_forks()) == (8192, 4, 0)


def test_counters_that_are_not_there_count_nothing(tmp_path: Path) -> None:
    kernel = Counters(tmp_path)
    assert (kernel.oom_kills(), kernel.refused_forks()) == (0, 0)
    assert kernel.cpu_seconds() > 0
    assert not full((str(tmp_path), str(tmp_path / "absent")))


def test_where_no_refused_forks_are_counted_a_great_many_processes_are_a_crowd(tmp_path: Path) -> None:
    group, proc = tmp_path / "group", tmp_path / "proc"
    for name in ("self", *map(str, range(CROWD))):
        (proc / name).mkdir(parents=True)
    assert not is_crowd(group, proc)
    (proc / "999").mkdir()
    assert is_crowd(group, proc)
    (group / "pids").mkdir(parents=True)
    assert not is_crowd(group, proc), "Linux counts the forks that it refused"


def test_where_the_group_does_not_count_cpu_time_that_of_living_processes_is_added_up(tmp_path: Path) -> None:
    (tmp_path / str(os.getpid())).symlink_to(f"/proc/{os.getpid()}")  # the others of this machine come and go
    before = time_of_living(tmp_path)
    busy = time.process_time()
    while time.process_time() - busy < 0.1:
        pass
    assert time_of_living(tmp_path) - before > 0.05


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_allows_ordinary_calls_and_refuses_the_rest(machine: str) -> None:
    architecture, code = MACHINES[machine], program(machine)
    allow, forbidden, family = 0x7FFF0000, 0x00050001, 0x00050061
    assert simulate(code, architecture, 0) == allow
    assert simulate(code, architecture, 424) == allow
    for number in (425, 426, 427, 0x40000000, 0x40000001):
        assert simulate(code, architecture, number) == forbidden
    assert simulate(code, architecture ^ 1, 0) == forbidden
    assert {f for f in range(64) if simulate(code, architecture, SOCKET[machine], f) == allow} == {1, 2, 10, 16}
    assert simulate(code, architecture, SOCKET[machine], 40) == family


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_refuses_what_aims_at_the_supervisor_and_only_that(machine: str) -> None:
    architecture, code = MACHINES[machine], program(machine)
    for x86, arm, argument, value in AIMED:
        number = x86 if machine == "x86_64" else arm
        aimed = (value, 0) if argument == 16 else (0, value)
        assert simulate(code, architecture, number, *aimed) == 0x00050001
        assert simulate(code, architecture, number, 0, 0) == 0x7FFF0000
        assert simulate(code, architecture, number, 4711 if argument == 16 else 0, 4711) == 0x7FFF0000


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_refuses_namespaces_mounts_and_tracing_and_leaves_threads_alone(machine: str) -> None:
    architecture, code = MACHINES[machine], program(machine)
    for x86, arm in NEVER:
        assert simulate(code, architecture, x86 if machine == "x86_64" else arm) == 0x00050001
    assert simulate(code, architecture, 435) == 0x00050026, "clone3 must look absent, so that clone is used"
    for flag in (0x10000000, 0x20000000, 0x40000000, 0x00020000, 0x10000000 | 17):
        assert simulate(code, architecture, CLONE[machine], flag) == 0x00050001
    for thread_or_fork in (0x3D0F00, 0x01200011, 0x00004111):
        assert simulate(code, architecture, CLONE[machine], thread_or_fork) == 0x7FFF0000


def simulate(code: bytes, architecture: int, number: int, first: int = 0, second: int = 0) -> int:
    """Run classic BPF as seccomp(2) does, for the five instructions that occur."""
    data = struct.pack("=IIQQQ", number, architecture, 0, first, second)
    lines = list(struct.iter_unpack("=HBBI", code))
    at = accumulator = 0
    while True:
        operation, if_true, if_false, value = lines[at]
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif operation == 0x15:
            at += if_true if accumulator == value else if_false
        elif operation == 0x35:
            at += if_true if accumulator >= value else if_false
        elif operation == 0x45:
            at += if_true if accumulator & value else if_false
        else:
            assert operation == 0x06
            return int(value)


def test_the_supervisor_refuses_to_run_where_it_would_kill_others() -> None:
    root = Path(__file__).parents[2] / "sandbox"
    done = subprocess.run(
        [sys.executable, "-m", "inside.supervisor"],
        cwd=root,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 1
    assert b"first process of a container" in done.stderr
    assert done.stdout == b""


def _thread(proc: Path, process: int, thread: int, state: str) -> None:
    folder = proc / str(process) / "task" / str(thread)
    folder.mkdir(parents=True)
    (folder / "stat").write_text(f"{thread} (a) R (b)) {state} 1 1 1\n")


@pytest.mark.parametrize(("states", "works"), [("SSD", False), ("SRS", True), ("ZTX", False)])
def test_a_program_has_work_when_one_of_its_threads_runs_or_waits_for_a_cpu(
    tmp_path: Path, states: str, works: bool
) -> None:
    _thread(tmp_path, 1, 1, "R")
    (tmp_path / "meminfo").write_text("")
    (tmp_path / "77").mkdir()  # it ended while we looked
    for number, state in enumerate(states):
        _thread(tmp_path, 10 + number // 2, 10 + number, state)
    assert has_work(proc=str(tmp_path)) is works


@pytest.mark.parametrize(
    ("works", "cpus", "cpu", "starved"),
    [(True, 2.0, 2.0, 8.0), (True, 2.0, 19.0, 0.0), (False, 2.0, 0.1, 0.0), (True, 0.5, 5.0, 0.0)],
)
def test_what_others_took_is_the_time_with_work_to_do_less_the_cpu_time(
    works: bool, cpus: float, cpu: float, starved: float
) -> None:
    waiting = Waiting(100.0, cpus, probe=lambda: works)
    for tick in range(1, 101):
        waiting.look(100.0 + tick / 10)
    assert waiting.seconds(cpu) == pytest.approx(starved, abs=0.3)


@pytest.mark.parametrize("name", ["Pnd:", "100 Pnd:", "SigPnd:x", "a) Z 1 1"])
def test_a_process_that_chose_a_name_to_be_overlooked_counts_as_alive(tmp_path: Path, name: str) -> None:
    rename = f"import ctypes, time; ctypes.CDLL(None).prctl(15, {name.encode()!r}, 0, 0, 0)"
    code = f"{rename}; print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (tmp_path / str(process.pid)).symlink_to(f"/proc/{process.pid}")
        alive = living((), None, tmp_path)
        process.kill()
    assert alive == 1
