"""The ladder as a whole, with the real sandbox; what fails in it is made to fail behind the `Runner` protocol."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from sandbox import Limits, Outcome, Rung, Settings, Tree, Verdict
from sandbox.controller import LADDER, Sandbox, verify
from sandbox.errors import InputError, RunnerLost
from sandbox.job import Job, Runner, RunResult
from sandbox.requirements import standing
from sandbox.requirements.standing import Standing
from sandbox.runner import DockerRunner
from sandbox.verdict import Ended, Step

pytestmark = pytest.mark.docker
SETTINGS = Settings(limits=Limits(wall_seconds=30))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox.open() as opened:
        yield opened


@dataclass
class Bent:
    """A runner that does something else with some jobs."""

    inner: Runner
    bend: Callable[[Job, Callable[[Job], RunResult]], RunResult]

    def run(self, job: Job) -> RunResult:
        return self.bend(job, self.inner.run)

    def close(self) -> None:
        pass


def _tree(files: dict[str, str]) -> Tree:
    return Tree({path: text.encode() for path, text in files.items()})


def _verify(
    sandbox: Sandbox, files: dict[str, str], settings: Settings = SETTINGS, until: Rung = Rung.replays
) -> Verdict:
    return verify(_tree(files), name="a", settings=settings, sandbox=sandbox, until=until)


GOOD = {"main.py": "import lib\nprint(lib.f(2))\n", "lib.py": "def f(x):\n    return x + 1\n"}


def test_a_repository_that_runs_is_verified_with_all_the_evidence(sandbox):
    steps: list[Step] = []
    verdict = verify(_tree(GOOD), name="good", settings=SETTINGS, sandbox=sandbox, on_step=steps.append)
    assert (verdict.verified, verdict.rung, verdict.outcome) == (True, Rung.replays, Outcome.passed)
    assert [step.name for step in steps] == [*(step.name for step in LADDER), "static"]
    assert tuple(steps) == verdict.steps
    assert verdict.smoke is not None
    assert (verdict.smoke.stdout, verdict.smoke.exit_status) == ("3\n", 0)
    assert verdict.exercised is not None
    assert verdict.exercised.functions_entered == 1
    assert verdict.tree == _tree(GOOD).digest()


@pytest.mark.parametrize("until", [Rung.parses, Rung.installs, Rung.imports, Rung.runs])
def test_the_ladder_ends_where_it_was_asked_to(sandbox, until):
    verdict = _verify(sandbox, GOOD, until=until)
    assert (verdict.rung, verdict.outcome) == (until, Outcome.passed)
    assert verdict.verified is (until is Rung.runs)


def test_without_replay_rung_four_is_verified(sandbox):
    verdict = _verify(sandbox, GOOD, replace(SETTINGS, replay=False))
    assert (verdict.verified, verdict.rung) == (True, Rung.runs)


def test_a_runner_that_is_lost_twice_is_tried_again_whatever_it_ran(sandbox):
    lost: Counter[str] = Counter()

    def bend(job: Job, run: Callable[[Job], RunResult]) -> RunResult:
        ran = " ".join(job.argv[:2])
        lost[ran] += 1
        if lost[ran] <= 2:
            raise RunnerLost("the engine was restarted")
        return run(job)

    verdict = _verify(replace(sandbox, runner=Bent(sandbox.runner, bend)), GOOD)
    assert verdict.verified
    assert len(lost) >= 3, "the parser, mypy and the smoke run at least"
    assert not any("mypy" in note for note in verdict.notes)


@pytest.mark.parametrize(("starved", "runs"), [(20.0, 2), (3.0, 1)])
def test_a_run_that_others_kept_from_the_cpu_is_run_again_with_twice_the_time(sandbox, starved, runs):
    limits, told = list[float](), list[str]()

    def bend(job: Job, run: Callable[[Job], RunResult]) -> RunResult:
        if "COVERAGE_PROCESS_START" in job.env or job.argv[0] != "bash":
            return run(job)
        limits.append(job.limits.wall_seconds)
        late = {"ended": Ended.wall, "exit_status": None, "seconds": 30.0, "starved_seconds": starved}
        return replace(run(job), **late) if len(limits) == 1 else run(job)

    verdict = _verify(replace(sandbox, runner=Bent(sandbox.runner, bend), tell=told.append), GOOD)
    assert limits[:2] == [30.0, 60.0][:runs]
    assert [line.endswith("it is run again with 60 s") for line in told] == [True] * (runs - 1), "while it happens"
    assert verdict.verified is (runs == 2)
    assert any("the host was busy" in note for note in verdict.notes) is (runs == 2)
    if runs == 1:
        assert (verdict.outcome, "3 s of waiting" in verdict.summary) == (Outcome.exhausted, True)


def test_what_fails_on_our_side_is_infrastructure_and_says_nothing_about_the_code(sandbox):
    def bend(job: Job, run: Callable[[Job], RunResult]) -> RunResult:
        raise RunnerLost("the disk is full")

    verdict = _verify(replace(sandbox, runner=Bent(sandbox.runner, bend)), GOOD)
    assert verdict.outcome is Outcome.infrastructure
    assert (verdict.verified, verdict.repairable, verdict.failure) == (False, False, None)
    assert "the disk is full" in verdict.summary


def test_input_that_cannot_be_taken_in_is_no_verdict(sandbox):
    def bend(job: Job, run: Callable[[Job], RunResult]) -> RunResult:
        raise InputError("the tree does not fit")

    with pytest.raises(InputError):
        _verify(replace(sandbox, runner=Bent(sandbox.runner, bend)), GOOD)


def test_a_run_that_differs_when_it_is_replayed_is_flaky(sandbox):
    runs = iter([0, 1, 1])

    def bend(job: Job, run: Callable[[Job], RunResult]) -> RunResult:
        result = run(job)
        return replace(result, exit_status=next(runs)) if job.argv[0] == "bash" else result

    verdict = _verify(replace(sandbox, runner=Bent(sandbox.runner, bend)), GOOD)
    assert (verdict.rung, verdict.verified) == (Rung.runs, False)
    assert verdict.failure is not None
    assert (verdict.failure.kind, verdict.failure.step) == ("flaky", "replay")


def test_coverage_never_changes_the_outcome(sandbox):
    main = "import os\nif 'COVERAGE_PROCESS_START' in os.environ:\n    raise SystemExit(9)\nprint(1)\n"
    verdict = _verify(sandbox, {"main.py": main})
    assert (verdict.verified, verdict.rung, verdict.exercised) == (True, Rung.replays, None)
    assert any("under coverage" in note for note in verdict.notes)


UNDEFINED = (
    "import sys\n\n\ndef f(flag):\n    if flag:\n        return undefined\n    return 1\n\n\n"
    "print(f(len(sys.argv) > 5))\n"
)


def test_a_fatal_finding_fails_a_run_that_passed(sandbox):
    verdict = _verify(sandbox, {"main.py": UNDEFINED})
    assert (verdict.outcome, verdict.verified) == (Outcome.failed, False)
    assert verdict.failure is not None
    assert (verdict.failure.kind, verdict.failure.step, verdict.failure.line) == ("static", "ruff", 6)


def test_static_checks_that_speak_against_code_that_failed_already_are_marked_so(sandbox):
    verdict = _verify(sandbox, {"main.py": UNDEFINED + "raise SystemExit(3)\n"})
    assert verdict.failure is not None
    assert verdict.failure.step == "smoke"
    (static,) = [step for step in verdict.steps if step.name == "static"]
    assert (static.state, static.detail.split(",")[0]) == ("failed", "1 fatal")


def test_findings_on_code_that_failed_are_left_out_where_they_are_not_wanted(sandbox):
    asked: list[Verdict] = []

    def checked(code: str, *, wanted: bool) -> Verdict:
        tree = Tree({"main.py": code.encode()})
        return verify(
            tree, name="a", settings=SETTINGS, sandbox=sandbox, until=Rung.runs,
            wanted=lambda verdict: asked.append(verdict) or wanted,
        )  # fmt: skip

    failing = UNDEFINED + "raise SystemExit(3)\n"
    without, with_them = checked(failing, wanted=False), checked(failing, wanted=True)
    assert [verdict.steps[-1].state for verdict in (without, with_them)] == ["skipped", "failed"]
    assert (without.failure, without.rung, without.findings) == (with_them.failure, with_them.rung, ())
    assert [verdict.failure for verdict in asked] == [with_them.failure] * 2
    assert checked(UNDEFINED, wanted=False).failure.kind == "static", "where the run passed they decide"
    assert len(asked) == 2


@pytest.mark.parametrize("replay", [True, False])
def test_a_fatal_finding_is_refuted_when_its_line_ran_without_the_crash(sandbox, replay):
    files = {
        "main.py": "import builtins, lib\nbuiltins.helper = lambda: 1\nprint(lib.f())\n",
        "lib.py": "def f():\n    return helper()\n",
    }
    verdict = _verify(sandbox, files, replace(SETTINGS, replay=replay))
    assert verdict.verified
    assert [one.refuted for one in verdict.findings if one.severity == "fatal"] == [True]


def test_a_fatal_finding_is_refuted_when_its_line_ran_and_the_run_crashed_elsewhere(sandbox):
    files = {
        "main.py": "import builtins, lib\nbuiltins.helper = lambda *a: 1\nprint(lib.f())\nlib.g()\n",
        "lib.py": "def f():\n    return helper()\ndef g():\n    return helper(\n        absent())\n",
    }
    verdict = _verify(sandbox, files)
    assert (verdict.failure and verdict.failure.line, verdict.exercised) == (5, None)
    refuted = {one.line: one.refuted for one in verdict.findings if one.code == "F821"}
    assert refuted == {2: True, 4: False, 5: False}  # of a statement that failed nobody knows what of it ran


def test_what_the_replay_wrote_is_handed_out_and_no_link(sandbox):
    main = "import os, lib\nopen('figure.png', 'w').write(str(lib.f(2)))\nos.symlink('/etc/passwd', 'link.txt')\n"
    kept: dict[str, bytes] = {}
    files = {**GOOD, "main.py": main, "README.md": "was there\n"}
    verdict = verify(_tree(files), name="a", settings=SETTINGS, sandbox=sandbox, keep=kept.update)
    assert (verdict.verified, kept) == (True, {"figure.png": b"3"})


def test_the_failure_of_a_run_comes_before_what_was_predicted(sandbox):
    verdict = _verify(sandbox, {"main.py": UNDEFINED + "1 / 0\n"})
    assert verdict.failure is not None
    assert verdict.failure.exception == "ZeroDivisionError"
    assert any(one.severity == "fatal" for one in verdict.findings)


def test_a_fatal_finding_in_a_file_that_the_run_does_not_need_is_advice_with_a_note(sandbox):
    verdict = _verify(sandbox, {**GOOD, "old.py": "def f():\n    return undefined\n"})
    assert verdict.verified
    assert [one.severity for one in verdict.findings if one.code == "F821"] == ["advice"]
    assert any("old.py:2 would crash" in note for note in verdict.notes)


def test_a_fatal_finding_in_a_file_that_is_imported_by_a_computed_name_counts(sandbox):
    files = {
        "main.py": "import importlib, sys\nprint(importlib.import_module('plug' + 'in').f(sys.argv[1:]))\n",
        "plugin.py": "def f(some):\n    if some:\n        return undefined\n    return 1\n",
    }
    verdict = _verify(sandbox, files)
    assert (verdict.outcome, verdict.verified) == (Outcome.failed, False)


LOOP = "import time\n\n\ndef tick(n):\n    {}\n    print(n, flush=True)\n\n\nn = 0\nwhile True:\n"
LOOP += "    tick(n)\n    n += 1\n    time.sleep(1)\n"


@pytest.fixture
def _impatient(monkeypatch):
    """Programs that never end are watched for a shorter time."""
    monkeypatch.setattr("sandbox.ladder.smoke.ENDLESS_SECONDS", 6.0)
    monkeypatch.setattr("sandbox.ladder.replay.AGAIN_SECONDS", 3.0)


@pytest.mark.usefixtures("_impatient")
def test_what_a_program_that_never_ends_exercised_is_measured_and_refutes_a_finding(sandbox):
    main = "import builtins\nbuiltins.later = 1\n\n\ndef never():\n    pass\n\n\n" + LOOP.format("print(later)")
    verdict = _verify(sandbox, {"main.py": main})
    assert (verdict.outcome, verdict.rung) == (Outcome.survived, Rung.replays)
    assert [one.refuted for one in verdict.findings if one.code == "F821"] == [True]
    assert verdict.exercised is not None
    assert (verdict.exercised.functions_entered, verdict.exercised.functions) == (1, 2)
    assert sum(step.seconds for step in verdict.steps) < 45


WSGI = "from wsgiref.simple_server import make_server\n\n\ndef app(environ, start):\n    {}\n"
WSGI += "    start('200 OK', [])\n    return [b'hello']\n\n\nmake_server('127.0.0.1', 8000, app).serve_forever()\n"
HTTP = "from http.server import BaseHTTPRequestHandler, HTTPServer\n\n\nclass H(BaseHTTPRequestHandler):\n"
HTTP += "    def do_{}(self):\n        raise ValueError('page')\n\n\nHTTPServer(('', 8000), H).serve_forever()\n"
RAW = "import json, socketserver\n\n\nclass H(socketserver.StreamRequestHandler):\n    def handle(self):\n"
RAW += "        json.loads(self.rfile.readline())\n\n\nsocketserver.TCPServer(('', 8000), H).serve_forever()\n"


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(
    ("main", "outcome", "said"),
    [
        (WSGI.format("pass"), Outcome.survived, "answered 200"),
        (WSGI.format("open('templates/index.html')"), Outcome.failed, "answers 500"),
        (HTTP.format("GET"), Outcome.failed, "breaks the connection off"),
        (HTTP.format("POST"), Outcome.survived, "answered 501"),
        (RAW, Outcome.survived, None),
    ],
)
def test_a_web_server_whose_start_page_breaks_has_not_run(sandbox, main, outcome, said):
    verdict = _verify(sandbox, {"main.py": main}, until=Rung.runs)
    assert verdict.outcome is outcome
    visits = [text for text in (*verdict.notes, verdict.summary) if "start page" in text]
    assert [said in text for text in visits if said] == [True] * len(visits)
    assert bool(visits) is (said is not None)
    if outcome is Outcome.failed:
        assert verdict.failure is not None
        assert (verdict.rung, verdict.failure.kind, verdict.failure.line) == (
            Rung.starts, "exception", 6 if "Handler" in main else 5
        )  # fmt: skip


def test_a_line_that_a_printed_traceback_names_refutes_nothing(sandbox):
    main = "import traceback\ndef f():\n    undefined()\ntry:\n    f()\n"
    main += "except ValueError:\n    pass\nexcept (TypeError, *[NameError]):\n    traceback.print_exc()\n"
    verdict = _verify(sandbox, {"main.py": main})
    assert [one.refuted for one in verdict.findings if one.code == "F821"] == [False]
    assert verdict.outcome is Outcome.failed


@pytest.mark.parametrize(
    ("line", "outcome", "metrics"),
    [
        ("import json; json.dump({'loss': 0.5}, open('m.json', 'w'))", Outcome.passed, {"loss": 0.5}),
        ("print('done')", Outcome.vacuous, {}),
        ("open('m.json', 'w').write('not json')", Outcome.vacuous, {}),
    ],
)
def test_a_promised_metrics_file_must_be_written(sandbox, line, outcome, metrics):
    verdict = _verify(sandbox, {"main.py": line + "\n"}, replace(SETTINGS, metrics_file="m.json"))
    assert verdict.outcome is outcome
    assert verdict.smoke is not None
    assert verdict.smoke.metrics == metrics
    assert verdict.verified is (outcome is Outcome.passed)


def test_a_run_that_did_next_to_nothing_since_its_images_are_not_there_needs_them(sandbox):
    work = "".join(
        f"def step_{n}(images):\n    total = sum(images)\n    print(total)\n    return total\n" for n in range(9)
    )
    main = f"import os\nROOT = './data/kodak'\nimages = [one for _, _, names in os.walk(ROOT) for one in names]\n{work}"
    main += "if images:\n    step_0(images)\nelse:\n    print('No images loaded. Exiting.')\n"
    verdict = _verify(sandbox, {"main.py": main})
    assert (verdict.outcome, verdict.rung, verdict.did_nothing) == (Outcome.blocked, Rung.starts, True)
    assert [(one.kind, one.what) for one in verdict.missing] == [("data", "./data/kodak")]
    assert verdict.summary.startswith("It needs what the sandbox withholds: ./data/kodak (data)")


def test_a_traceback_with_exit_status_zero_passes_with_a_note(sandbox):
    main = "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.print_exc()\n"
    verdict = _verify(sandbox, {"main.py": main})
    assert verdict.verified
    assert any("traceback" in note for note in verdict.notes)


def test_a_smoke_command_that_does_not_exist_never_started(sandbox):
    verdict = _verify(sandbox, GOOD, replace(SETTINGS, smoke="no-such-program --now"))
    assert verdict.rung is Rung.imports
    assert verdict.smoke is not None
    assert verdict.smoke.exit_status == 127


def test_a_pipe_does_not_hide_the_exit_status(sandbox):
    verdict = _verify(
        sandbox, {"main.py": "raise SystemExit(4)\n"}, replace(SETTINGS, smoke="python main.py | tee log")
    )
    assert verdict.smoke is not None
    assert (verdict.smoke.ended, verdict.smoke.exit_status) == (Ended.exited, 4)
    assert verdict.outcome is Outcome.failed


def test_a_program_with_arguments_starts_when_it_answers_help(sandbox):
    main = (
        "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--n', type=int, default=2)\n"
        "options = parser.parse_args()\nraise ValueError(options.n)\n"
    )
    verdict = _verify(sandbox, {"main.py": main})
    assert verdict.rung is Rung.starts
    assert [step.detail for step in verdict.steps if step.name == "start"] == ["answers --help"]


def test_a_packaged_repository_finds_itself_as_if_it_were_installed(sandbox):
    files = {
        "pyproject.toml": "[project]\nname = 'p'\nversion = '1'\n",
        "src/p/__init__.py": "def f():\n    return 4\n",
        "scripts/main.py": "import p\nprint(p.f())\n",
    }
    assert _verify(sandbox, files).verified


@pytest.fixture
def own_index(sandbox, store_with, wheelhouse, tmp_path, monkeypatch):
    """A sandbox that has the packages of `wheelhouse` and no others."""
    monkeypatch.setattr("sandbox.requirements.prepared.cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr("sandbox.requirements.standing.cache_folder", lambda: tmp_path / "cache")
    store = store_with(wheelhouse.host())
    with DockerRunner(sandbox.client, sandbox.image.tag, store.volume) as runner:
        yield replace(sandbox, store=store, runner=runner)


@pytest.mark.parametrize(
    ("declared", "outcome"),
    [("p2c-little-known-x9\n", Outcome.blocked), ("", Outcome.failed), ("p2c-absent-x9\n", Outcome.failed)],
)
def test_a_little_known_package_is_withheld_when_it_is_declared_and_is_young(
    own_index, wheelhouse, declared, outcome, monkeypatch
):
    ask = standing._ask

    def asked(session, name):  # a folder of wheels tells no dates
        return Standing.recent if ask(session, name) is Standing.established else Standing.absent

    monkeypatch.setattr(standing, "_ask", asked)
    wheelhouse.wheel("p2c-little-known-x9", "1.0")
    name = "p2c_absent_x9" if "absent" in declared else "p2c_little_known_x9"
    files = {"main.py": f"import {name}\nprint({name})\n", "requirements.txt": declared}
    verdict = _verify(own_index, files)
    assert verdict.outcome is outcome
    assert ("--allow p2c-little-known-x9" in verdict.summary) is (outcome is Outcome.blocked)
    assert [one.what for one in verdict.missing] == ["p2c-little-known-x9"] * (outcome is Outcome.blocked)
    assert any("does not have" in note for note in verdict.notes) is ("absent" in declared)
    if outcome is Outcome.blocked:
        allowed = replace(SETTINGS, allow=frozenset({"p2c-little-known-x9"}))
        assert _verify(own_index, files, allowed, Rung.runs).verified


@pytest.mark.parametrize("pin", ["==1.1.2", ""])
def test_a_pin_that_does_not_import_any_more_is_blamed_in_place_of_the_import(own_index, wheelhouse, pin):
    wheelhouse.wheel("jinja2", "3.1", files={"jinja2.py": "markup = 1\n"})
    wheelhouse.wheel("flask", "1.1.2", requires=("jinja2",), files={"flask/__init__.py": "from jinja2 import escape\n"})
    files = {"main.py": "import flask\nprint(flask)\n", "requirements.txt": f"# web\nflask{pin}\n"}
    failure = _verify(own_index, files).failure
    assert failure is not None
    assert (failure.exception, failure.file) == ("ImportError", "requirements.txt" if pin else "main.py")
    assert ("the pin flask==1.1.2 (requirements.txt:2) does not go with" in failure.message) is bool(pin)
    assert failure.line == (2 if pin else 1)


def test_a_file_called_dot_py_is_left_out_with_a_note(sandbox):
    verdict = _verify(sandbox, {**GOOD, ".py": "pip install mobi."})
    assert verdict.verified
    assert any(".py is left out" in note for note in verdict.notes)


def test_a_main_file_that_holds_imports_only_is_said_to_do_nothing(sandbox):
    verdict = _verify(sandbox, {"main.py": '"""Dates."""\nimport datetime\nimport lib\n', "lib.py": "X = 1\n"})
    assert verdict.failure is not None
    assert (verdict.outcome, verdict.failure.kind) == (Outcome.failed, "no_entry")
    assert "main.py holds imports only" in verdict.summary


def test_every_file_of_data_that_the_program_reads_is_named(sandbox):
    main = "import csv, os\nrows = list(csv.reader(open('input/train.csv')))\n"
    main += "more = open(os.path.join('input', 'test.csv'))\nopen('out.csv', 'w')\nprint(open('out.csv').read())\n"
    verdict = _verify(sandbox, {"main.py": main})
    assert verdict.outcome is Outcome.blocked
    assert [(one.kind, one.what) for one in verdict.missing] == [("data", "input/train.csv"), ("data", "test.csv")]


def test_a_tree_without_python_is_said_to_have_no_entry_point(sandbox):
    verdict = _verify(sandbox, {"main.R": "print(1)\n"})
    assert verdict.failure is not None
    assert (verdict.rung, verdict.failure.kind) == (Rung.none, "no_entry")
