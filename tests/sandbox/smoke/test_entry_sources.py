"""Where else a command is found: documents, console scripts, Makefiles, servers, notebooks, tables, tests."""

from __future__ import annotations

import json

import pytest

from sandbox.requirements import Inference, infer
from sandbox.settings import Settings
from sandbox.smoke.command import programs, scripts
from sandbox.smoke.consoles import console_scripts
from sandbox.smoke.endless import find_endless
from sandbox.smoke.entry import find_entry
from sandbox.smoke.implied import with_command
from sandbox.smoke.modules import Modules
from sandbox.smoke.notebook import count_cells, notebook_of, notebooks
from sandbox.smoke.table import read_table, with_table
from sandbox.tree import Tree
from sandbox.verdict import EntryPoint, Requirement

GUARDED = "def main():\n    pass\n\nif __name__ == '__main__':\n    main()\n"


def _tree(files: dict[str, str]) -> Tree:
    return Tree({path: text.encode() for path, text in files.items()})


def _entry(files: dict[str, str]) -> EntryPoint:
    entry = find_entry(_tree(files), None)
    assert entry is not None
    return entry


def _notebook(*cells: str, language: str = "python") -> str:
    found = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells]
    return json.dumps({"cells": found, "metadata": {"kernelspec": {"language": language}}, "nbformat": 4})


# ------------------------------------------------------------------ documents


@pytest.mark.parametrize(
    ("document", "text", "command"),
    [
        ("docs/usage.md", "```\npython train.py --fast\n```\n", "python train.py --fast"),
        ("docs/guide.md", "```bash\n$ python train.py \\\n    --fast\n```\n", "python train.py --fast"),
        ("manual.md", "Start it with `python train.py` in a terminal.\n", "python train.py"),
        ("README.rst", "Usage\n-----\n::\n\n   python train.py\n", "python train.py"),
        ("README.md", "```bash\ngit clone https://x/y\ncd y\npython train.py\n```\n", "python train.py"),
        ("README.md", "```bash\ncd tool && python run_me.py\n```\n", "cd tool && python run_me.py"),
        ("README.md", "```bash\ncd tool\npython run_me.py\n```\n", "cd tool && python run_me.py"),
        ("README.md", "```bash\n(venv) $ python train.py\n```\n", "python train.py"),
        ("README.md", "```bash\nconda activate x\nuv run python train.py\n```\n", "python train.py"),
        ("README.md", "```bash\npoetry run python -u train.py | tee log.txt\n```\n", "python train.py"),
        ("README.md", "```bash\n./go.sh\n```\n", "bash ./go.sh"),
        ("README.md", "```bash\ndocker run -it x python train.py\n```\n", "python main.py"),
        ("README.md", "```bash\npytest -q\npython -m pytest tests\n```\n", "python main.py"),
        ("README.md", "```bash\npython train.py --data <path>\n```\n", "python main.py"),
        ("CHANGELOG.md", "```bash\npython train.py\n```\n", "python main.py"),
    ],
)
def test_commands_are_read_from_documents_as_a_reader_would(document: str, text: str, command: str) -> None:
    files = {document: text, "main.py": GUARDED, "train.py": GUARDED, "tool/run_me.py": GUARDED, "go.sh": "true\n"}
    assert _entry(files).command == command


def test_a_sentence_gives_way_to_a_block() -> None:
    text = "Or just `python other.py`.\n\n```bash\npython train.py\n```\n"
    entry = _entry({"README.md": text, "other.py": GUARDED, "train.py": GUARDED})
    assert entry.command == "python train.py"
    assert entry.candidates[0] == "python other.py"
    assert entry.sources[0] == "README.md:1"


def test_a_documented_script_that_only_imports_is_no_program() -> None:
    files = {
        "manual.md": "```\npython main.py\n```\n",
        "main.py": "import tkinter\nfrom lib import x\n",
        "lib.py": "x = 1\n",
    }
    assert find_entry(_tree(files), None) is None


