"""Requirements that do not go together: one line is loosened, or the release that goes with the rest is asked for."""

from __future__ import annotations

import pytest

from p2c.repair.fixers import FIXERS, Case
from p2c.repair.fixers.requirements import without_specifier
from sandbox.tree import Tree
from sandbox.verdict import Environment, Failure, Frame, Outcome, Rung, Verdict


def _case(
    files: dict[str, str], message: str, *, kind: str = "requirement",
    lock: str = "", library: str = "", evidence: str = "",
) -> Case:  # fmt: skip
    tree = Tree({path: text.encode() for path, text in files.items()})
    frames = [Frame(file="main.py", line=1, function="<module>", in_repository=True)]
    if library:
        frames.append(Frame(file=library, line=9, function="step", in_repository=False))
    failure = Failure.model_validate({
        "step": "install" if kind == "requirement" else "smoke", "kind": kind, "message": message,
        "exception": None if kind == "requirement" else message.partition(":")[0], "signature": message,
        "evidence": evidence, "frames": frames,
    })  # fmt: skip
    environment = Environment(key="k", python="3.11", lock=lock, seconds=1.0, reused=True) if lock else None
    return Case(
        tree,
        Verdict(
            repository="r", tree=tree.digest(), rung=Rung.parses, outcome=Outcome.failed, summary="s",
            failure=failure, environment=environment,
        ),
    )  # fmt: skip


def _fixed(case: Case) -> tuple[str, dict[str, str]]:
    for fixer in FIXERS:
        fix = fixer(case)
        if fix is not None:
            return fixer.__name__, {path: content.decode() for path, content in fix.changes.items()}
    return "", {}


def test_of_two_pins_the_one_that_the_other_depends_on_is_loosened() -> None:
    said = (
        "the requirements cannot be satisfied: pandas==3.0.0 depends on numpy>=1.26.0 and you require numpy==1.24.4, "
        "we can conclude that your requirements and pandas==3.0.0 are incompatible"
    )
    case = _case({"requirements.txt": "numpy==1.24.4\npandas==3.0.0\n"}, said)
    assert _fixed(case) == ("version_conflict", {"requirements.txt": "numpy\npandas==3.0.0\n"})


def test_a_version_that_does_not_exist_is_loosened() -> None:
    said = "the requirements cannot be satisfied: there is no version of torch==9.9.9 and you require torch==9.9.9"
    case = _case({"requirements.txt": "numpy\ntorch==9.9.9\n"}, said)
    assert _fixed(case) == ("version_conflict", {"requirements.txt": "numpy\ntorch\n"})


def test_a_pin_that_no_longer_imports_with_what_is_around_it_is_loosened() -> None:
    said = (
        "ImportError: cannot import name 'escape' from 'jinja2': the pin flask==1.1.2 (requirements.txt:1) does not go "
        "with what else is installed today; loosen it"
    )
    case = _case({"requirements.txt": "Flask==1.1.2\n"}, said, kind="exception")
    assert _fixed(case) == ("version_conflict", {"requirements.txt": "Flask\n"})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("numpy==1.24.4", "numpy"),
        ("numpy >= 1.2, < 2 ; python_version > '3'  # why", "numpy ; python_version > '3'  # why"),
        ('    "numpy~=1.24",', '    "numpy",'),
        ("numpy[extra]<=1.5", "numpy[extra]"),
        ("numpy-financial==1.0", None),
        ("numpy", None),
    ],
)
def test_only_the_version_is_taken_out_of_a_line(line: str, expected: str | None) -> None:
    content = without_specifier(f"# first\n{line}\n".encode(), 2, "numpy")
    assert content == (f"# first\n{expected}\n".encode() if expected else None)


@pytest.mark.parametrize(
    ("message", "library", "lock", "line"),
    [
        ("ModuleNotFoundError: No module named 'pkg_resources'", "", "numpy==2.4.6\n", "setuptools<82"),
        ("AttributeError: module 'numpy' has no attribute 'bool8'",
         "/store/envs/x/lib/python3.11/site-packages/gym/utils/passive_env_checker.py", "numpy==2.4.6\n", "numpy<2"),
        ("ImportError: cannot import name 'triu' from 'scipy.linalg' (/store/x.py)",
         "/store/envs/x/lib/python3.11/site-packages/gensim/matutils.py", "scipy==1.17.1\n", "scipy<1.13"),
    ],
)  # fmt: skip
def test_the_release_that_a_library_was_written_for_is_required(
    message: str, library: str, lock: str, line: str
) -> None:
    files = {"main.py": "import numpy as np\n", "requirements.txt": "requests\n"}
    case = _case(files, message, kind="exception", lock=lock, library=library)
    assert _fixed(case) == ("old_library", {"requirements.txt": f"requests\n{line}\n"})


def test_a_line_on_the_same_library_is_written_anew_instead_of_doubled() -> None:
    library = "/store/envs/x/lib/python3.11/site-packages/gym/core.py"
    case = _case(
        {"main.py": "import gym\n", "requirements.txt": "gym\nNumPy>=1.20\n"},
        "AttributeError: module 'numpy' has no attribute 'bool8'", kind="exception", lock="numpy==2.4.6\n",
        library=library,
    )  # fmt: skip
    assert _fixed(case) == ("old_library", {"requirements.txt": "gym\nnumpy<2\n"})


def test_what_the_repository_itself_uses_is_mended_there_and_not_by_an_old_release() -> None:
    case = _case(
        {"main.py": "import numpy as np\nx = np.float_(1)\n"},
        "AttributeError: module 'numpy' has no attribute 'float_'", kind="exception", lock="numpy==2.4.6\n",
    )  # fmt: skip
    assert _fixed(case) == ("numpy_alias", {"main.py": "import numpy as np\nx = np.float64(1)\n"})
