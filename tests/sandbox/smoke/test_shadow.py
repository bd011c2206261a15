"""A file of the repository that has a package's name is told apart from a name that is merely missing."""

from __future__ import annotations

import pytest

from sandbox.smoke.shadow import shadowed
from sandbox.traceback import make_frame
from sandbox.tree import Tree
from sandbox.verdict import Failure


def _failure(message: str, *places: str, tree: Tree) -> Failure:
    frames = tuple(make_frame(place, 1, "<module>", "import x", tree) for place in places)
    return Failure(
        step="import", kind="exception", exception="ImportError", message=message, frames=frames, signature="x"
    )


def _said(message: str, *places: str, files: dict[str, str]) -> str:
    tree = Tree({name: text.encode() for name, text in files.items()})
    return shadowed(_failure(message, *places, tree=tree), tree).message.removeprefix(message)


NUMPY = "cannot import name 'array' from 'numpy' (/workspace/numpy.py)"
SELF = (
    "cannot import name 'Converter' from partially initialized module 'pdf2docx' (most likely due to a circular "
    "import) (/workspace/pdf2docx.py)"
)


@pytest.mark.parametrize(
    ("message", "places", "files", "named"),
    [
        (NUMPY, ("/workspace/main.py", "/env/site-packages/pandas/__init__.py"), {"numpy.py": ""}, "package numpy"),
        (NUMPY, ("/workspace/main.py",), {"numpy.py": "", "requirements.txt": "numpy\n"}, "package numpy"),
        (SELF, ("/workspace/main.py", "/workspace/pdf2docx.py"), {"pdf2docx.py": ""}, "package pdf2docx"),
        (
            "cannot import name 'choice' from 'random' (/workspace/random.py)",
            ("/workspace/main.py",),
            {"random.py": ""},
            "standard library's module random",
        ),
        (
            "module 'queue' has no attribute 'Queue'",
            ("/workspace/main.py",),
            {"queue.py": ""},
            "standard library's module queue",
        ),
        (
            "No module named 'datasets.load'; 'datasets' is not a package",
            ("/workspace/main.py",),
            {"datasets.py": "", "requirements.txt": "datasets\n"},
            "package datasets",
        ),
    ],
)
def test_the_file_that_stands_in_the_way_is_said(
    message: str, places: tuple[str, ...], files: dict[str, str], named: str
) -> None:
    said = _said(message, *places, files={"main.py": "", **files})
    assert named in said
    assert "give it another name" in said


@pytest.mark.parametrize(
    ("message", "files"),
    [
        ("cannot import name 'Converter' from 'converter' (/workspace/converter.py)", {"converter.py": ""}),
        (NUMPY, {"numpy.py": ""}),
        ("cannot import name 'array' from 'numpy' (/env/site-packages/numpy/__init__.py)", {"lib/numpy.py": ""}),
        ("module 'torch' has no attribute 'cuda_is_available'", {"main.py": ""}),
        ("No module named 'utils'", {"a/utils.py": ""}),
    ],
)
def test_a_name_that_the_repository_s_own_module_lacks_is_left_as_it_is(message: str, files: dict[str, str]) -> None:
    assert _said(message, "/workspace/main.py", files={"main.py": "", **files}) == ""