def test_each_candidate_says_where_it_comes_from() -> None:
    entry = _entry({"run.sh": "python main.py\n", "main.py": GUARDED, "tests/test_a.py": "def test(): pass\n"})
    assert dict(zip(entry.candidates, entry.sources, strict=True)) == {
        "python main.py": "main.py (__main__ guard)",
        "python -m pytest -q -x -p no:cacheprovider": "tests/test_a.py (tests: there is nothing else to run)",
    }


# ------------------------------------------------------------------ console scripts

CLI = "import argparse\n\ndef main():\n    p = argparse.ArgumentParser()\n"
CLI += "    p.add_argument('--mode', choices=['a'], required=True)\n"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", "[project.scripts]\nx = 'pkg.cli:main'\n"),
        ("pyproject.toml", "[project.gui-scripts]\nx = 'pkg.cli:main'\n"),
        ("pyproject.toml", "[tool.poetry.scripts]\nx = 'pkg.cli:main'\n"),
        ("pyproject.toml", "[tool.poetry.scripts]\nx = {reference = 'pkg.cli:main', type = 'console'}\n"),
        ("setup.cfg", "[options.entry_points]\nconsole_scripts =\n    x = pkg.cli:main\n"),
        ("setup.py", "from setuptools import setup\nsetup(entry_points={'console_scripts': ['x=pkg.cli:main']})\n"),
        ("setup.py", "import setuptools as s\ns.setup(entry_points='''\n[console_scripts]\nx = pkg.cli:main\n''')\n"),
    ],
)
def test_console_scripts_are_read_wherever_they_are_declared(file: str, text: str) -> None:
    entry = _entry({file: text, "pkg/__init__.py": "", "pkg/cli.py": CLI})
    assert entry.command == "python -c 'import sys; from pkg.cli import main; sys.exit(main())' --mode a"
    assert entry.source == f"{file} (console script x, arguments derived: --mode a)"


def test_a_hostile_declaration_is_no_console_script() -> None:
    text = "[project.scripts]\nx = \"os:system('id')\"\ny = 'a;b:c'\nz = 3\n"
    assert console_scripts(_tree({"pyproject.toml": text, "setup.cfg": "[", "setup.py": "def ("})) == ()


def test_a_console_script_of_a_package_that_is_not_there_is_left_out() -> None:
    assert (
        find_entry(_tree({"pyproject.toml": "[project.scripts]\nx = 'gone.cli:main'\n", "a.py": "x = 1\n"}), None)
        is None
    )


def test_documents_may_call_a_console_script_by_its_name() -> None:
    files = {"pyproject.toml": "[project.scripts]\nx = 'pkg.cli:main'\n", "pkg/__init__.py": "", "pkg/cli.py": CLI}
    entry = _entry({**files, "README.md": "```\nx --mode a\n```\n"})
    assert entry.command.endswith("sys.exit(main())' --mode a")
    assert entry.source == "README.md:2"


# ------------------------------------------------------------------ Makefiles


def test_a_makefile_s_telling_target_is_run_without_make() -> None:
    text = (
        "PYTHON ?= python3\n\ninstall:\n\tpip install -r r.txt\n\ndemo: install\n\t@echo hi\n\t$(PYTHON) go.py --n 3\n"
    )
    entry = _entry({"Makefile": text, "go.py": "def f():\n    pass\n"})
    assert (entry.command, entry.source) == ("python go.py --n 3", "Makefile:6 (make demo)")


def test_a_target_that_does_more_than_run_programs_is_left_out() -> None:
    files = {"Makefile": "run:\n\tcurl http://x\n\tpython go.py\n", "go.py": "def f():\n    pass\n"}
    assert find_entry(_tree(files), None) is None


def test_an_argument_of_a_recipe_stays_one_word() -> None:
    files = {"Makefile": "run:\n\tpython go.py 'a; touch owned'\n", "go.py": "def f():\n    pass\n"}
    assert _entry(files).command == "python go.py 'a; touch owned'"


