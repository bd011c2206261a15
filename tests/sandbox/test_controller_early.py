"""Steps whose work runs side by side give the verdict of steps that run one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from unittest.mock import Mock

import pytest

from sandbox import Limits, Outcome, Rung, Settings, Tree, Verdict
from sandbox.controller import Sandbox, verify
from sandbox.errors import CalledOff
from sandbox.job import Job, Runner, RunResult
from sandbox.verdict import Ended

pytestmark = pytest.mark.docker
SETTINGS = Settings(limits=Limits(wall_seconds=60))
GOOD = {"main.py": "import lib\nprint(lib.f(2))\n", "lib.py": "def f(x):\n    return x + 1\n"}


@pytest.fixture(scope="module")
def serial() -> Iterator[Sandbox]:
    """A sandbox that begins nothing early, whatever this machine has."""
    with Sandbox.open(SETTINGS) as opened:
        yield replace(opened, lanes=None)


@pytest.fixture
def early(serial: Sandbox) -> Iterator[Sandbox]:
    """One that does."""
    with ThreadPoolExecutor(3) as lanes:
        yield replace(serial, lanes=lanes)


@dataclass
class Noted:
    """A runner that is told of each job's end."""

    inner: Runner
    note: Callable[[Job, RunResult | CalledOff], RunResult]

    def run(self, job: Job) -> RunResult:
        try:
            result: RunResult | CalledOff = self.inner.run(job)
        except CalledOff as error:
            self.note(job, error)
            raise
        return self.note(job, result)

    def close(self) -> None:
        """It is closed elsewhere."""


def _verify(sandbox: Sandbox, files: dict[str, str], until: Rung = Rung.replays, place: str | None = None) -> Verdict:
    tree = Tree({path: text.encode() for path, text in files.items()})
    return verify(tree, name="a", settings=SETTINGS, sandbox=sandbox, until=until, place=place)


@pytest.mark.parametrize(
    "files",
    [
        GOOD,
        {**GOOD, "lib.py": "def f(x, y):\n    return x\n"},
        {**GOOD, "main.py": "import argparse\nargparse.ArgumentParser().parse_args()\nprint(1 / 0)\n"},
    ],
    ids=["passes", "fails statically and as it runs", "fails after its help"],
)
def test_the_verdict_is_the_one_of_steps_in_a_row(serial, early, files):
    def told(verdict: Verdict) -> object:
        steps = [(step.name, step.state, step.rung) for step in verdict.steps]
        notes = [note for note in verdict.notes if not note.startswith(("it waited ", "the host was busy"))]
        return steps, verdict.outcome, verdict.failure, verdict.findings, verdict.exercised, notes

    assert told(_verify(early, files)) == told(_verify(serial, files))


ARGUMENTS = "import argparse\nargparse.ArgumentParser().parse_args()\nprint('done')\n"


def test_a_program_with_arguments_is_not_started_a_second_time_where_its_smoke_run_ended_well(early):
    commands: list[str] = []

    def note(job: Job, result: RunResult | CalledOff) -> RunResult:
        commands.append(" ".join(job.argv))
        if isinstance(result, CalledOff):
            raise result
        return result

    verdict = _verify(replace(early, runner=Noted(early.runner, note)), {"main.py": ARGUMENTS}, Rung.runs)
    assert verdict.rung is Rung.runs
    assert [step.detail for step in verdict.steps if step.name == "start"] == ["shown by the smoke run"]
    assert not any("--help" in command for command in commands)


@dataclass
class Beside:
    """A runner that is told what begins, and lets the parser go on only when the smoke run has begun, if `held`."""

    inner: Runner
    held: bool = False
    begun: list[str] = field(default_factory=list)
    smoke: threading.Event = field(default_factory=threading.Event)

    def run(self, job: Job) -> RunResult:
        if job.argv[0] == "bash":
            self.begun.append("smoke")
            self.smoke.set()
        elif "parsing" in job.argv[1]:
            self.begun.append("parse")
            assert not self.held or self.smoke.wait(60)
        return self.inner.run(job)

    def close(self) -> None:
        """It is closed elsewhere."""


def _order(sandbox: Sandbox, files: dict[str, str], place: str, *, held: bool = False) -> tuple[Verdict, list[str]]:
    """The verdict, and what was begun of the smoke run and the parser, as it was begun."""
    runner = Beside(sandbox.runner, held)
    return _verify(replace(sandbox, runner=runner), files, Rung.runs, place), runner.begun


