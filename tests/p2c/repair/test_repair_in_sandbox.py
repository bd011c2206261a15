"""The repair loop with the real sandbox: a chain of three failures, and a repair without a model."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from p2c.cli import main
from p2c.model.fake import ScriptedModel
from p2c.model.types import Message
from p2c.repair.edits import render
from p2c.repair.loop import repair_repository
from p2c.repair.settings import RepairSettings
from p2c.run.journal import Journal
from p2c.types import Ending, LineCount
from sandbox.controller import Sandbox, verify
from sandbox.settings import Settings
from sandbox.tree import Tree
from sandbox.verdict import Rung, Verdict

pytestmark = pytest.mark.docker

CHAIN = {
    "main.py": b'import json\nfrom collections import Mapping\n\nfrom work import mean\n\n\ndef main():\n'
    b'    values = [1.0, 2.0, 6.0]\n    print(isinstance({}, Mapping), mean(values, 1))\n'
    b'    result = {"mean": mean(values), "largest": values.maximum()}\n'
    b'    with open("metrics.json", "w") as stream:\n        json.dump(result, stream)\n\n\n'
    b'if __name__ == "__main__":\n    main()\n',
    "work.py": b"def mean(values):\n    return sum(values) / len(values)\n",
}  # fmt: skip


def test_a_chain_of_three_failures_ends_verified_in_a_fresh_environment() -> None:
    edits = [
        render(
            "main.py",
            ["    print(isinstance({}, Mapping), mean(values, 1))"],
            ["    print(isinstance({}, Mapping), mean(values))"],
        ),
        render(
            "main.py",
            ['    result = {"mean": mean(values), "largest": values.maximum()}'],
            ['    result = {"mean": mean(values), "largest": max(values)}'],
        ),
    ]  # fmt: skip

    def script(step: str, messages: Sequence[Message]) -> str:
        return edits.pop(0)

    settings = Settings(smoke="python main.py")
    with Sandbox.open(settings) as sandbox:

        def run(tree: Tree, until: Rung) -> Verdict:
            return verify(tree, name="chain", settings=settings, sandbox=sandbox, until=until)

        result = repair_repository(
            Tree(CHAIN), verify=run, model=ScriptedModel(script), settings=RepairSettings(smoke=settings.smoke),
            journal=Journal(None),
        )  # fmt: skip
    assert result.ending is Ending.verified, result.reason
    assert result.verdict.rung is Rung.replays
    assert [attempt.origin for attempt in result.attempts] == ["fixer:collections_abc", "model", "model"]
    assert all(attempt.accepted for attempt in result.attempts)
    assert result.lines.net == result.lines.gross == result.lines.reduced == LineCount(python=3)
    assert result.verdict.smoke
    assert result.verdict.smoke.files_written == ("metrics.json",)


def test_the_command_mends_without_a_model_and_leaves_the_repository_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "P2C_MODEL"):
        monkeypatch.delenv(name, raising=False)
    source = b"import os\n\nos.getcwd()\nwith open('out/a.txt', 'w') as stream:\n    stream.write('1')\n"
    repository = tmp_path / "repo"
    Tree({"main.py": source}).write(repository)
    with pytest.raises(SystemExit) as ended:
        main(["repair", str(repository), "--json", "--quiet", "--smoke", "python main.py"])
    assert ended.value.code == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ending"] == "verified"
    assert report["lines_modified"]["reduced"] == {"python": 1, "other": 0}
    assert (repository / "main.py").read_bytes() == source
    made = tmp_path / "repo-repaired"
    assert (made / "verdict.json").exists()
    log = subprocess.run(
        ["git", "log", "--format=%s"], cwd=made / "repository", capture_output=True, text=True, check=True
    )
    assert log.stdout.splitlines()[-1] == "The repository as it came"
    assert log.stdout.splitlines()[0].startswith("Mend FileNotFoundError")
    with pytest.raises(SystemExit) as again:
        main(["repair", str(repository), "--quiet", "--smoke", "python main.py", "--in-place"])
    assert again.value.code == 0
    assert b"makedirs" in (repository / "main.py").read_bytes()


def test_a_failure_that_no_fixer_knows_names_what_a_model_would_need(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "P2C_MODEL"):
        monkeypatch.delenv(name, raising=False)
    Tree({"main.py": b"def main():\n    return {}['key']\n\n\nmain()\n"}).write(tmp_path / "repo")
    with pytest.raises(SystemExit) as ended:
        main(["repair", str(tmp_path / "repo"), "--quiet"])
    assert ended.value.code == 1
    said = capsys.readouterr()
    assert "stalled" in said.out
    assert "OPENAI_BASE_URL" in said.err


def test_a_folder_that_is_none_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["repair", str(tmp_path / "absent")])
    assert ended.value.code == 2
    assert list(tmp_path.iterdir()) == []