def test_a_variable_of_a_makefile_that_would_grow_without_bounds_is_not_put_in() -> None:
    text = f"A = {'x' * 900}\nB = {'y' * 1001}\nrun:\n\tpython go.py {'$(A)' * 100}\n"
    text += "demo:\n\tpython go.py $(B)\n"
    entry = _entry({"Makefile": text, "go.py": "def f():\n    pass\n"})
    assert (entry.command, entry.candidates) == ("python go.py '$(B)'", ())


# ------------------------------------------------------------------ servers


@pytest.mark.parametrize(
    ("files", "command", "served"),
    [
        ({"main.py": "from fastapi import FastAPI\napi = FastAPI()\n"}, "python -m uvicorn main:api", "main.py"),
        ({"web.py": "from flask import Flask\napp = Flask(__name__)\n"}, "python -m flask --app web:app run", "web.py"),
        (
            {"pkg/__init__.py": "", "pkg/api.py": "from fastapi import FastAPI\napp = FastAPI()\n"},
            "python -m uvicorn pkg.api:app",
            "pkg/api.py",
        ),
        (
            {"srv/api.py": "from fastapi import FastAPI\napp = FastAPI()\n"},
            "cd srv && python -m uvicorn api:app",
            "srv/api.py",
        ),
        (
            {"app.py": "import streamlit as st\nst.title('x')\n"},
            "python -m streamlit run app.py --server.headless true",
            "app.py",
        ),
        (
            {"my app.py": "import streamlit as st\nst.title('x')\n"},
            "python -m streamlit run 'my app.py' --server.headless true",
            "my app.py",
        ),
        (
            {"a b/api.py": "from flask import Flask\napp = Flask(__name__)\n"},
            "cd 'a b' && python -m flask --app api:app run",
            "a b/api.py",
        ),
    ],
)
def test_an_application_that_only_a_server_starts_is_served(files: dict[str, str], command: str, served: str) -> None:
    tree = _tree(files)
    modules = Modules.of(tree)
    assert _entry(files).command == command
    assert [one.path for one in programs(command, tree, modules)] == [served]
    endless = find_endless(scripts(command, tree, modules))
    assert endless is not None
    assert (endless.kind, endless.web) == ("server", True)


def test_a_program_that_starts_its_own_server_is_run_as_it_is() -> None:
    source = "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    app.run()\n"
    assert _entry({"app.py": source}).command == "python app.py"


def test_the_server_that_a_command_calls_is_a_requirement() -> None:
    entry = EntryPoint(command="python -m uvicorn main:app", source="x")
    assert [one.distribution for one in with_command(Inference(()), entry, Tree({})).requirements] == ["uvicorn"]
    had = Requirement(distribution="uvicorn", specifier=">=0.30", rule="declared", optional=True)
    (kept,) = with_command(Inference((had,)), entry, Tree({})).requirements
    assert (kept.specifier, kept.optional) == (">=0.30", False)
    own = Inference((), local=frozenset({"uvicorn"}))
    assert with_command(own, entry, Tree({})).requirements == ()


@pytest.mark.parametrize(
    ("files", "needed"),
    [
        ({"a.ipynb": _notebook("import numpy as np")}, True),
        ({"tests/test_a.py": "import numpy\n", "lib.py": "x = 1\n"}, True),
        ({"tests/test_a.py": "import numpy\n", "main.py": GUARDED}, False),
        ({"a.ipynb": _notebook("import numpy as np"), "main.py": GUARDED}, False),
    ],
)
def test_what_notebooks_and_tests_import_is_needed_where_they_are_what_is_run(files, needed) -> None:
    tree = _tree(files)
    found = with_command(infer(tree), find_entry(tree, None), tree).requirements
    assert {one.distribution: not one.optional for one in found}["numpy"] is needed


# ------------------------------------------------------------------ notebooks


