"""Reading what a repository declares."""

from __future__ import annotations

import pytest

from sandbox.requirements.declared import BUILT_IN, Declarations, read_declared
from sandbox.tree import Tree


def of(**files: str) -> Declarations:
    names = {"requirements": "requirements.txt", "pyproject": "pyproject.toml", "setup_py": "setup.py"}
    names |= {"setup_cfg": "setup.cfg", "environment": "environment.yml", "pipfile": "Pipfile"}
    return read_declared(Tree({names[key]: text.encode() for key, text in files.items()}))


def pins(found: Declarations) -> dict[str, str]:
    return {item.distribution: item.specifier for item in found.declared}


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://evil.example/simple",
        "-i https://evil.example/simple",
        "--extra-index-url https://user:secret@evil.example/simple",
        "--find-links https://evil.example",
        "-f ./wheels",
        "--trusted-host evil.example",
        "-e git+https://evil.example/x.git#egg=x",
        "-e .",
        "git+https://evil.example/x.git",
        "x @ git+ssh://git@evil.example/x.git",
        "x @ file:///etc",
        "x @ https://evil.example/x-1.0-py3-none-any.whl",
        "file:///tmp/x.whl",
        "../sibling",
        "./local",
        "/abs/x-1.0.tar.gz",
        "https://evil.example/x.tar.gz",
        "C:\\x.whl",
        "x-1.0-py3-none-any.whl",
    ],
)
def test_a_line_that_says_where_packages_come_from_is_refused(line: str) -> None:
    found = of(requirements=f"numpy\n{line}\nscipy\n")
    assert pins(found) == {"numpy": "", "scipy": ""}
    [refused] = found.refused
    assert refused.line == 2
    assert "secret" not in refused.name


def test_a_requirements_file_is_read_as_pip_reads_it() -> None:
    text = (
        "# comment\n\nNumPy == 1.26.4  # pinned\nscipy>=1.10,<2 ; python_version >= '3.9'\n"
        "old==1 ; python_version < '3.0'\npywin32; sys_platform == 'win32'\nuvicorn[standard]\njax[cuda12]==0.4.30\n"
        "six==1.16.0 \\\n    --hash=sha256:abc\ntorch==2.1.0+cu118\npandas=2.0.0\n-r other.txt\n"
    )
    found = of(requirements=text)
    assert pins(found) == {
        "numpy": "==1.26.4", "scipy": "<2,>=1.10", "uvicorn": "", "jax": "==0.4.30", "six": "==1.16.0",
        "torch": "==2.1.0", "pandas": "==2.0.0",
    }  # fmt: skip
    extras = {item.distribution: item.extras for item in found.declared}
    assert extras["uvicorn"] == ("standard",)
    assert extras["jax"] == ()
    assert not found.refused


def test_import_names_and_the_standard_library_in_a_requirements_file_are_understood() -> None:
    assert pins(of(requirements="sklearn\ncv2\nPIL\nos\njson\nargparse\npython>=3.8\nyaml==6.0\n")) == {
        "scikit-learn": "", "opencv-python-headless": "", "pillow": "", "pyyaml": "==6.0",
    }  # fmt: skip


def test_a_line_that_names_the_standard_library_is_to_be_deleted() -> None:
    [refused] = of(requirements="numpy\ntkinter==8.6\npip\npython>=3.8\n").refused
    assert (refused.name, refused.line, refused.reason, refused.optional) == ("tkinter==8.6", 2, BUILT_IN, True)


def test_a_line_that_is_no_requirement_is_refused_with_its_place() -> None:
    [refused] = of(requirements="numpy\nplease install torch first\n").refused
    assert (refused.file, refused.line) == ("requirements.txt", 2)


def test_prose_in_place_of_requirements_makes_one_note() -> None:
    found = of(requirements="We need Flask for the web.\nTo install it, use pip as follows.\nflask\n")
    assert (pins(found), found.refused) == ({"flask": ""}, ())
    assert found.notes == ("requirements.txt holds prose rather than requirements; 2 lines were passed over",)


def test_a_pyproject_is_read() -> None:
    text = '[project]\nname = "x"\ndependencies = ["numpy>=1.20", "b @ https://e.example/b.whl"]\n'
    text += '[project.optional-dependencies]\ndev = ["pytest==8.0"]\n'
    found = of(pyproject=text)
    assert [(i.distribution, i.specifier, i.primary, i.line) for i in found.declared] == [
        ("numpy", ">=1.20", True, 3),
        ("pytest", "==8.0", False, 5),
    ]
    assert len(found.refused) == 1


