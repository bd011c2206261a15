"""Declarations beside the usual files: in scripts, in files that setuptools is told to read, in the documentation."""

from __future__ import annotations

import pytest

from sandbox.requirements import Inference, infer
from sandbox.requirements.declared import Declarations, read_declared
from sandbox.requirements.imports import is_support
from sandbox.tree import Tree


def _tree(files: dict[str, str]) -> Tree:
    return Tree({path: text.encode() for path, text in files.items()})


def _read(files: dict[str, str]) -> Declarations:
    return read_declared(_tree(files))


def _places(found: Declarations) -> dict[str, tuple[str, str, int | None, bool]]:
    return {one.distribution: (one.specifier, one.file, one.line, one.primary) for one in found.declared}


BLOCK = '#!/usr/bin/env python\n# /// script\n# requires-python = ">=3.11"\n# dependencies = [\n#   "requests<3",\n'
BLOCK += '#   "rich",\n# ]\n# ///\nimport requests\n'


def test_a_script_s_own_metadata_declares_what_it_needs() -> None:
    assert _places(_read({"tool.py": BLOCK})) == {
        "requests": ("<3", "tool.py", 5, True),
        "rich": ("", "tool.py", 6, True),
    }
    found = infer(_tree({"tool.py": BLOCK}))
    assert [(one.distribution, one.specifier, one.rule, one.optional) for one in found.requirements] == [
        ("requests", "<3", "declared", False),
        ("rich", "", "declared", True),
    ]


def test_the_metadata_of_a_test_only_says_which_version_is_meant() -> None:
    assert [one.primary for one in _read({"tests/test_a.py": BLOCK}).declared] == [False, False]


@pytest.mark.parametrize(
    "text",
    [
        "# /// script\n# dependencies = ['requests']\nimport requests\n",
        "# /// other\n# dependencies = ['requests']\n# ///\n",
        "# /// script\n#dependencies = ['requests']\n# ///\n",
        "x = '''\n# /// scripts\n# dependencies = ['requests']\n# ///\n'''\n",
    ],
)
def test_what_is_no_block_of_a_script_declares_nothing(text: str) -> None:
    assert _read({"tool.py": text}) == Declarations()


def test_a_block_that_is_no_toml_is_noted() -> None:
    found = _read({"tool.py": "# /// script\n# dependencies = [\n# ///\n"})
    assert (found.declared, len(found.notes)) == ((), 1)
    assert found.notes[0].startswith("tool.py: its block of script metadata is no TOML")


def test_a_block_may_not_choose_where_packages_come_from() -> None:
    found = _read({"tool.py": "# /// script\n# dependencies = ['x @ https://evil.example/x.whl', '-e .']\n# ///\n"})
    assert (found.declared, len(found.refused)) == ((), 2)


DYNAMIC = "[tool.setuptools.dynamic]\ndependencies = {file = ['deps/base.list', '../up.txt']}\n"
DYNAMIC += "[tool.setuptools.dynamic.optional-dependencies]\nplot = {file = ['deps/plot.list']}\n"
CFG = "[options]\ninstall_requires = file: deps/base.list\n[options.extras_require]\nplot = file: deps/plot.list\n"
LISTS = {"deps/base.list": "numpy>=1\n-r more.list\n", "deps/more.list": "scipy\n", "deps/plot.list": "seaborn\n"}


@pytest.mark.parametrize("naming", [{"pyproject.toml": DYNAMIC}, {"setup.cfg": CFG}])
def test_files_that_setuptools_is_told_to_read_are_read(naming: dict[str, str]) -> None:
    assert _places(_read({**naming, **LISTS})) == {
        "numpy": (">=1", "deps/base.list", 1, True),
        "scipy": ("", "deps/more.list", 1, True),
        "seaborn": ("", "deps/plot.list", 1, False),
    }
    assert _read(LISTS).declared == ()


@pytest.mark.parametrize("text", [
    "dependencies = {file = 'a.list'}\noptional-dependencies.all = {file = ['a.list']}\n",
    "optional-dependencies.all = {file = ['a.list']}\ndependencies = {file = 'a.list'}\n",
])  # fmt: skip
def test_a_file_that_an_extra_names_too_is_needed_all_the_same(text: str) -> None:
    files = {"pyproject.toml": f"[tool.setuptools.dynamic]\n{text}", "a.list": "numpy\n"}
    assert _places(_read(files)) == {"numpy": ("", "a.list", 1, True)}


