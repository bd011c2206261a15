"""What a run exercised, measured in a container; and when it is next to nothing."""

from collections.abc import Iterator

import pytest

from sandbox.engine import connect
from sandbox.job import Job, Runner
from sandbox.runner import DockerRunner
from sandbox.setup.image import ensure_image
from sandbox.smoke.exercised import Measured, is_vacuous, measure, measuring
from sandbox.tree import Tree
from sandbox.verdict import Ended, Exercised


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    client = connect()
    with DockerRunner(client, ensure_image(client).tag, None) as opened:
        yield opened
    client.close()


def _measured(runner: Runner, command: str, files: dict[str, str], status: int = 0) -> Measured:
    tree = Tree({path: text.encode() for path, text in files.items()})
    result = runner.run(measuring(Job((), tree, None), command, 1.0))
    assert (result.ended, result.exit_status) == (Ended.exited, status)
    found = measure(result, tree, frozenset(files))
    assert found is not None
    return found


LIB = '"""Doc."""\nimport os\n\n\ndef used():\n    """Doc."""\n    return os.sep\n\n\ndef unused():\n    return 2\n'


@pytest.mark.docker
def test_functions_entered_and_lines_run_are_counted_without_definitions_imports_and_docstrings(runner):
    found = _measured(runner, "python main.py", {"main.py": "import lib\nprint(lib.used())\n", "lib.py": LIB})
    assert found.exercised == Exercised(functions=2, functions_entered=1, lines=3, lines_run=2)
    assert 7 in found.lines["lib.py"]
    assert 11 not in found.lines["lib.py"]


@pytest.mark.docker
@pytest.mark.parametrize(
    "main",
    [
        "import subprocess, sys\nsubprocess.run([sys.executable, 'child.py'], check=True)\n",
        "import multiprocessing\nimport lib\nif __name__ == '__main__':\n"
        "    p = multiprocessing.Process(target=lib.used); p.start(); p.join()\n",
        "import os, lib\nif os.fork() == 0:\n    lib.used()\n    os._exit(0)\nos.wait()\n",
    ],
)
def test_child_processes_are_measured_too(runner, main):
    files = {"main.py": main, "child.py": "import lib\nlib.used()\n", "lib.py": LIB}
    assert 7 in _measured(runner, "python main.py", files).lines["lib.py"]


@pytest.mark.docker
def test_the_exit_status_is_that_of_the_command(runner):
    _measured(runner, "python main.py | cat; exit 5", {"main.py": "print(1)\n"}, status=5)


@pytest.mark.docker
def test_a_report_that_the_program_forged_is_no_report(runner):
    tree = Tree({"main.py": b"print(1)\n"})
    job = measuring(Job((), tree, None), "echo '{\"files\": 7}' > /job/coverage.json; exit 3", 1.0)
    assert measure(runner.run(job), tree, frozenset(tree.files)) is None


@pytest.mark.parametrize(
    ("counts", "wrote", "vacuous"),
    [
        ((0, 0, 5, 1), False, False),
        ((0, 0, 40, 30), False, False),
        ((0, 0, 40, 5), False, True),
        ((10, 8, 100, 80), False, False),
        ((12, 2, 100, 9), False, True),
        ((12, 2, 100, 9), True, False),
        ((40, 2, 300, 20), True, True),
        ((3, 1, 8, 2), False, False),
        ((2, 2, 100, 10), False, False),
    ],
)
def test_the_rule_for_next_to_nothing(counts, wrote, vacuous):
    functions, entered, lines, run = counts
    exercised = Exercised(functions=functions, functions_entered=entered, lines=lines, lines_run=run)
    assert is_vacuous(exercised, wrote=wrote) is vacuous