def test_at_a_place_that_is_known_the_smoke_run_begins_beside_the_parser_and_is_made_once(early):
    first, begun = _order(early, GOOD, "here")
    assert begun == ["parse", "smoke"]
    edited = {**GOOD, "lib.py": "def f(x):\n    return x + 40\n"}
    second, begun = _order(early, edited, "here", held=True)
    assert sorted(begun) == ["parse", "smoke"]
    assert (first.rung, second.rung) == (Rung.runs, Rung.runs)
    assert (first.smoke and first.smoke.stdout, second.smoke and second.smoke.stdout) == ("3\n", "42\n")
    _, begun = _order(early, edited, "elsewhere")
    assert begun == ["parse", "smoke"]


def test_a_smoke_run_that_was_guessed_wrong_counts_for_nothing(early):
    _order(early, GOOD, "changing")
    other = {"README.md": "    python run.py\n", "run.py": "print('other')\n", "lib.py": ""}
    verdict, begun = _order(early, other, "changing", held=True)
    assert verdict.smoke is not None
    assert (verdict.smoke.stdout, verdict.rung, begun.count("smoke")) == ("other\n", Rung.runs, 2)


def test_a_tree_that_does_not_parse_fails_as_ever_where_its_smoke_run_has_begun(early):
    _order(early, GOOD, "broken")
    verdict, _ = _order(early, {**GOOD, "lib.py": "def f(x:\n"}, "broken", held=True)
    assert verdict.failure is not None
    assert (verdict.failure.step, verdict.rung, verdict.smoke) == ("parse", Rung.none, None)


def test_what_is_said_of_a_smoke_run_that_was_guessed_wrong_is_no_note_of_the_verdict(early):
    """The host seems busy to whatever was guessed."""
    old = "print('old')\n"
    _order(early, {"main.py": old}, "noted")

    def note(job: Job, result: RunResult | CalledOff) -> RunResult:
        if isinstance(result, CalledOff):
            raise result
        is_old = job.argv[0] == "bash" and "main.py" in job.argv[-1]
        return replace(result, ended=Ended.wall, starved_seconds=50.0) if is_old else result

    files = {"README.md": "    python run.py\n", "run.py": "print('new')\n", "main.py": old}
    verdict = _verify(replace(early, runner=Noted(early.runner, note)), files, Rung.runs, "noted")
    assert (verdict.smoke and verdict.smoke.stdout, verdict.rung) == ("new\n", Rung.runs)
    assert not any("busy" in one for one in verdict.notes)


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"main.py": ARGUMENTS.replace("print('done')", "1 / 0")}, "python main.py; echo done"),
        ({"main.py": ARGUMENTS.replace("print('done')", "import os, sys; print(1, file=sys.stderr)")}, None),
    ],
    ids=["the exit status is the shell's", "it is the program's own"],
)
def test_only_where_its_exit_status_is_the_program_s_does_a_smoke_run_show_that_it_starts(early, files, command):
    tree = Tree({path: text.encode() for path, text in files.items()})
    settings = replace(SETTINGS, smoke=command)
    verdict = verify(tree, name="a", settings=settings, sandbox=early, until=Rung.runs)
    said = [step.detail for step in verdict.steps if step.name == "start"]
    assert said == (["answers --help"] if command else ["shown by the smoke run"])


def test_what_a_lower_rung_s_failure_makes_needless_is_called_off(early):
    files = {
        "main.py": "import time\nimport parts.good\ntime.sleep(50)\n",
        "parts/__init__.py": "",
        "parts/good.py": "",
        "parts/bad.py": "VALUE = int('no')\n",
    }
    off, ended = threading.Event(), list[Ended]()

    def note(job: Job, result: RunResult | CalledOff) -> RunResult:
        if job.argv[0] == "bash":
            off.set()
        if isinstance(result, CalledOff):
            raise result
        if job.argv[0] == "bash":
            ended.append(result.ended)
        return result

    verdict = _verify(replace(early, runner=Noted(early.runner, note)), files)
    assert verdict.failure is not None
    assert (verdict.failure.step, verdict.rung) == ("import", Rung.installs)
    assert off.wait(20)
    assert ended == []


def test_a_replay_that_a_limit_ended_in_company_is_run_again_alone(early):
    measured: list[Ended] = []

    def note(job: Job, result: RunResult | CalledOff) -> RunResult:
        if isinstance(result, CalledOff):
            raise result
        if "COVERAGE_PROCESS_START" in job.env:
            measured.append(result.ended)
            if len(measured) == 1:
                return replace(result, ended=Ended.wall, exit_status=None, files={})
        return result

    verdict = _verify(replace(early, runner=Noted(early.runner, note)), GOOD)
    assert (verdict.outcome, verdict.rung, len(measured)) == (Outcome.passed, Rung.replays, 2)
    assert verdict.exercised is not None


