"""`p2c lines`: two states of a repository, counted as the repair counts its own edits."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from p2c.cli.lines import schema
from p2c.repair.between import LinesBetween
from sandbox.tree import Tree

ROOT = Path(__file__).parents[3]
BEFORE = {
    "main.py": b"import a\nprint(a.x)\n",
    "a.py": b"x = 1\ny = 2\nz = 3\nw = 4\n",
    "gone.sh": b"echo 1\n",
    "uv.lock": b"version = 1\n",
    "w.pt": b"\0\1",
    "bad.py": b"Here is the code that you asked me for today\nIt reads the data and trains the model on it\n",
}
AFTER = {
    "main.py": b"import b\n\nprint(b.x)  \n",
    "b.py": b"x = 1\ny = 2\nz = 3\nw = 5\n",
    "uv.lock": b"version = 2\n",
    "w.pt": b"\0\2",
    "bad.py": b"a = 1\nb = 2\nc = 3\n",
    "pkg/__pycache__/x.cpython-311.pyc": b"\0",
    "pkg/x.py": b"",
}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    Tree(files).write(folder)
    return folder


def git(folder: Path, *words: str) -> None:
    identity = {f"GIT_{who}_{what}": "a" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, env={**os.environ, **identity})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository whose first commit holds `BEFORE` below `code/`, and whose second one `AFTER`."""
    git(tmp_path, "init", "-q", "mine")
    folder = write(tmp_path / "mine" / "code", BEFORE)
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "one")
    git(folder, "rm", "-q", "-r", ".")
    write(folder, AFTER)
    (folder / "link.py").symlink_to("b.py")
    (folder / "out.py").symlink_to("/etc/hostname")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "-q", "-m", "two")
    return tmp_path / "mine"


def counted(command, *words: object) -> LinesBetween:
    done = command("lines", *words, "--json")
    assert (done.status, done.stderr) == (0, "")
    return LinesBetween.model_validate_json(done.stdout)


def test_two_folders_are_compared_file_by_file(tmp_path: Path, p2c_command):
    found = counted(p2c_command, write(tmp_path / "one", BEFORE), write(tmp_path / "two", AFTER))
    files = {one.path: (one.state, one.moved_from, one.lines.python, one.lines.other) for one in found.files}
    assert files == {
        "b.py": ("moved", "a.py", 1, 0),
        "bad.py": ("changed", None, 3, 0),
        "gone.sh": ("removed", None, 0, 1),
        "main.py": ("changed", None, 2, 0),
        "pkg/x.py": ("added", None, 0, 0),
        "uv.lock": ("changed", None, 0, 0),
        "w.pt": ("changed", None, 0, 0),
    }
    why = {one.path: one.not_counted for one in found.files if one.not_counted}
    assert why == {"bad.py": "never code", "uv.lock": "generated", "w.pt": "binary"}
    assert (found.net.python, found.net.other, found.rewritten.python) == (3, 1, 3)
    assert (found.baseline_lines, found.baseline_python) == (9, 8)
    assert (found.share, found.python_share) == (0.444444, 0.375)


def test_a_revision_counts_as_the_folder_that_has_it_checked_out(repository: Path, tmp_path: Path, p2c_command):
    folders = counted(p2c_command, write(tmp_path / "one", BEFORE), repository / "code")
    for before, after in (
        (f"{repository}/code@HEAD~1", f"{repository}/code@HEAD"),
        (f"{repository}/code@HEAD~1", repository / "code"),
        (tmp_path / "one", f"{repository}/code@HEAD"),
    ):
        found = counted(p2c_command, before, after)
        assert (found.net, found.rewritten, found.files) == (folders.net, folders.rewritten, folders.files)
    assert [one.path for one in counted(p2c_command, f"{repository}@HEAD~1", repository).files][:1] == ["code/b.py"]
    assert counted(p2c_command, f"{repository}@HEAD", repository).files == ()


def test_a_link_within_the_repository_is_the_file_that_it_leads_to_and_one_out_of_it_is_none(
    repository: Path, p2c_command
):
    found = counted(p2c_command, f"{repository}@HEAD~1", f"{repository}@HEAD")
    lines = {one.path: one.lines.python for one in found.files}
    assert lines["code/link.py"] == 4
    assert "code/out.py" not in lines


def test_what_the_user_configured_of_git_and_what_the_repository_says_of_filters_alters_nothing(
    repository: Path, p2c_command
):
    before = counted(p2c_command, f"{repository}@HEAD~1", f"{repository}@HEAD")
    (repository / ".gitattributes").write_text("*.py filter=spoil diff=spoil export-ignore\n")
    git(repository, "config", "filter.spoil.smudge", "false")
    git(repository, "config", "diff.spoil.command", "false")
    assert counted(p2c_command, f"{repository}@HEAD~1", f"{repository}@HEAD").net == before.net


def test_two_files_are_compared_whatever_they_are_called(tmp_path: Path, p2c_command):
    write(tmp_path, {"old.py": b"a\nb\n", "new.py": b"a\nc\n", "folder/x.py": b"x\n"})
    assert counted(p2c_command, tmp_path / "old.py", tmp_path / "new.py").net.python == 1
    mixed = p2c_command("lines", tmp_path / "old.py", tmp_path / "folder")
    assert (mixed.status, "a file is compared with a file" in mixed.stderr) == (2, True)


def test_people_get_a_table_the_sums_and_the_shares(tmp_path: Path, p2c_command):
    done = p2c_command("lines", write(tmp_path / "one", BEFORE), write(tmp_path / "two", AFTER))
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["b.py", "1", "-", "moved", "from", "a.py"] in rows
    assert ["uv.lock", "-", "-", "generated:", "not", "counted"] in rows
    assert ["bad.py", "3", "-", "was", "never", "code:", "counted", "apart"] in rows
    assert done.stdout.splitlines()[-3:] == [
        "lines modified  4 (3 Python, 1 other)",
        "written again   3 (3 Python, 0 other)",
        "share           44.44 % of 9 lines; 37.50 % of the 8 Python lines",
    ]


def test_a_name_that_moves_the_cursor_is_shown_as_data(tmp_path: Path, p2c_command):
    write(tmp_path / "one", {"a.py": b"1\n"})
    write(tmp_path / "two", {"a.py": b"1\n", "\x1b[31m[b].py": b"1\n"})
    shown = p2c_command("lines", tmp_path / "one", tmp_path / "two").stdout
    assert "\x1b" not in shown
    assert "[31m[b].py" in shown


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("nowhere", "is neither a folder nor REPO@REVISION"),
        ("plain@HEAD", "is no git repository"),
        ("mine@nothing", "has no revision 'nothing'"),
        ("mine@--all", "has no revision '--all'"),
        ("mine/new@HEAD", "is not in revision 'HEAD'"),
        ("empty", "holds no file"),
    ],
)
def test_what_cannot_be_compared_is_said_with_exit_status_2(
    repository: Path, monkeypatch: pytest.MonkeyPatch, p2c_command, word: str, why: str
):
    monkeypatch.chdir(repository.parent)
    for name in ("plain", "empty", "mine/new"):
        Path(name).mkdir()
    done = p2c_command("lines", word, "mine")
    assert done.status == 2
    assert why in done.stderr


def test_the_committed_schema_is_that_of_the_json(tmp_path: Path, p2c_command):
    committed = (ROOT / "docs" / "lines.schema.json").read_text("utf-8")
    assert committed == schema() + "\n", "p2c lines --schema > docs/lines.schema.json"
    assert p2c_command("lines", "--schema").stdout == committed
    assert set(json.loads(committed)["properties"]) == set(LinesBetween.model_fields)
