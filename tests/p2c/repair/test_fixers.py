"""Deterministic fixers, each on a small repository that really fails the way it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from p2c.repair.fixers import FIXERS, Case
from p2c.repair.guards import Repair, objections
from p2c.repair.lines import lines_modified
from p2c.types import LineCount
from sandbox.tree import Tree
from sandbox.verdict import Failure, Frame, Outcome, Rung, Verdict

Verify = Callable[[Tree, Rung], Verdict]


def first_fix(tree: Tree, verdict: Verdict) -> tuple[str, Tree]:
    for fixer in FIXERS:
        fix = fixer(Case(tree, verdict))
        if fix is not None:
            edited = tree.changed(fix.changes)
            assert objections(Repair(tree, edited, verdict.failure)) == ()
            return fixer.__name__, edited
    return "", tree


def said(tree: Tree, exception: str, message: str, file: str | None = None, line: int | None = None) -> Verdict:
    failure = Failure(
        step="smoke", kind="exception", exception=exception, message=message, file=file, line=line, signature=message
    )
    return Verdict(
        repository="r", tree=tree.digest(), rung=Rung.starts, outcome=Outcome.failed, summary="s", failure=failure
    )


REAL: list[tuple[str, dict[str, bytes]]] = [
    ("code_fences", {"main.py": b"```python\nprint(1)\n```\n"}),
    ("code_fences", {"main.py": b"import work\n", "work.py": b"x = 1\n```\n"}),
    ("literal_newlines", {"main.py": b'import sys\\nprint("a")\\n\\nprint(sys.path)\\n'}),
    ("source_encoding", {"main.py": "print('caf\u00e9')\n".encode("cp1252")}),
    ("package_init", {"main.py": b"from json.work import f\nf()\n", "json/work.py": b"def f():\n    return 1\n"}),
    ("relative_import", {
        "main.py": b"from .work import f\nfrom . import work as w\nf(w)\n", "work.py": b"def f(x):\n    return x\n"}),
    ("unused_import", {"main.py": b"from .utils import save, load\nprint(1)\n"}),
    ("unused_import", {
        "main.py": b"from utils import (\n    loops,  # every one\n    area,\n    shape as s,\n)\n\nprint(area())\n",
        "utils.py": b"def area():\n    return 2\n"}),
    ("unused_import", {
        "main.py": b"from utils import area, loops  # of a face\nprint(area())\n",
        "utils.py": b"def area():\n    return 2\n"}),
    ("moved_name", {
        "main.py": b"from app import App, save as keep\nkeep(App())\n", "app.py": b"class App:\n    pass\n",
        "tasks.py": b"def save(app):\n    print(app)\n"}),
    ("moved_name", {
        "main.py": b"from lib.app import save\nsave(1)\n", "lib/__init__.py": b"", "lib/app.py": b"x = 1\n",
        "lib/tasks.py": b"save = print\n"}),
    ("moved_name", {
        "main.py": b"from utils import Net\nprint(Net)\n", "utils.py": b"x = 1\n",
        "model.py": b"class Net:\n    pass\n", "other.py": b"from utils import Net\nNet()\n"}),
    ("moved_name", {
        "main.py": b"from utils import Net\nprint(Net)\n", "utils.py": b"x = 1\n",
        "model.py": b"class Net:\n    pass\n",
        "other.py": b"try:\n    from utils import Net\nexcept ImportError:\n    Net = None\n"}),
    ("collections_abc", {"main.py": b"from collections import OrderedDict, Mapping as M\nprint(M, OrderedDict)\n"}),
    ("removed_name", {"main.py": b"import collections\nprint(collections.Iterable, collections.deque)\n"}),
    ("yaml_floats", {
        "main.py": b"import yaml\nc = yaml.safe_load(open('c.yaml'))\nprint(c['lr'] * 2.0)\n",
        "c.yaml": b"lr: 1e-9  # rate\neps: 1.5e5\nname: 1e-9x\n"}),
    ("misplaced_file", {"main.py": b"print(open('../conf/settings.ini').read())\n", "data/settings.ini": b"[a]\n"}),
    ("output_folder", {
        "main.py": b"def save(x):\n    with open('out/deep/a.txt', 'w') as stream:\n        stream.write(x)\n\n\n"
        b"save('1')\n"}),
    ("misplaced_file", {
        "main.py": b"import os\nprint(open(os.path.join('..', 'conf', 'settings.ini')).read())\n",
        "conf/settings.ini": b"[a]\n"}),
    ("misplaced_file", {
        "main.py": b"BASE = '/home/somebody/project/'\nprint(open(BASE + 'conf/settings.ini').read())\n",
        "conf/settings.ini": b"[a]\n"}),
    ("misplaced_file", {
        "main.py": b"import yaml\nc = yaml.safe_load(open('c.yaml'))\nprint(open(c['data']).read())\n",
        "c.yaml": b"data: ../data/a.txt  # points\n", "data/a.txt": b"1"}),
    ("misplaced_file", {
        "main.py": b"import os\nimport sys\n\nif not os.path.exists('config.yaml'):\n"
        b"    print('ERROR - Configuration file config.yaml not found.', file=sys.stderr)\n    sys.exit(1)\n",
        "configs/config.yaml": b"a: 1\n"}),
    ("text_encoding", {
        "main.py": b"def load(path):\n    with open(path) as stream:\n        return stream.read()\n\n\n"
        b"print(load('a.txt'))\n", "a.txt": "caf\u00e9 \u201cx\u201d\n".encode("cp1252")}),
    ("text_encoding", {
        "main.py": b"from pathlib import Path\nprint(Path('a.txt').read_text(encoding='utf-8'))\n",
        "a.txt": "caf\u00e9\n".encode("utf-16")}),
    ("missing_import", {"main.py": b"import json\n\nprint(os.path.join('a', json.dumps(1)))\n"}),
    ("missing_import", {"main.py": b"from typing import List\n\n\ndef f(x: Optional[int]) -> List:\n    return [x]\n"}),
    ("missing_import", {"main.py": b"print(datetime.now() is None)\n"}),
    ("missing_import", {"main.py": b"print(twice(2))\n", "work.py": b"def twice(x):\n    return 2 * x\n"}),
    ("missing_import", {"main.py": b"for i in xrange(3):\n    print(i)\n"}),
    ("misplaced_module", {
        "main.py": b"from core.trainer import run\nrun()\n",
        "core/trainer.py": b"from helpers import twice\nimport scale as s\n\n\ndef run():\n    print(twice(s.SIZE))\n",
        "core/helpers.py": b"def twice(x):\n    return 2 * x\n", "core/scale.py": b"SIZE = 2\n"}),
    ("stray_quotes", {"main.py": b"print(1)\n\"\"\"\n"}),
    ("typographic_characters", {"main.py": "print(\u201ca\u201d)\nprint(2 \u2212 1)\n".encode()}),
    ("print_statements", {"main.py": b"for i in range(2):\n    print 'a', i,\nprint 'b' % ()  # why\n"}),
    ("bare_walrus", {"main.py": b"n := 3\nprint(n)\n"}),
    ("bare_walrus", {"main.py": b"print(1, end=m := str(2))\n"}),
    ("numpy_alias", {"main.py": b"import numpy as n\nprint(n.zeros(2, dtype=n.float), n.Inf)\n"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "files"), REAL, ids=lambda value: value if isinstance(value, str) else "")
def test_a_fixer_mends_what_really_fails(name: str, files: dict[str, bytes], verify: Verify) -> None:
    tree = Tree(files)
    before = verify(tree, Rung.runs)
    assert not before.verified
    used, edited = first_fix(tree, before)
    assert used == name
    after = verify(edited, Rung.runs)
    again = first_fix(edited, after)[1] if not after.verified else edited
    assert verify(again, Rung.runs).verified, after.failure


def test_the_folder_of_a_path_object_is_made_wherever_the_program_was_started(verify: Verify) -> None:
    code = (
        b"from pathlib import Path\n\n\ndef save(path):\n    path.write_text('1')\n\n\nsave(Path('out/deep/a.txt'))\n"
    )
    tree = Tree({"main.py": code})
    used, edited = first_fix(tree, verify(tree, Rung.runs))
    assert used == "output_folder"
    assert lines_modified(tree, edited) == LineCount(python=1)
    assert b"    path.parent.mkdir(parents=True, exist_ok=True)\n    path.write_text" in edited.files["main.py"]
    assert verify(edited, Rung.runs).verified


@pytest.mark.parametrize(
    ("code", "mended"),
    [
        (b"import os, sys\nopen('a/b/c.txt', 'w')\n", b"os.makedirs(\"a/b\", exist_ok=True)\n"),
        (b"import os\nos.mkdir('a/b')\n", b"os.makedirs('a/b')\n"),
        (b"from pathlib import Path\nPath('a/b').mkdir(exist_ok=True)\n", b".mkdir(exist_ok=True, parents=True)\n"),
        (b"from pathlib import Path\nPath('a/b').mkdir()\n", b"Path('a/b').mkdir(parents=True)\n"),
        (b"from pathlib import Path\nPath('a/b').mkdir(parents=False)\n", b".mkdir(parents=True)\n"),
        (b"from pathlib import Path\nopen('a/b/c.txt', 'w')\n", b'Path("a/b").mkdir(parents=True, exist_ok=True)\n'),
        (b"import pathlib\nopen('a/c.txt', 'w')\n", b'pathlib.Path("a").mkdir(parents=True, exist_ok=True)\n'),
        (b"from pathlib import Path\np = Path('a/c')\nwith p.open('w') as f:\n    f.write('1')\n",
         b"p.parent.mkdir(parents=True, exist_ok=True)\nwith p.open"),
    ],
)  # fmt: skip
def test_a_folder_costs_one_line_where_the_file_has_what_it_takes(code: bytes, mended: bytes, verify: Verify) -> None:
    tree = Tree({"main.py": code})
    used, edited = first_fix(tree, verify(tree, Rung.runs))
    assert used == "output_folder"
    assert mended in edited.files["main.py"]
    assert lines_modified(tree, edited) == LineCount(python=1)
    assert verify(edited, Rung.runs).verified


def test_a_file_that_stands_in_the_way_of_a_package_is_renamed_for_those_who_mean_it() -> None:
    tree = Tree({
        "main.py": b"from tabulate import render\nimport tabulate as t\nprint(render(t.SIZE))\n",
        "tabulate.py": b"from tabulate import tabulate\n\nSIZE = [[1]]\n\n\ndef render(x):\n    return tabulate(x)\n",
        "table.py": b"from tabulate import tabulate\n",
    })  # fmt: skip
    message = (
        "cannot import name 'tabulate' from partially initialized module 'tabulate': tabulate.py of the repository "
        "stands in the way of the package tabulate; give it another name"
    )
    used, edited = first_fix(tree, said(tree, "ImportError", message, "tabulate.py", 1))
    assert used == "shadowing_module"
    assert edited.files == {
        "main.py": b"from local_tabulate import render\nimport local_tabulate as t\nprint(render(t.SIZE))\n",
        "local_tabulate.py": tree.files["tabulate.py"],
        "table.py": tree.files["table.py"],
    }
    assert lines_modified(tree, edited) == LineCount(python=2)


def _failing(tree: Tree, message: str, file: str, line: int) -> Verdict:
    verdict = said(tree, "ModuleNotFoundError", message, file, line)
    frame = Frame(file=file, line=line, function="<module>", in_repository=True)
    assert verdict.failure
    return verdict.model_copy(update={"failure": verdict.failure.model_copy(update={"frames": (frame,)})})


@pytest.mark.parametrize(
    "other",
    [
        b"from utils import Net\nNet()\n",
        b"try:\n    from utils import Net\nexcept ImportError:\n    Net = None\n",
    ],
)
def test_who_only_imports_a_name_is_not_who_defines_it(other: bytes) -> None:
    tree = Tree({"main.py": b"from utils import Net\nprint(Net)\n", "utils.py": b"x = 1\n", "other.py": other})
    message = "cannot import name 'Net' from 'utils' (/workspace/utils.py)"
    assert first_fix(tree, said(tree, "ImportError", message, "main.py", 1)) == ("", tree)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (b"from utils import Net; import os\nprint(os.sep)\n", 1),
        (b"import os; from utils import Net\nprint(os.sep)\n", 1),
        (b"from utils import (\n    Net,\n); import os\nprint(os.sep)\n", 1),
        (b"import os\nif os.sep: from utils import Net\nprint(os.sep)\n", 2),
    ],
)
def test_an_import_without_use_takes_no_other_statement_of_its_lines_with_it(code: bytes, line: int) -> None:
    tree = Tree({"main.py": code, "utils.py": b"x = 1\n"})
    message = "cannot import name 'Net' from 'utils' (/workspace/utils.py)"
    assert first_fix(tree, said(tree, "ImportError", message, "main.py", line)) == ("", tree)


@pytest.mark.parametrize("end", [b"", b";", b"  # the model", b"; # the model"])
def test_an_import_without_use_goes_with_its_comment(end: bytes) -> None:
    code = b"import os\nfrom utils import Net" + end + b"\nprint(os.sep)\n"
    tree = Tree({"main.py": code, "utils.py": b"x = 1\n"})
    message = "cannot import name 'Net' from 'utils' (/workspace/utils.py)"
    used, edited = first_fix(tree, said(tree, "ImportError", message, "main.py", 2))
    assert (used, edited.files["main.py"]) == ("unused_import", b"import os\nprint(os.sep)\n")


LINES = frozenset(
    {"unused_import", "moved_name", "missing_import", "misplaced_module", "output_folder", "text_encoding",
     "numpy_alias"}
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "files"), {name: files for name, files in REAL if name in LINES}.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_lines_that_end_in_a_carriage_return_alone_are_left_to_others(
    name: str, files: dict[str, bytes], verify: Verify
) -> None:
    tree = Tree({path: b"# of\r# old\r" + text if path.endswith(".py") else text for path, text in files.items()})
    verdict = verify(tree, Rung.runs)
    assert not verdict.verified, name
    assert first_fix(tree, verdict) == ("", tree)


def test_a_script_in_a_folder_imports_its_neighbours_by_the_name_that_they_have_there() -> None:
    script = b"from src.utils import mean\nfrom src.model import double\n\nprint(double(mean([1])))\n"
    tree = Tree({"src/train.py": script, "src/utils.py": b"mean = sum\n", "src/model.py": b"double = str\n"})
    used, edited = first_fix(tree, _failing(tree, "No module named 'src'", "src/train.py", 1))
    assert used == "misplaced_module"
    assert edited.text("src/train.py").startswith("from utils import mean\nfrom model import double\n")


def test_a_script_beside_the_package_that_it_imports_looks_for_it_above() -> None:
    script = b"import sys\n\nfrom work.model import Net\n\nprint(Net, sys.argv)\n"
    tree = Tree({"scripts/run.py": script, "work/__init__.py": b"", "work/model.py": b"class Net:\n    pass\n"})
    used, edited = first_fix(tree, _failing(tree, "No module named 'work'", "scripts/run.py", 3))
    assert used == "misplaced_module"
    assert edited.text("scripts/run.py") == (
        "from pathlib import Path\nimport sys\n\nsys.path.insert(0, str(Path(__file__).resolve().parents[1]))\n"
        "from work.model import Net\n\nprint(Net, sys.argv)\n"
    )


@pytest.mark.parametrize(
    ("imports", "added", "lines"),
    [
        (b"import os, sys\n", 'sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))\n', 1),
        (
            b"import sys\nfrom pathlib import Path\n",
            "sys.path.insert(0, str(Path(__file__).resolve().parents[1]))\n",
            1,
        ),
        (b"import pathlib\n", "sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))\n", 2),
        (
            b"",
            "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).resolve().parents[1]))\n",
            3,
        ),
    ],
)
def test_a_script_looks_above_with_what_it_has_imported_by_then(imports: bytes, added: str, lines: int) -> None:
    script = imports + b"from work.model import Net\nimport sys\n\nprint(Net, sys.argv)\n"
    tree = Tree({"scripts/run.py": script, "work/__init__.py": b"", "work/model.py": b"class Net:\n    pass\n"})
    failing = _failing(tree, "No module named 'work'", "scripts/run.py", imports.count(b"\n") + 1)
    used, edited = first_fix(tree, failing)
    assert used == "misplaced_module"
    assert added + "from work" in edited.text("scripts/run.py")
    assert lines_modified(tree, edited) == LineCount(python=lines)


CUDA = [
    (b"device = torch.device('cuda')\n", b"device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')\n"),
    (b"net = Net().cuda()\n", b'net = Net().to("cuda" if torch.cuda.is_available() else "cpu")\n'),
    (b"def f(device=\"cuda:0\"):\n    pass\n",
     b'def f(device="cuda:0" if torch.cuda.is_available() else "cpu"):\n    pass\n'),
    (b"x = torch.zeros(2, device='cuda')\n",
     b"x = torch.zeros(2, device='cuda' if torch.cuda.is_available() else 'cpu')\n"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), CUDA)
def test_a_gpu_is_asked_for_before_it_is_used(line: bytes, expected: bytes) -> None:
    tree = Tree({"main.py": b"import torch\n" + line})
    used, edited = first_fix(tree, said(tree, "AssertionError", "Torch not compiled with CUDA enabled", "main.py", 2))
    assert used == "hard_coded_cuda"
    assert edited.files["main.py"] == b"import torch\n" + expected
    assert lines_modified(tree, edited) == LineCount(python=1)


def test_a_choice_of_device_that_is_made_already_is_left_alone() -> None:
    code = b"import torch\ndevice = 'cuda' if torch.cuda.is_available() else 'cpu'\nif kind == 'cuda':\n    x = 1\n"
    tree = Tree({"main.py": code})
    assert first_fix(tree, said(tree, "AssertionError", "Torch not compiled with CUDA enabled", "main.py", 2))[0] == ""


def test_a_comment_that_is_not_utf8_is_written_as_utf8() -> None:
    tree = Tree({"main.py": b"print(1)  # caf\xe9\n"})
    used, edited = first_fix(tree, said(tree, "SyntaxError", "Non-UTF-8 code starting with '\\xe9' on line 1"))
    assert (used, edited.files["main.py"]) == ("source_encoding", "print(1)  # café\n".encode())


def test_yaml_keeps_its_comments_and_what_is_no_number() -> None:
    tree = Tree({"c.yaml": b"lr: 1e-9  # rate\nlist: [2E5, 1.0e-3]\nname: 1e-9x\nquoted: '1e-9'\n"})
    _, edited = first_fix(tree, said(tree, "TypeError", "can't multiply sequence by non-int of type 'str'"))
    assert edited.files["c.yaml"] == b"lr: 1.0e-9  # rate\nlist: [2.0e+5, 1.0e-3]\nname: 1e-9x\nquoted: '1e-9'\n"


@pytest.mark.parametrize(
    ("exception", "message", "line"),
    [
        ("ModuleNotFoundError", "No module named 'openpyxl'", "openpyxl"),
        ("ImportError", "Missing optional dependency 'tabulate'. Use pip or conda to install tabulate.", "tabulate"),
        ("ModuleNotFoundError", "No module named 'sklearn.utils'", "scikit-learn"),
    ],
)
def test_a_distribution_that_nothing_imports_by_name_is_declared(exception: str, message: str, line: str) -> None:
    tree = Tree({"main.py": b"import pandas\n", "requirements.txt": b"pandas"})
    name, edited = first_fix(tree, said(tree, exception, message))
    assert name == "missing_distribution"
    assert edited.files["requirements.txt"].splitlines() == [b"pandas", line.encode()]


@pytest.mark.parametrize(
    ("files", "exception", "message"),
    [
        ({"main.py": b"import utils\n"}, "ModuleNotFoundError", "No module named 'utils'"),
        ({"main.py": b"x"}, "ModuleNotFoundError", "No module named 'quantum_flux_helper_zz'"),
        ({"main.py": b"x = open('a/b.txt')\n"}, "FileNotFoundError", "[Errno 2] No such file or directory: 'a/b.txt'"),
        ({"main.py": b"x", "a/c.ini": b"", "b/c.ini": b""},
         "FileNotFoundError", "[Errno 2] No such file or directory: 'c.ini'"),
        ({"main.py": b"from .utils import f\nf()\n"}, "ImportError",
         "attempted relative import with no known parent package"),
        ({"main.py": b"from spectra import orthonormal_factor\nprint(orthonormal_factors(3))\n",
          "spectra.py": b"def orthonormal_factors(n):\n    return n\n"}, "ImportError",
         "cannot import name 'orthonormal_factor' from 'spectra' (/workspace/spectra.py)"),
        ({"main.py": b"from .utils import f\n__all__ = ['f']\n"}, "ImportError",
         "attempted relative import with no known parent package"),
        ({"main.py": b"from utils import f\n", "utils.py": b"", "other.py": b"from main import f\n"}, "ImportError",
         "cannot import name 'f' from 'utils' (/workspace/utils.py)"),
        ({"main.py": b"from a import f\nf()\n", "a.py": b"", "b.py": b"import main\ndef f(): pass\n"}, "ImportError",
         "cannot import name 'f' from 'a' (/workspace/a.py)"),
        ({"main.py": b"from a import f\nf()\n", "a.py": b"", "b.py": b"f = 1\n", "c.py": b"f = 2\n"}, "ImportError",
         "cannot import name 'f' from 'a' (/workspace/a.py)"),
        ({"main.py": b"from numpy import f\n", "numpy_like.py": b"f = 1\n"}, "ImportError",
         "cannot import name 'f' from 'numpy' (/usr/lib/site-packages/numpy/__init__.py)"),
        ({"main.py": b"from ..up import f\n"}, "ImportError", "attempted relative import with no known parent package"),
        ({"main.py": b"x", "c.yaml": b"a: 1\n"}, "TypeError", "'<' not supported between instances of 'str' and 'int'"),
        ({"main.py": b"x"}, "KeyError", "'rate'"),
        ({"main.py": b"print(rate)\n"}, "NameError", "name 'rate' is not defined"),
        ({"main.py": b"print(f())\n", "a.py": b"def f(): pass\n", "b.py": b"def f(): pass\n"},
         "NameError", "name 'f' is not defined"),
        ({"main.py": b"print(np)\nif False:\n    import numpy as np\n"}, "NameError", "name 'np' is not defined"),
        ({"main.py": b"open('a.txt').read()\n", "a.txt": b"caf\xe9", "b.txt": b"caf\xe9"}, "UnicodeDecodeError",
         "'utf-8' codec can't decode byte 0xe9 in position 3: unexpected end of data"),
        ({"main.py": b"open('a.txt').read()\n", "a.txt": b"caf\xe9"}, "UnicodeDecodeError",
         f"'utf-8' codec can't decode byte 0xe9 in position {'3' * 5000}: unexpected end of data"),
        ({"main.py": b"x", "requirements.txt": b"rich==1\n"}, "RuntimeError",
         f"the pin rich==1 (requirements.txt:{'1' * 5000}) does not go with what else is declared"),
        ({"main.py": b"open('b/c.ini')\nopen('b/c.ini')\n", "a/c.ini": b""},
         "FileNotFoundError", "[Errno 2] No such file or directory: 'b/c.ini'"),
    ],
)  # fmt: skip
def test_in_doubt_no_fixer_does_anything(files: dict[str, bytes], exception: str, message: str) -> None:
    tree = Tree(files)
    assert first_fix(tree, said(tree, exception, message, "main.py", 1)) == ("", tree)