def test_poetry_and_pipfile_versions_are_translated() -> None:
    text = '[tool.poetry.dependencies]\npython = "^3.9"\nnumpy = "^1.24"\nscipy = "~1.10.1"\nsix = "*"\n'
    text += 'requests = {version = "2.31.0", extras = ["socks"]}\nmine = {path = "../mine"}\n'
    found = of(pyproject=text, pipfile='[packages]\nrich = ">=13"\n')
    assert pins(found) == {"numpy": "<2,>=1.24", "scipy": "==1.10.*", "six": "", "requests": "==2.31.0", "rich": ">=13"}
    assert [item.name for item in found.refused] == ["../../mine"]


def test_groups_extras_and_what_is_for_development_only_say_which_version_is_meant() -> None:
    poetry = '[tool.poetry.dependencies]\nuvicorn = {version = "^0.23", extras = ["standard"]}\n'
    poetry += 'pandas = [{version = "<2", python = "<3.9"}, {version = "^2.1", python = ">=3.9"}]\n'
    poetry += """pywin32 = {version = "*", markers = "sys_platform == 'win32'"}\n"""
    poetry += 'scipy = {version = "*", python = "^3.8"}\n'
    poetry += '[tool.poetry.dev-dependencies]\nblack = "*"\n[tool.poetry.group.plots.dependencies]\nseaborn = "^0.13"\n'
    poetry += '[dependency-groups]\ntest = ["pytest>=8", {include-group = "lint"}]\nlint = ["ruff"]\n'
    found = of(pyproject=poetry, pipfile='[packages]\nrich = "*"\n[dev-packages]\nmypy = "*"\n')
    assert [item.distribution for item in found.declared if item.primary] == ["rich", "uvicorn", "pandas", "scipy"]
    assert pins(found) == {
        "rich": "", "mypy": "", "uvicorn": "<0.24,>=0.23", "pandas": "<3,>=2.1", "scipy": "", "black": "",
        "seaborn": "<0.14,>=0.13", "pytest": ">=8", "ruff": "",
    }  # fmt: skip
    assert [item.extras for item in found.declared if item.distribution == "uvicorn"] == [("standard",)]
    assert (found.refused, found.notes) == ((), ())


def test_extras_of_setup_files_are_read() -> None:
    code = "from setuptools import setup\nsetup(install_requires=['numpy'], extras_require={'a': ['six==1.0']})"
    config = "[options]\ninstall_requires = numpy\n[options.extras_require]\na =\n    six==1.0\nall = %(a)s\n"
    for found in (of(setup_py=code), of(setup_cfg=config)):
        assert [(item.distribution, item.specifier, item.primary) for item in found.declared] == [
            ("numpy", "", True), ("six", "==1.0", False),
        ]  # fmt: skip
        assert not found.refused


def test_a_line_that_goes_on_over_several_keeps_its_number_and_those_after_it_theirs() -> None:
    found = of(requirements="six==1.16.0 \\\n    --hash=sha256:abc \\\n    --hash=sha256:def\n-rother.txt\nnumpy\n")
    assert [(item.distribution, item.line) for item in found.declared] == [("six", 1), ("numpy", 5)]
    assert not found.refused


def test_files_that_a_requirements_file_names_are_read_and_constraints_only_say_which_version_is_meant() -> None:
    files = {
        "requirements.txt": b"-r deps/base.txt\n-c pins.txt\n-r ../outside.txt\n-r /etc/passwd\n-r deps\n",
        "deps/base.txt": b"numpy\n-r more.list\n--requirement=../requirements.txt\n",
        "deps/more.list": b"scipy==1.10\n",
        "pins.txt": b"pandas==2.0\n",
        "notes.txt": b"six\n",
    }
    found = read_declared(Tree(files))
    assert [(item.distribution, item.file, item.primary) for item in found.declared] == [
        ("pandas", "pins.txt", False), ("numpy", "deps/base.txt", True), ("scipy", "deps/more.list", True),
    ]  # fmt: skip
    assert (found.refused, found.notes) == ((), ())


