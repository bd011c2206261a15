"""What a model requires and its code does not explain is left out, and said; the user's own word is heard."""

from __future__ import annotations

import pytest

from p2c.stages.explained import explained
from sandbox.tree import Tree


def tree(requirements: str, code: str = "import numpy\nfrom sklearn import svm\n", **files: str) -> Tree:
    named = {name.replace("__", "."): text.encode() for name, text in files.items()}
    return Tree({"main.py": code.encode(), "requirements.txt": requirements.encode(), **named}, frozenset({"main.py"}))


def test_what_imports_explain_stays_as_it_is():
    made = tree("numpy>=1.26\nscikit-learn\n")
    assert explained(made) == (made, ())


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("requests", "no import of the code explains it"),
        ("no-such-thing-42", "little known"),
        ("--index-url https://index.example/simple", "may not choose where packages come from"),
        ("helper @ https://index.example/h.whl", "never a URL"),
        ("git+https://index.example/h.git", "never a URL"),
        ("sklearn-evil-fork", "little known"),
    ],
)
def test_a_line_that_nothing_explains_goes_and_the_others_stay(line: str, why: str):
    left, notes = explained(tree(f"numpy>=1.26\n{line}\nscikit-learn\n"))
    assert left.text("requirements.txt") == "numpy>=1.26\nscikit-learn\n"
    assert len(notes) == 1
    assert notes[0].startswith("requirements.txt: ")
    assert why in notes[0]


def test_what_only_the_model_knows_goes_although_it_is_imported_unless_the_user_allows_it():
    made = tree("numpy\nobscure-solver\n", "import numpy\nimport obscure_solver\n")
    left, notes = explained(made)
    assert left.text("requirements.txt") == "numpy\n"
    assert "--allow obscure-solver" in notes[0]
    assert explained(made, ["Obscure_Solver"]) == (made, ())


def test_what_no_import_explains_stays_where_the_user_allows_it():
    made = tree("transformers\ntensorboard\n", "from transformers import AutoTokenizer\n")
    left, notes = explained(made)
    assert left.text("requirements.txt") == "transformers\n"
    assert "no import of the code explains it; --allow tensorboard if it is meant" in notes[0]
    assert explained(made, ["TensorBoard"]) == (made, ())


@pytest.mark.parametrize(
    ("code", "requirements"),
    [
        ("from transformers import pipeline\n", "transformers\ntorch\nsentencepiece\n"),
        ("from bs4 import BeautifulSoup\nBeautifulSoup('<a>', 'lxml')\n", "beautifulsoup4\nlxml\n"),
        ("import imageio\nimageio.mimsave('a.mp4', [])\n", "imageio\nimageio-ffmpeg\n"),
    ],
)
def test_what_an_imported_package_does_its_work_with_stays_and_goes_without_it(code: str, requirements: str):
    made = tree(requirements, code)
    assert explained(made) == (made, ())
    first, companions = requirements.split("\n", 1)
    left, notes = explained(tree(requirements, "import numpy\n"))
    assert left.text("requirements.txt") == "# nothing but Python's standard library\n"
    assert len(notes) == 1 + companions.count("\n"), first


def test_a_file_without_any_requirement_left_says_so():
    left, _ = explained(tree("requests\n", "import json\n"))
    assert left.text("requirements.txt") == "# nothing but Python's standard library\n"


def test_other_declarations_of_it_go_as_a_whole_and_code_and_documents_stay():
    made = tree(
        "numpy\n",
        "import numpy\n",
        pyproject__toml='[project]\nname = "x"\nversion = "1"\ndependencies = ["obscure-solver"]\n',
        setup__py="from setuptools import setup\nsetup(install_requires=['other-solver'])\n",
        README__md="    pip install third-solver\n",
    )
    left, notes = explained(made)
    assert sorted(left.files) == ["README.md", "main.py", "requirements.txt"]
    assert len(notes) == 2


def test_what_an_attribute_implies_is_explained():
    made = tree("pandas\nopenpyxl\n", "import pandas as pd\npd.read_excel('a.xlsx')\n")
    assert explained(made) == (made, ())


def test_the_header_of_a_script_goes_and_the_script_stays():
    header = '# /// script\n# dependencies = [\n#   "obscure-solver",\n# ]\n# ///\n'
    made = tree("numpy\n", f"{header}import numpy\nimport obscure_solver\n")
    left, notes = explained(made)
    assert left.text("main.py") == "import numpy\nimport obscure_solver\n"
    assert notes[0].startswith("main.py: its header is left out, for it declares obscure-solver")


def test_the_header_of_a_script_goes_too_where_nothing_imports_what_it_declares():
    header = '# /// script\n# dependencies = ["numpy", "obscure-solver"]\n# ///\n'
    left, notes = explained(tree("numpy\n", f"{header}import numpy\n"))
    assert left.text("main.py") == "import numpy\n"
    assert len(notes) == 1