def test_a_notebook_is_an_entry_where_no_program_is() -> None:
    entry = _entry({"lib.py": "x = 1\n", "b.ipynb": _notebook("1"), "demo.ipynb": _notebook("import lib", "lib.x")})
    assert entry.command == "python /job/notebook.py demo.ipynb"
    assert entry.source == "demo.ipynb (notebook, 2 code cells; outside: jupyter execute demo.ipynb)"
    assert _entry({"main.py": GUARDED, "demo.ipynb": _notebook("1")}).command == "python main.py"


def test_what_is_no_python_notebook_is_no_entry() -> None:
    files = {"a.ipynb": "[1]", "b.ipynb": "{", "c.ipynb": _notebook("x", language="R"), "d.ipynb": _notebook()}
    assert [count_cells(_tree(files), path) for path in files] == [0, 0, 0, 0]
    assert list(notebooks(_tree(files))) == []


def test_the_modules_that_cells_import_belong_to_the_program() -> None:
    tree = _tree({"nb/a.ipynb": _notebook("from helper import f"), "nb/helper.py": "import other\n", "nb/other.py": ""})
    command = "python /job/notebook.py nb/a.ipynb"
    assert [one.path for one in scripts(command, tree, Modules.of(tree))] == ["nb/helper.py", "nb/other.py"]
    assert notebook_of(command, tree) == "nb/a.ipynb"
    assert notebook_of("python 'unclosed", tree) is None


# ------------------------------------------------------------------ the repository's own table


def test_a_repository_s_table_names_its_smoke_command_and_metrics_and_nothing_else() -> None:
    text = '[tool.p2c]\nsmoke = "python a.py"\nmetrics = "m.json"\ntimeout = 900\nallow = ["x"]\nmemory = "64g"\n'
    tree = _tree({"pyproject.toml": text, "a.py": "print(1)\n", "main.py": GUARDED})
    assert _entry({"pyproject.toml": text, "main.py": GUARDED}).source == "pyproject.toml [tool.p2c]"
    changed = with_table(Settings(), tree)
    assert changed == Settings(metrics_file="m.json")
    assert len(read_table(tree).notes) == 3
    assert all("passed over" in note for note in read_table(tree).notes)
    assert read_table(_tree({"pyproject.toml": "a = " + "[" * 20_000})).smoke is None
    assert read_table(_tree({"pyproject.toml": f"a = {'1' * 5000}\n"})).smoke is None


def test_the_user_s_own_words_win_over_the_table() -> None:
    tree = _tree({"pyproject.toml": '[tool.p2c]\nsmoke = "python a.py"\nmetrics = "m.json"\n', "a.py": "print(1)\n"})
    entry = find_entry(tree, "python a.py --mine")
    assert entry is not None
    assert (entry.command, entry.candidates[0]) == ("python a.py --mine", "python a.py")
    assert with_table(Settings(smoke="python b.py"), tree).metrics_file is None
    assert with_table(Settings(metrics_file="mine.json"), tree).metrics_file == "mine.json"


@pytest.mark.parametrize("value", ['"../m.json"', '"/etc/passwd"', "3", '""', '["a"]'])
def test_a_metrics_file_outside_the_repository_is_passed_over(value: str) -> None:
    table = read_table(_tree({"pyproject.toml": f"[tool.p2c]\nmetrics = {value}\n"}))
    assert table.metrics is None
    assert len(table.notes) == 1


@pytest.mark.parametrize("text", ["[tool]\np2c = 3\n", "[", "[tool.p2c]\n", "tool = 1\n"])
def test_a_table_that_cannot_be_read_says_nothing(text: str) -> None:
    table = read_table(_tree({"pyproject.toml": text}))
    assert (table.smoke, table.metrics) == (None, None)


# ------------------------------------------------------------------ the last resort


def test_tests_are_run_only_where_there_is_nothing_else() -> None:
    assert _entry({"lib.py": "x = 1\n", "tests/test_lib.py": "def test(): pass\n"}).command.startswith(
        "python -m pytest"
    )
    assert find_entry(_tree({"lib.py": "x = 1\n"}), None) is None
