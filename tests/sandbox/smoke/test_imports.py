"""Rung 2: which modules are meant to be imported, and what importing them shows."""

import pytest

from sandbox.fake import LocalRunner
from sandbox.job import Job
from sandbox.smoke.imports import Imported, meant_to_import, run_imports
from sandbox.smoke.modules import Modules
from sandbox.tree import Tree
from sandbox.verdict import Outcome


def _tree(files: dict[str, str]) -> Tree:
    return Tree({path: text.encode() for path, text in files.items()})


def _names(files: dict[str, str], *entries: str, folders: tuple[str, ...] = ("",)) -> set[str]:
    tree = _tree(files)
    return set(meant_to_import(tree, Modules.of(tree), entries, folders)[0])


def _import(files: dict[str, str], *names: str, needed: tuple[str, ...] = ()) -> Imported:
    job = Job((), _tree(files), None)
    return run_imports(LocalRunner(), job, names, needed=frozenset(needed or names), folders=("",))


GUARDED = "if __name__ == '__main__':\n    pass\n"


def test_what_the_entry_point_needs_and_the_modules_of_packages_are_imported():
    files = {
        "main.py": "import a\n" + GUARDED,
        "a.py": "from pkg import b\n",
        "pkg/__init__.py": "",
        "pkg/b.py": "",
        "pkg/unused.py": "",
        "pkg/__main__.py": "print(1)\n",
        "unrelated.py": "",
        "tests/test_a.py": "",
        "setup.py": "",
    }
    assert _names(files, "main.py") == {"main", "a", "pkg", "pkg.b", "pkg.unused"}


def test_a_script_that_works_when_imported_is_left_to_the_smoke_run():
    assert _names({"main.py": "import a\nprint(a.x)\n", "a.py": "x = 1\n"}, "main.py") == {"a"}
    assert _names({"main.py": "import a\n" + GUARDED, "a.py": "print('hi')\n"}, "main.py") == {"main", "a"}


def test_what_is_imported_only_where_it_is_there_is_not_needed():
    assert _names(
        {"main.py": "try:\n    import a\nexcept ImportError:\n    a = None\n" + GUARDED, "a.py": ""}, "main.py"
    ) == {"main"}


def test_without_an_entry_point_all_modules_are_imported():
    assert _names({"a.py": "x = 1\n", "b/__init__.py": ""}) == {"a", "b"}


def test_names_start_from_the_folder_that_is_on_the_path():
    assert _names({"src/main.py": "import a\n" + GUARDED, "src/a.py": ""}, "src/main.py", folders=("src",)) == {
        "main",
        "a",
    }


def test_each_module_is_tried_although_another_one_crashes():
    files = {"a.py": "import os\nos._exit(3)\n", "b.py": "x = 1\n", "c.py": "import b\n"}
    imported = _import(files, "a", "b", "c")
    assert (imported.judged.outcome, imported.modules) == (Outcome.passed, 3)
    assert "module a ends the program" in imported.notes[0]


def test_a_segmentation_fault_at_import_is_the_code_s_fault():
    imported = _import({"a.py": "import ctypes\nctypes.string_at(0)\n", "b.py": ""}, "a", "b")
    assert imported.judged.outcome is Outcome.failed
    assert imported.modules == 2


def test_the_first_failure_counts_and_its_frames_are_the_repository_s_own():
    imported = _import({"a.py": "import b\n", "b.py": "x = {}['k']\n"}, "a", "b")
    failure = imported.judged.failure
    assert failure is not None
    assert (failure.step, failure.exception) == ("import", "KeyError")
    assert [frame.function for frame in failure.frames] == ["<module>", "<module>"]


@pytest.mark.parametrize(("needed", "outcome"), [(("a",), Outcome.blocked), (("b",), Outcome.passed)])
def test_what_is_withheld_matters_only_for_modules_that_the_entry_point_needs(needed, outcome):
    imported = _import({"a.py": "import os\nos.environ['HF_TOKEN']\n", "b.py": ""}, "a", "b", needed=needed)
    assert imported.judged.outcome is outcome
    assert bool(imported.notes) == (outcome is Outcome.passed)


def test_a_module_that_never_finishes_is_named():
    from dataclasses import replace

    from sandbox.settings import Limits

    job = replace(Job((), _tree({"a.py": "", "b.py": "while True: pass\n"}), None), limits=Limits(wall_seconds=1))
    imported = run_imports(LocalRunner(), job, ("a", "b"), needed=frozenset(), folders=("",))
    assert imported.judged.outcome is Outcome.exhausted
    assert imported.judged.failure is not None
    assert imported.judged.failure.message.startswith("importing b:")