def test_each_step_is_told_when_it_begins_and_says_its_rung(early):
    begun: list[str] = []
    tree = Tree({path: text.encode() for path, text in GOOD.items()})
    verdict = verify(tree, name="a", settings=SETTINGS, sandbox=early, on_start=begun.append)
    assert begun == [step.name for step in verdict.steps]
    rungs = [step.rung for step in verdict.steps]
    assert rungs == sorted(rungs)
    assert (rungs[0], rungs[-1]) == (Rung.parses, Rung.replays)
    assert all(step.seconds >= 0 for step in verdict.steps)


QUICK = replace(SETTINGS, warm_imports=True, intermediate=True)
PACKAGE = {
    "main.py": "from parts import good\n\ndef main():\n    print(good.f(2))\nif __name__ == '__main__':\n    main()\n",
    "parts/__init__.py": "",
    "parts/good.py": "def f(x):\n    return x / 0\n",
    "parts/other.py": "LIMIT = 3\n\n\ndef g():\n    return LIMIT\n",
}


def test_a_verdict_that_decides_nothing_imports_again_only_what_an_import_would_execute_otherwise(early):
    imports: list[Job] = []

    def note(job: Job, result: RunResult | CalledOff) -> RunResult:
        imports.extend([job] if "/job/imports_driver.py" in job.argv else [])
        if isinstance(result, CalledOff):
            raise result
        return result

    sandbox = replace(early, runner=Noted(early.runner, note), imported={})

    def told(settings: Settings, **files: str) -> tuple[Rung, str | None, int]:
        imports.clear()
        tree = Tree({path: text.encode() for path, text in (PACKAGE | files).items()})
        verdict = verify(tree, name="a", settings=settings, sandbox=sandbox, until=Rung.runs, place="package")
        return verdict.rung, verdict.failure and verdict.failure.step, len(imports)

    assert told(QUICK) == (Rung.starts, "smoke", 1), "nothing is known yet"
    mended = {"parts/good.py": "def f(x):\n    return x + 1\n"}
    assert told(QUICK, **mended) == (Rung.runs, None, 0), "only what a function does has changed"
    assert told(SETTINGS, **mended) == (Rung.runs, None, 1), "this verdict decides"
    worse = {"parts/other.py": "LIMIT = absent\n\n\ndef g():\n    return LIMIT\n"}
    assert told(QUICK, **mended, **worse) == (Rung.installs, "import", 1), "the smoke run does not see it"
    called = {"parts/other.py": "def g():\n    return absent\n\n\nLIMIT = g()\n"}
    assert told(QUICK, **mended, **called) == (Rung.installs, "import", 1)
    assert told(QUICK, **mended) == (Rung.runs, None, 0), "what failed is not remembered, what went well before is"


def test_mypy_begins_beside_the_parser_where_the_last_verify_says_from_which_folder(early):
    begun = list[str]()
    mypy = threading.Event()

    def run(job: Job) -> RunResult:
        tool = job.argv[1].rpartition("/")[2] if len(job.argv) > 1 else ""
        begun.append(tool)
        if tool == "typecheck.py":
            mypy.set()
        elif tool == "parsing.py" and sandbox.bases:
            assert mypy.wait(60)
        return early.runner.run(job)

    sandbox = replace(early, runner=Mock(run=run), bases={}, parsed={}, imported={}, plans={})

    def told(**files: str) -> tuple[Rung, list[tuple[str, str]]]:
        begun.clear()
        mypy.clear()
        tree = Tree({path: text.encode() for path, text in (PACKAGE | files).items()})
        verdict = verify(tree, name="a", settings=QUICK, sandbox=sandbox, until=Rung.runs, place="typed")
        return verdict.rung, [(one.tool, one.file) for one in verdict.findings if one.severity == "fatal"]

    wrong = {"parts/good.py": "from parts import other\n\n\ndef f(x):\n    return other.g(x) if x > 5 else x / 0\n"}
    assert told() == (Rung.starts, [])
    assert sandbox.bases
    again = told(**wrong)
    assert begun.count("typecheck.py") == 1
    assert again == (Rung.starts, [("mypy", "parts/good.py")])
    assert told(**{"parts/good.py": "def f(x:\n"})[0] is Rung.none
