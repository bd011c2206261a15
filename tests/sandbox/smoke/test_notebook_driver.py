"""A notebook is run cell by cell, without a kernel, and says where it failed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.fake import LocalRunner
from sandbox.job import Job
from sandbox.smoke.notebook import with_driver
from sandbox.tree import Tree


def _cell(source: str, *tags: str) -> dict[str, object]:
    lines = source.split("\n")
    split = [*(f"{line}\n" for line in lines[:-1]), lines[-1]]
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "outputs": [], "source": split}


def _write(folder: Path, *cells: dict[str, object], indent: int | None = 1) -> Path:
    path = folder / "a.ipynb"
    path.write_text(json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4}, indent=indent), "utf-8")
    return path


def _run(path: Path) -> subprocess.CompletedProcess[str]:
    driver = Path(__file__).parents[3] / "sandbox" / "smoke" / "notebook_driver.py"
    return subprocess.run([sys.executable, driver, path], capture_output=True, text=True, check=False)


def test_cells_share_one_namespace_and_the_last_value_is_shown(tmp_path: Path) -> None:
    done = _run(_write(tmp_path, _cell("x = 2\nx + 1;"), _cell("print(x)\nx * 21"), _cell("_")))
    assert (done.stdout, done.returncode) == ("2\n42\n42\n", 0)


def test_a_traceback_names_the_cell_and_the_line_of_the_file(tmp_path: Path) -> None:
    path = _write(tmp_path, _cell("def f(a):\n\n    return 1 / a"), _cell("y = 1\nf(0)"))
    done = _run(path)
    lines = path.read_text("utf-8").splitlines()
    assert done.returncode == 1
    call = next(number for number, line in enumerate(lines, 1) if "f(0)" in line)
    deepest = next(number for number, line in enumerate(lines, 1) if "return 1 / a" in line)
    assert f'File "{path}", line {call}, in <cell 2>\n    f(0)\n' in done.stderr
    assert f'File "{path}", line {deepest}, in f\n    return 1 / a\n' in done.stderr
    assert "notebook_driver" not in done.stderr


def test_a_file_in_one_line_is_numbered_through_its_cells(tmp_path: Path) -> None:
    done = _run(_write(tmp_path, _cell("x = 1\ny = 2"), _cell("z = 3\nboom()"), indent=None))
    assert "line 4, in <cell 2>" in done.stderr


def test_a_syntax_error_names_its_place(tmp_path: Path) -> None:
    path = _write(tmp_path, _cell("x = 1"), _cell("y = 2\nx = = 1"))
    line = next(number for number, text in enumerate(path.read_text("utf-8").splitlines(), 1) if "x = = 1" in text)
    done = _run(path)
    assert done.returncode == 1
    assert f"line {line}" in done.stderr
    assert "SyntaxError" in done.stderr


@pytest.mark.parametrize(
    ("cell", "printed"),
    [
        ("!echo from the shell", "from the shell\n"),
        ("files = !printf 'a\\nb'\nprint(len(files))", "a\nb2\n"),
        ("word = 'x'\n!echo {word} $word", "x x\n"),
        ("!pip install torch\n%pip install numpy", "(passed over: pip install torch)\n"),
        ("%matplotlib inline\n%load_ext autoreload\nprint(1)", "1\n"),
        ("%env COLOUR=red\nimport os\nprint(os.environ['COLOUR'])", "red\n"),
        ("%%writefile out.txt\nhello\n", ""),
        ("%%time\nprint(2)", "2\n"),
        ("%time print(3)", "3\n"),
        ("%%bash\necho a\necho b", "a\nb\n"),
        ("%%html\n<b>no Python</b>", ""),
        ("x = 5\nx?\n?x\nprint(x)", "5\n"),
        ("for i in range(2):\n    !echo {i}", "0\n1\n"),
        ('text = """\n%not a magic\n"""\nprint(text.strip())', "%not a magic\n"),
        ("import asyncio\nawait asyncio.sleep(0)\nprint('awaited')", "awaited\n"),
        ("display(1, 'a')", "1\n'a'\n"),
        ("get_ipython().run_line_magic('matplotlib', 'inline')\nget_ipython().magic('pwd') and None", ""),
        ("import sys\nsys.exit(0)\nprint('never')", ""),
        ("import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))).__name__)", "A\n"),
    ],
)
def test_magics_are_done_where_they_mean_something(tmp_path: Path, cell: str, printed: str) -> None:
    done = _run(_write(tmp_path, _cell(cell)))
    assert (done.stdout, done.returncode) == (printed, 0), done.stderr


def test_a_shell_cell_that_fails_fails_the_notebook_and_a_shell_line_does_not(tmp_path: Path) -> None:
    assert _run(_write(tmp_path, _cell("!false"))).returncode == 0
    done = _run(_write(tmp_path, _cell("%%bash\nfalse")))
    assert done.returncode == 1
    assert "CalledProcessError" in done.stderr


def test_the_tags_of_a_cell_are_obeyed(tmp_path: Path) -> None:
    cells = (_cell("1 / 0", "raises-exception"), _cell("boom()", "skip-execution"), _cell("print('end')"))
    done = _run(_write(tmp_path, *cells))
    assert (done.stdout, done.returncode) == ("end\n", 0)


def test_it_runs_in_the_notebook_s_own_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "helper.py").write_text("name = 'helped'\n")
    path = _write(tmp_path / "sub", _cell("import helper, os\nprint(helper.name, os.path.basename(os.getcwd()))"))
    assert _run(path).stdout == "helped sub\n"


def test_a_job_brings_the_driver_only_where_the_command_asks_for_it() -> None:
    tree = Tree({"a.ipynb": json.dumps({"cells": [_cell("print(6 * 7)")], "metadata": {}, "nbformat": 4}).encode()})
    command = "python /job/notebook.py a.ipynb"
    job = with_driver(Job(("bash", "-c", command), tree, None), command)
    assert with_driver(job, "python main.py") is job
    local = Job(("python", "/job/notebook.py", "a.ipynb"), tree, None, extra=job.extra)
    assert LocalRunner().run(local).stdout.text() == "42\n"
