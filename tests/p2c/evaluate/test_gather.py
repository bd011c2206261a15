"""What is taken of a repository is decided by rule, and what is not is named with its reason."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from p2c.errors import UsageError
from p2c.evaluate.gather import gather
from p2c.evaluate.kinds import Kind, kind_of


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def left_out(folder: Path) -> dict[str, str]:
    return {one.path: one.reason for one in gather(folder).left_out}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("model.py", Kind.code), ("run.sh", Kind.code), ("src/kernel.cu", Kind.code), ("Makefile", Kind.code),
        ("config.yaml", Kind.configuration), ("requirements-dev.txt", Kind.configuration),
        ("README.md", Kind.configuration), ("docs/README.md", Kind.documentation), ("notes.txt", Kind.documentation),
        ("tests/test_model.py", Kind.tests), ("pkg/model_test.py", Kind.tests),
    ],
)  # fmt: skip
def test_a_file_is_what_its_name_says(path: str, kind: Kind):
    assert kind_of(path) is kind


@pytest.mark.parametrize("path", ["data.csv", "weights.pt", "poetry.lock", ".github/workflows/ci.yml", "image.png"])
def test_what_says_nothing_about_the_method_is_left_out_with_a_reason(path: str):
    assert isinstance(kind_of(path), str)


def test_every_file_is_either_shown_or_named(tmp_path: Path):
    folder = write(
        tmp_path / "repo",
        {
            "model.py": "x = 1\n", "data.csv": "1,2\n", "blob.py": b"\0\1\2", "empty.py": "",
            "big.py": "x = 1\n" * 40_000, "table.json": "[1]\n" * 10_000,
        },
    )  # fmt: skip
    sources = gather(folder)
    assert [source.path for source in sources.files] == ["model.py"]
    reasons = left_out(folder)
    assert set(reasons) == {"data.csv", "blob.py", "empty.py", "big.py", "table.json"}
    assert reasons["blob.py"] == "binary"
    assert "200,000" in reasons["big.py"]
    assert "30,000" in reasons["table.json"]


def test_what_git_ignores_is_no_part_of_the_repository_and_is_only_counted(tmp_path: Path):
    files = {
        "model.py": "x = 1\n",
        "new.py": "y = 2\n",
        "out/log.txt": "1\n",
        "out/a.py": "z = 3\n",
        ".gitignore": "out/\n",
    }
    folder = write(tmp_path / "repo", files)
    for command in (["init", "-q"], ["add", "model.py"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    sources = gather(folder)
    assert [source.path for source in sources.files] == ["model.py", "new.py"]
    assert sources.ignored == 2
    assert not any(path.startswith("out/") for path in left_out(folder))


def test_a_repository_cannot_have_git_run_its_own_commands(tmp_path: Path):
    folder = write(tmp_path / "repo", {"model.py": "x = 1\n"})
    for command in (["init", "-q"], ["add", "model.py"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    bait = tmp_path / "ran"
    subprocess.run(["git", "config", "core.fsmonitor", f"touch {bait}; false"], cwd=folder, check=True)
    assert [source.path for source in gather(folder).files] == ["model.py"]
    assert not bait.exists()


def test_a_folder_that_git_cannot_read_is_taken_whole(tmp_path: Path):
    folder = write(tmp_path / "repo", {"model.py": "x = 1\n", ".git": "gitdir: /nowhere\n"})
    assert [source.path for source in gather(folder).files] == ["model.py"]


def test_a_notebook_is_its_cells_without_their_outputs(tmp_path: Path):
    cells = [
        {"cell_type": "markdown", "source": ["The mean\n", "of numbers"]},
        {"cell_type": "code", "source": "x = 1", "outputs": [{"data": {"image/png": "A" * 90_000}}]},
    ]
    folder = write(tmp_path / "repo", {"a.ipynb": json.dumps({"cells": cells}), "b.ipynb": "{}"})
    sources = gather(folder)
    assert sources.files[0].text == "# %% [markdown]\n# The mean\n# of numbers\n# %%\nx = 1\n"
    assert left_out(folder) == {"b.ipynb": "a notebook that cannot be read"}


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path):
    (tmp_path / "secret.py").write_text("KEY = 'abc'\n")
    folder = write(tmp_path / "repo", {"model.py": "x = 1\n"})
    (folder / "link.py").symlink_to(tmp_path / "secret.py")
    assert [source.path for source in gather(folder).files] == ["model.py"]
    assert "leads out" in left_out(folder)["link.py"]


def test_a_repository_without_anything_to_judge_is_an_error_that_says_so(tmp_path: Path):
    with pytest.raises(UsageError, match="no file that could be evaluated"):
        gather(write(tmp_path / "repo", {"data.csv": "1\n"}))


def test_a_run_folder_is_no_repository_and_the_message_names_the_one_in_it(tmp_path: Path):
    run = write(
        tmp_path / "mine",
        {"run.json": "{}", "journal.jsonl": "", "code/main.py": "x = 1\n", "repository/main.py": "x = 2\n"},
    )
    with pytest.raises(UsageError, match="mine/repository"):
        gather(run)
    assert gather(run / "repository").name == "mine/repository"
    (run / "repository/main.py").unlink()
    (run / "repository").rmdir()
    with pytest.raises(UsageError, match="p2c replay"):
        gather(run)
