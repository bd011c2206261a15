"""Fixers in the loop: a wrong guess is taken back and not made again; a chain of failures is mended by them alone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from p2c.cli import main
from p2c.repair.loop import repair_repository
from p2c.repair.settings import RepairSettings
from p2c.run.journal import Journal
from p2c.types import Ending
from sandbox.tree import Tree
from sandbox.verdict import Rung, Verdict

Verify = Callable[[Tree, Rung], Verdict]

CIRCLE = {
    "main.py": b"from work import f\n\n\ndef g():\n    return 1\n\n\nprint(f())\n",
    "work.py": b"def f():\n    return g()\n",
}

GENERATED = {
    "main.py": b"import tkinter\nfrom collections import Iterable\nfrom pathlib import Path\n\n\n"
    b"def main():\n    window = tkinter.Tk()\n    window.update()\n    window.destroy()\n    ages = [31, 44]\n"
    b"    with open('results/mean.txt', 'w') as stream:\n        stream.write(str(sum(ages) / len(ages)))\n"
    b"    print(isinstance(ages, Iterable), Path('results/mean.txt').read_text())\n\n\n"
    b"if __name__ == '__main__':\n    main()\n",
}


def test_a_wrong_guess_is_taken_back_and_not_made_again(verify: Verify) -> None:
    result = repair_repository(
        Tree(CIRCLE), verify=verify, model=None, settings=RepairSettings(), journal=Journal(None)
    )
    assert [(attempt.origin, attempt.accepted) for attempt in result.attempts] == [("fixer:missing_import", False)]
    assert result.ending is Ending.stalled
    assert result.tree == Tree(CIRCLE)
    assert result.lines.net.total == result.lines.gross.total == 0


@pytest.mark.docker
def test_fixers_alone_mend_a_repository_with_a_line_for_each_failure_and_none_for_what_the_system_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Tree(GENERATED).write(tmp_path / "ages")
    with pytest.raises(SystemExit) as ended:
        main(["repair", str(tmp_path / "ages"), "--no-model", "--json", "--quiet"])
    report = json.loads(capsys.readouterr().out)
    assert [attempt["origin"].removeprefix("fixer:") for attempt in report["attempts"] if attempt["accepted"]] == [
        "collections_abc",
        "output_folder",
    ]
    assert ended.value.code == 0
    assert report["ending"] == "verified"
    assert any(note.startswith("system: xvfb") for note in report["verdict"]["notes"]), report["verdict"]["notes"]
    assert report["lines_modified"]["reduced"] == {"python": 2, "other": 0}
    log = subprocess.run(
        ["git", "log", "--format=%b"], cwd=tmp_path / "ages-repaired" / "repository", capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    assert log.count("Edited by the fixer") == 2
    assert log.count("Edited by the debugging agent") == 0
