"""A sandbox for small trees: they are run for real, in a process of their own, and judged as the real one would."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from p2c.repair.syntax import python_problem
from sandbox.traceback import deepest_frame, failure_signature, read_traceback
from sandbox.tree import Tree
from sandbox.verdict import Ended, EntryPoint, Failure, Finding, Outcome, Rung, SmokeRun, Verdict

Verify = Callable[[Tree, Rung], Verdict]


def _verdict(tree: Tree, rung: Rung, outcome: Outcome, summary: str, **more: object) -> Verdict:
    return Verdict.model_validate(
        {"repository": "r", "tree": tree.digest(), "rung": rung, "outcome": outcome, "summary": summary, **more}
    )


def _unparsable(tree: Tree) -> Verdict | None:
    for path in tree.python_files():
        problem = python_problem(tree.files[path])
        if problem is not None:
            finding = Finding(
                tool="parse", code="E999", file=path, line=problem.line or 1, message=problem.message, severity="fatal"
            )
            failure = Failure(
                step="parse",
                kind="syntax",
                exception="SyntaxError",
                message=problem.message,
                file=path,
                line=problem.line,
                signature=f"SyntaxError | {path} | {problem.message}",
            )
            return _verdict(tree, Rung.none, Outcome.failed, "it does not parse", failure=failure, findings=(finding,))
    return None


@pytest.fixture
def verify(tmp_path: Path) -> Verify:
    """Runs `main.py` of a tree; rung 4 where it ends with exit status 0."""
    count = 0

    def run(tree: Tree, until: Rung) -> Verdict:
        nonlocal count
        unparsable = _unparsable(tree)
        if unparsable is not None:
            return unparsable
        count += 1
        folder = tmp_path / f"tree{count}"
        tree.write(folder)
        done = subprocess.run(
            [sys.executable, "-I", "-B", "-c", "import sys, runpy; sys.path.insert(0, '.'); runpy.run_path('main.py')"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        smoke = SmokeRun(
            command="python main.py",
            ended=Ended.exited,
            exit_status=done.returncode,
            seconds=0.0,
            cpu_seconds=0.0,
            peak_memory_bytes=0,
            stdout=done.stdout,
            stderr=done.stderr,
        )
        entry = EntryPoint(command="python main.py", source="main.py")
        if done.returncode == 0:
            return _verdict(tree, min(until, Rung.replays), Outcome.passed, "it runs", smoke=smoke, entry=entry)
        said = done.stderr.replace(str(folder) + "/", "").replace('File "main.py"', 'File "/workspace/main.py"')
        seen = read_traceback(said, tree)
        frames = seen.frames if seen else ()
        deepest = deepest_frame(frames)
        exception, message = (seen.exception, seen.message) if seen else (None, said.strip()[-200:])
        failure = Failure(
            step="smoke",
            kind="exception" if seen else "exit",
            exception=exception,
            message=message or "exit",
            file=deepest.file if deepest else None,
            line=deepest.line if deepest else None,
            frames=frames,
            exit_status=done.returncode,
            signature=failure_signature(exception, message, frames),
            evidence=seen.text if seen else said,
        )
        return _verdict(
            tree, Rung.starts, Outcome.failed, f"it fails: {message}", failure=failure, smoke=smoke, entry=entry
        )

    return run