def test_one_text_in_place_of_a_list_is_one_requirement() -> None:
    assert pins(of(pyproject='[project]\nname = "x"\ndependencies = "numpy>=1"\n')) == {"numpy": ">=1"}
    assert pins(of(environment="dependencies: numpy\n")) == {"numpy": ""}


def test_setup_files_are_parsed_and_never_run() -> None:
    code = "import os\nos.abort()\nNEEDS = ['numpy>=1.20', 'six']\n"
    code += "from setuptools import setup\nsetup(install_requires=NEEDS)"
    assert pins(of(setup_py=code)) == {"numpy": ">=1.20", "six": ""}
    assert pins(of(setup_cfg="[options]\ninstall_requires =\n    numpy>=1.20\n    six  # c\n")) == {
        "numpy": ">=1.20", "six": "",
    }  # fmt: skip


def test_a_conda_environment_gives_versions_and_its_pip_part_counts() -> None:
    text = "dependencies:\n  - python=3.8\n  - pytorch::pytorch=1.7.1=py3.8_cuda\n  - numpy>=1.19\n"
    text += "  - libgcc-ng\n  - pip:\n    - einops==0.3.0\n"
    found = of(environment=text)
    assert pins(found) == {"torch": "==1.7.1.*", "numpy": ">=1.19", "libgcc-ng": "", "einops": "==0.3.0"}
    assert [item.distribution for item in found.declared if item.primary] == ["einops"]


@pytest.mark.parametrize("key", ["pyproject", "setup_py", "setup_cfg", "environment", "pipfile"])
def test_a_broken_file_is_noted_and_left_out(key: str) -> None:
    found = of(**{key: "[[[ : = def ("})
    assert not found.declared
    assert len(found.notes) == 1


@pytest.mark.parametrize(
    "level", ["[{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}]", "{{<<: [{0}, {0}, {0}, {0}, {0}, {0}]}}"]
)
def test_aliases_that_mean_billions_of_values_are_left_out(level: str) -> None:
    lines = ["a0: &a0 {x: y}", *(f"a{n}: &a{n} " + level.format(f"*a{n - 1}") for n in range(1, 30))]
    found = of(environment="\n".join([*lines, "dependencies:", "  - pip: [*a29]"]))
    assert (found.declared, len(found.notes)) == ((), 1)


def test_the_file_for_running_beats_the_file_for_development() -> None:
    tree = Tree({"requirements-dev.txt": b"numpy==1.0\npytest", "requirements.txt": b"numpy==2.0"})
    found = {item.distribution: item for item in read_declared(tree).declared}
    assert found["numpy"].specifier == "==2.0"
    assert not found["pytest"].primary


@pytest.mark.parametrize(
    ("caret", "specifier"),
    [
        ("^1.2.3", "<2,>=1.2.3"),
        ("^1", "<2,>=1"),
        ("^0.2.3", "<0.3,>=0.2.3"),
        ("^0.0.3", "<0.0.4,>=0.0.3"),
        ("^0.0", "<0.1,>=0.0"),
        ("^0", "<1,>=0"),
        ("^2.0b1", "<3,>=2.0b1"),
        ("^1.2,!=1.5", "!=1.5,<2,>=1.2"),
    ],
)
def test_a_caret_allows_what_poetry_s_documentation_says(caret: str, specifier: str) -> None:
    assert pins(of(pyproject=f'[tool.poetry.dependencies]\nnumpy = "{caret}"\n')) == {"numpy": specifier}


@pytest.mark.parametrize("version", ["^2 || ^3", "^2|^3"])
def test_alternatives_are_any_version_and_a_note(version: str) -> None:
    found = of(pyproject=f'[tool.poetry.dependencies]\nnumpy = "{version}"\nscipy = "^1"\n')
    assert pins(found) == {"numpy": "", "scipy": "<2,>=1"}
    assert found.refused == ()
    assert [note.partition(" names")[0] for note in found.notes] == [f"pyproject.toml: numpy {version}"]


def test_a_line_is_that_of_the_whole_name() -> None:
    text = '[tool.poetry.dependencies]\ntorchvision = "*"\npytorch-torch = "*"\ntorch-audio = "*"\ntorch = "*"\n'
    assert {one.distribution: one.line for one in of(pyproject=text).declared}["torch"] == 5
    conda = "dependencies:\n  - scipy-stack\n  - scipy\n"
    assert {one.distribution: one.line for one in of(environment=conda).declared}["scipy"] == 3
