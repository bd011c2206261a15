"""What a hostile tree has in its scripts and documents is read within bounds."""

from __future__ import annotations

import shlex

import pytest

from sandbox.requirements import bounds, infer
from sandbox.smoke.command import programs
from sandbox.smoke.entry import find_entry
from sandbox.smoke.examples import examples
from sandbox.smoke.modules import Modules
from sandbox.smoke.readme import commands
from sandbox.tree import Tree

split = shlex.split


def _tree(files: dict[str, str]) -> Tree:
    return Tree({path: text.encode() for path, text in files.items()})


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines that are split into words, as they are read."""
    found: list[str] = []

    def counted(line: str, **given: bool) -> list[str]:
        found.append(line)
        return split(line, **given)

    monkeypatch.setattr("shlex.split", counted)
    return found


def test_a_script_that_runs_itself_a_thousand_times_is_read_once(lines: list[str]) -> None:
    tree = _tree({"run.sh": "bash run.sh\nbash b.sh\n" * 500 + "python main.py\n", "b.sh": "bash run.sh\n" * 500})
    tree = tree.changed({"main.py": b"print(1)\n"})
    assert [one.path for one in programs("bash run.sh", tree, Modules.of(tree))] == ["main.py"]
    assert len(lines) < 1600


def test_a_line_that_nobody_wrote_is_not_split_into_words(lines: list[str]) -> None:
    word = "a" * (bounds.MAX_LINE + 1)
    continued = "pip install \\\n" + "a \\\n" * 10_000 + "b\n"
    files = {
        "scripts/x.sh": f"torchrun {word}\n",
        "run.sh": f"torchrun main.py\npython {word}.py\n",
        "README.md": f"```\npython main.py {word}\npip install {word}\n{continued}```\n",
        "Makefile": f"run:\n\tpython main.py {word}\n",
        "main.py": "print(1)\n",
    }
    entry = find_entry(_tree(files), None)
    assert entry is not None
    assert entry.command == "bash run.sh"
    programs("bash scripts/x.sh", _tree(files), Modules.of(_tree(files)))
    infer(_tree(files))
    assert max(map(len, lines)) <= bounds.MAX_LINE


def test_the_end_of_a_document_that_is_too_long_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_TEXT", 2000)
    text = "```\npython first.py\n"
    text += "words\n" * 400 + "python last.py\n```\n"
    tree = _tree({"README.md": text, "first.py": "x()", "last.py": "x()"})
    assert [one.line for one in commands(tree, Modules.of(tree))] == ["python first.py"]


def test_the_picture_in_a_document_does_not_hide_what_comes_after_it() -> None:
    picture = "x" * bounds.MAX_TEXT
    tree = _tree({"README.md": f"![a](data:{picture})\n```\npython main.py\n```\n", "main.py": "x()"})
    assert [one.source for one in commands(tree, Modules.of(tree))] == ["README.md:3"]


def test_no_more_candidates_are_looked_for_than_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(tree: Tree) -> None:
        raise AssertionError(f"{len(tree.files)} files were looked through for notebooks")

    monkeypatch.setattr("sandbox.smoke.entry.notebooks", asked)
    lines = "\n".join(f"python main.py --n {n}" for n in range(12))
    tree = _tree({"README.md": f"```\n{lines}\n```\n", "main.py": "print(1)\n"})
    entry = find_entry(tree, "python mine.py")
    assert entry is not None
    assert (entry.command, len(entry.candidates)) == ("python mine.py", 8)


def test_a_value_that_nobody_wrote_is_no_value() -> None:
    text = f"```\npython main.py --long {'<' * 5000} --short x\n```\n"
    tree = _tree({"README.md": text, "main.py": "print(1)\n"})
    assert examples(tree, Modules.of(tree), ()).options == {"--short": "x"}
