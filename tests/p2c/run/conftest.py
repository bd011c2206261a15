"""Whole runs of `p2c generate` in processes of their own, which may be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import p2c

MADE = ("paper", "plan", "analysis", "code", "repository")


def commits(repository: Path) -> list[str]:
    """Subject and tree of each commit, oldest first."""
    log = ["git", "-C", str(repository), "log", "--reverse", "--format=%s %T"]
    return subprocess.run(log, capture_output=True, check=True, text=True).stdout.splitlines()


@dataclass
class Runs:
    """Runs of one paper, each in a folder of its own."""

    at: Path
    endpoint: object
    process: subprocess.Popen[str]
    until: str | None = None

    def folder(self, run: str) -> Path:
        return self.at / run

    def go(self, jobs: dict[str, str], **dying: dict[str, int]) -> dict[str, int]:
        """Run them side by side: a job's id -> the run that it makes or goes on with; the exit statuses.

        `die_before` and `die_after` name the jobs that kill themselves, each with its moment (`forked_runs.py`).
        """
        described = [
            {
                "id": job,
                "url": self.endpoint.url.removesuffix("/v1"),
                "folder": str(self.folder(run)),
                "words": [str(self.at / "paper.md"), "-o", str(self.folder(run))],
                "log": str(self.at / f"{job}.log"),
                **{when: moments[job] for when, moments in dying.items() if job in moments},
            }
            for job, run in jobs.items()
        ]
        self.process.stdin.write(json.dumps(described) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the process that runs them has ended"
        return json.loads(answer)

    def log(self, job: str) -> str:
        return (self.at / f"{job}.log").read_text()

    def calls(self, job: str) -> list[str]:
        """The steps of the calls that a job made."""
        found = [steps for run, steps in self.endpoint.runs.items() if run.rpartition(".")[0] == job]
        return found[0] if found else []

    def finished(self, run: str) -> list[str]:
        """The steps of the exchanges that are on the disk."""
        path = self.folder(run) / "exchanges.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        whole = [json.loads(line) for line in lines if line.endswith("}")]
        return ["debug" if one["step"].startswith("debug") else one["step"] for one in whole]

    def made(self, run: str) -> dict[str, bytes]:
        """Every file that the run made, and the trees of its commits."""
        folder = self.folder(run)
        files = [
            p for name in MADE for p in sorted((folder / name).rglob("*")) if p.is_file() and ".git" not in p.parts
        ]
        story = "\n".join(commits(folder / "repository")).encode()
        return {str(p.relative_to(folder)): p.read_bytes() for p in files} | {"(commits)": story}


@pytest.fixture
def runs(tmp_path: Path, endpoint, divides_by_zero: None) -> Iterator[Runs]:
    """Runs of the tiny paper; its code divides by zero until the debugging agent has mended it."""
    (tmp_path / "paper.md").write_text(endpoint.tiny.paper)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "P2C_"))}
    settings = {"OPENAI_API_KEY": "sk-secret-0123456789", "P2C_MODEL": "tiny", "P2C_TRIES": "1", "P2C_PRICE": "1,1"}
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("forked_runs.py"))],
        env=kept | settings | {"PYTHONPATH": str(Path(p2c.__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield Runs(tmp_path, endpoint, process)
    process.stdin.close()
    process.wait(timeout=30)
    process.stdout.close()