def test_one_file_may_stand_in_place_of_a_list_and_its_name_says_nothing_then() -> None:
    files = {"pyproject.toml": "[tool.setuptools.dynamic]\ndependencies = {file = 'requirements-build.txt'}\n"}
    assert [one.primary for one in _read({**files, "requirements-build.txt": "numpy\n"}).declared] == [True]


@pytest.mark.parametrize(
    "dynamic", ["3", "{dependencies = 3}", "{dependencies = {file = 3}}", "{optional-dependencies = 1}"]
)
def test_settings_of_another_shape_name_no_file(dynamic: str) -> None:
    assert _read({"pyproject.toml": f"[tool.setuptools]\ndynamic = {dynamic}\n"}).declared == ()


README = """# Tool
Run `pip install scikit-learn==1.5.2` first; pip install prose and more.

```bash
$ pip3 install -U torch>=2 "numpy<3" \\
    -r requirements-absent.txt --index-url https://evil.example  # and more
python -m pip install ./local git+https://evil.example/x.git wheel.whl && echo pandas
(env) $ uv pip install 'rich[jupyter]' <your-package>
```
"""


def test_the_documentation_says_what_is_meant_where_nothing_declares_it() -> None:
    found = _read({"README.md": README})
    assert _places(found) == {
        "scikit-learn": ("==1.5.2", "README.md", 2, False),
        "torch": (">=2", "README.md", 5, False),
        "numpy": ("<3", "README.md", 5, False),
        "rich": ("", "README.md", 8, False),
    }
    assert {one.rule for one in found.declared} == {"documented"}


def test_where_something_is_declared_the_documentation_is_not_asked() -> None:
    files = {"README.md": README, "tool.py": BLOCK, "requirements.txt": "pandas\n"}
    assert {one.rule for one in _read(files).declared} == {"declared"}


def test_what_a_script_says_of_itself_does_not_make_the_repository_one_that_declares() -> None:
    found = infer(_tree({"README.md": README, "tool.py": BLOCK, "main.py": "import sklearn\nimport torch\n"}))
    assert {one.distribution: (one.specifier, one.rule) for one in found.requirements} == {
        "requests": ("<3", "declared"),
        "rich": ("", "declared"),
        "scikit-learn": ("==1.5.2", "documented"),
        "torch": (">=2", "documented"),
    }
    assert not any("imported but not declared" in note for note in found.notes)


def test_what_the_repository_declares_counts_before_what_one_script_says_of_itself() -> None:
    found = _read({"a.py": BLOCK, "requirements.txt": "requests==2.30\n"})
    assert _places(found)["requests"] == ("==2.30", "requirements.txt", 1, True)
    assert _places(_read({"a.py": BLOCK, "requirements-dev.txt": "requests==2.30\n"}))["requests"][1] == "a.py"


def _inferred(main: str) -> Inference:
    return infer(_tree({"README.md": README, "main.py": main}))


def test_what_the_documentation_names_and_no_import_needs_is_not_installed() -> None:
    found = _inferred("import sklearn\n")
    assert [(one.distribution, one.specifier, one.rule) for one in found.requirements] == [
        ("scikit-learn", "==1.5.2", "documented")
    ]
    said = "nothing declares it, and the documentation has it installed: scikit-learn (README.md:2)"
    assert found.notes == (said,)


def test_a_little_known_name_of_the_documentation_is_looked_into_and_not_believed() -> None:
    text = "```\npip install quite-unheard-of-thing\n```\n"
    found = infer(_tree({"README.md": text, "main.py": "import quite_unheard_of_thing\n"}))
    assert found.requirements == ()
    assert [(one.distribution, one.rule, one.file, one.line) for one in found.little_known] == [
        ("quite-unheard-of-thing", "documented", "README.md", 2)
    ]


def test_documents_deep_in_the_tree_are_not_read() -> None:
    assert _read({"data/README.md": README, "docs/usage.md": README.replace("torch", "flax")}).declared != ()
    assert "torch" not in _places(_read({"data/README.md": README, "docs/usage.md": README.replace("torch", "flax")}))
    assert _read({"data/README.md": README}).declared == ()


@pytest.mark.parametrize("path", ["testing/helper.py", "src/Testing/helper.py", "tests/a.py"])
def test_a_folder_of_tests_supports_the_program_and_is_no_part_of_it(path: str) -> None:
    assert is_support(path)
    (need,) = infer(_tree({path: "import numpy\n"})).requirements
    assert (need.distribution, need.optional) == ("numpy", True)
