"""Runs inside a container: imports modules and notes for each whether it could be.

Standard library only. Its argument is a folder: `modules.json` there holds {"path": [folders of the tree],
"modules": [names]}; each result is one JSON line of `imports.jsonl` beside it. A child process imports one module
after the other, as a program would; a module that ends or crashes it costs itself, and a new child goes on with
the next.
"""

import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path

JOB = Path(sys.argv[1])
RESULTS = JOB / "imports.jsonl"
MAX_FAILURES = 8


def note(**result: object) -> None:
    """Append one result."""
    with RESULTS.open("a", encoding="utf-8", errors="surrogateescape") as stream:
        stream.write(json.dumps(result) + "\n")


def results() -> list[dict[str, object]]:
    """All results so far."""
    return [json.loads(line) for line in RESULTS.read_text("utf-8").splitlines()] if RESULTS.exists() else []


def import_all(names: list[str]) -> None:
    """Import in this process until one ends it."""
    for name in names:
        began = time.monotonic()
        try:
            importlib.import_module(name)
        except SystemExit as error:
            note(module=name, state="exit", status=str(error.code), seconds=time.monotonic() - began)
        except BaseException:  # noqa: BLE001 - whatever a module raises is its result
            note(module=name, state="failed", traceback=own_frames(), seconds=time.monotonic() - began)
        else:
            note(module=name, state="ok", seconds=time.monotonic() - began)


def own_frames() -> str:
    """The traceback without this file's and importlib's frames."""
    kind, error, trace = sys.exc_info()
    while trace and (trace.tb_frame.f_code.co_filename == __file__ or "importlib" in trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return "".join(traceback.format_exception(kind, error, trace))


def main() -> None:
    """Import every module of the job, in as many children as it takes."""
    job = json.loads((JOB / "modules.json").read_text("utf-8"))
    left: list[str] = job["modules"]
    sys.path[0:1] = [str(Path.cwd() / folder) for folder in job["path"]]
    sys.argv = ["main.py"]
    importlib.invalidate_caches()
    while left:
        child = os.fork()
        if child == 0:
            import_all(left)
            sys.stdout.flush()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        done = {result["module"] for result in results()}
        left = [name for name in left if name not in done]
        if left:
            signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
            code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
            note(module=left.pop(0), state="crashed" if signal else "exit", status=str(signal or code), seconds=0)
        if sum(result["state"] in ("failed", "crashed") for result in results()) >= MAX_FAILURES:
            break


main()
