"""One run of each contestant against the stub: real command lines, the clock around them, the files they end with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import frugal_plan as plan
from benchmarks.child import ContestantFailed
from benchmarks.endpoint import Answered, Body, Endpoint, Pace, Served

MODEL = "gpt-4.1"
"""PaperCoder ends with an error for a model that its table of prices lacks."""
RUN_SECONDS = 900.0
SCRIPTS = ("1_planning.py", "1.1_extract_config.py", "2_analyzing.py", "3_coding.py")
PAPER = Path("examples") / "Transformer_cleaned.json"
"""Of PaperCoder's repository: the paper and the format that its own scripts take."""


@dataclass(frozen=True)
class Run:
    """What one run took and was counted."""

    seconds: float
    """From the start of its first process to the end of its last."""
    served: tuple[Served, ...]

    def total(self, what: Callable[[Served], int]) -> int:
        """The sum over all calls."""
        return sum(map(what, self.served))


def run_p2c(answer: Callable[[Body], Answered], paper: Path, scratch: Path, pace: Pace | None = None) -> Run:
    """`p2c generate --until coding`, as a user types it.

    Raises:
        ContestantFailed: it ended with an error, asked what the stub has no answer for, or lacks a file of the plan.
    """
    command = [sys.executable, "-c", "from p2c.cli import main; main()", "generate", str(paper.resolve())]
    options = ["-o", "run", "--model", MODEL, "--until", "coding", "--quiet"]
    return _measured([[*command, *options]], answer, empty(scratch), "run/code", pace)


@dataclass(frozen=True)
class PaperCoder:
    """Its scripts, ready to run."""

    folder: Path
    """A clone of its repository; nothing is written to it."""
    python: Path
    """An interpreter with what they import."""

    @property
    def paper(self) -> Path:
        """In the format that they take."""
        return self.folder.resolve() / PAPER


def run_papercoder(
    theirs: PaperCoder, answer: Callable[[Body], Answered], scratch: Path, pace: Pace | None = None
) -> Run:
    """PaperCoder's own scripts, in the order and with the options of its `scripts/run.sh`.

    Raises:
        ContestantFailed: as for p2c.
    """
    codes, python = empty(scratch) / "codes", str(theirs.python)
    shutil.copytree(theirs.folder / "codes", codes)  # Python writes its bytecode beside them
    output, repository = empty(scratch / "output"), empty(scratch / "repository")
    shared = ["--paper_name", "paper", "--output_dir", str(output)]
    asks = [*shared, "--gpt_version", MODEL, "--pdf_json_path", str(theirs.paper)]
    commands = [
        [python, str(codes / SCRIPTS[0]), *asks],
        [python, str(codes / SCRIPTS[1]), *shared],
        ["cp", "-p", str(output / "planning_config.yaml"), str(repository / "config.yaml")],
        [python, str(codes / SCRIPTS[2]), *asks],
        [python, str(codes / SCRIPTS[3]), *asks, "--output_repo_dir", str(repository)],
    ]
    return _measured(commands, answer, scratch, "repository", pace)


def _measured(
    commands: Sequence[Sequence[str]],
    answer: Callable[[Body], Answered],
    scratch: Path,
    code: str,
    pace: Pace | None,
) -> Run:
    with Endpoint(answer, pace) as endpoint:
        env = _environment(endpoint.url, scratch)
        began = time.monotonic()
        for command in commands:
            _call(command, scratch, env, endpoint)
        seconds = time.monotonic() - began
        if endpoint.unasked:
            raise ContestantFailed(f"it asked what the stub has no answer for: {endpoint.unasked[0][:200]}")
        _check_files(scratch / code)
        return Run(seconds, endpoint.served)


def _call(command: Sequence[str], scratch: Path, env: Mapping[str, str], endpoint: Endpoint) -> None:
    try:
        done = subprocess.run(
            command, cwd=scratch, env=dict(env), capture_output=True, text=True, timeout=RUN_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ContestantFailed(f"not done after {RUN_SECONDS:.0f} s") from error
    if done.returncode:
        asked = f"; the stub had no answer for: {endpoint.unasked[0][:200]}" if endpoint.unasked else ""
        said = " ".join((done.stderr or done.stdout).split())[-300:]
        raise ContestantFailed(f"exit status {done.returncode}: {said}{asked}")


def _check_files(code: Path) -> None:
    """Both must end with the plan's files, or they did not do the same work."""
    for file in plan.FILES:
        path = code / file.path
        written = path.read_text("utf-8") if path.is_file() else ""
        if written.removeprefix(f"## {file.path}\n").strip() != plan.source(file.path).strip():
            raise ContestantFailed(
                f"{file.path} is not as the model wrote it" if written else f"{file.path} is missing"
            )


def _environment(url: str, scratch: Path) -> dict[str, str]:
    """This process's own, without settings of p2c, caches of earlier runs, a proxy or what changes Python's start.

    (Without bytecode each start compiles what it imports: so nobody starts an installed program.)
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("P2C_", "OPENAI_", "PYTHON")) and not name.upper().endswith("_PROXY")
    }
    own = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "stub"}
    return kept | own | {"XDG_CACHE_HOME": str(scratch / "cache")}


def empty(folder: Path) -> Path:
    """`folder`, made anew and empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
