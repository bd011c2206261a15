"""Rung 2: every module that is meant to be imported imports.

Meant to be imported are the modules that the entry point needs, directly or not, and the modules of packages; where
there is no entry point, all modules.
Not meant to be: tests, documentation, examples, packaging, and scripts that do their work when imported (the
smoke run is for them). The report is a file that the code under test could forge, so it is evidence; whether
the repository runs is decided by the smoke run's exit status.
"""

from __future__ import annotations

import json
import posixpath
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ValidationError

from sandbox.job import Job, Output, Runner, RunResult
from sandbox.smoke.modules import Modules, is_excluded
from sandbox.smoke.outcome import Judged, classify
from sandbox.smoke.script import Script
from sandbox.tree import Tree
from sandbox.verdict import Ended, Outcome

REPORT = "/job/imports.jsonl"
WALL_SECONDS = 120.0


class _Result(BaseModel):
    module: str
    state: Literal["ok", "failed", "exit", "crashed"]
    seconds: float
    traceback: str = ""
    status: str = ""


@dataclass(frozen=True)
class Imported:
    """What importing showed.

    Attributes:
        judged: passed; or the first failure that counts.
        modules: how many were imported.
        notes: modules whose import failed for a reason that does not count.
        preloaded: whether the job's `preload` was imported beforehand.
    """

    judged: Judged
    modules: int
    notes: tuple[str, ...] = ()
    preloaded: bool = False


@dataclass(frozen=True)
class Known:
    """What importing came to, kept for a next time.

    Attributes:
        job: as it was run, with its tree.
        how: all else that decides what is imported, and in which order.
    """

    job: Job
    how: tuple[object, ...]
    found: Imported


def meant_to_import(
    tree: Tree, modules: Modules, entries: tuple[str, ...], folders: tuple[str, ...]
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Names of the modules to import, what the entry point needs first; and which of them it needs."""
    needed = [path for entry in entries for path in modules.reachable(entry, folders, needed=True)]
    others = [path for path in modules.files if not is_excluded(path)]
    packaged = [path for path in others if not entries or _in_package(path, modules)]
    chosen: dict[str, bool] = {}
    for path in dict.fromkeys([*needed, *packaged]):
        name = modules.name_of(path, folders)
        imported = path in needed and path not in entries
        if name is None or name.endswith("__main__") or (not imported and Script.of(tree, path).works_on_import):
            continue
        chosen.setdefault(name, path in needed)
    ordered = sorted(chosen, key=lambda name: not chosen[name])
    return tuple(ordered), frozenset(name for name in chosen if chosen[name])


def run_imports(
    runner: Runner,
    job: Job,
    names: tuple[str, ...],
    *,
    needed: frozenset[str],
    folders: tuple[str, ...],
    withheld: frozenset[str] = frozenset(),
) -> Imported:
    """Import `names` in one container.

    Args:
        job: the tree, environment, limits and variables of the smoke run; its command is not used.
        needed: those that the entry point needs; what the others are denied only makes a note.
        folders: of the tree, that are on `sys.path`.
        withheld: as in `classify`.

    Raises:
        InfrastructureError: the container could not be run.
    """
    if not names:
        return Imported(Judged(Outcome.passed), 0)
    order = {"path": list(folders), "modules": list(names)}
    driver = files("sandbox.smoke").joinpath("imports_driver.py").read_bytes()
    limits = replace(job.limits, wall_seconds=min(WALL_SECONDS, job.limits.wall_seconds))
    result = runner.run(
        replace(
            job,
            argv=("python", "/job/imports_driver.py", "/job"),
            limits=limits,
            extra={"imports_driver.py": driver, "modules.json": json.dumps(order).encode()},
            collect=(REPORT,),
        )
    )
    return replace(_judge(result, job.tree, names, needed, withheld), preloaded=result.preloaded)


def _judge(
    result: RunResult, tree: Tree, names: tuple[str, ...], needed: frozenset[str], withheld: frozenset[str]
) -> Imported:
    found = _read(result.files.get(REPORT, b""))
    notes = []
    for one in found:
        if one.state == "ok":
            continue
        if one.state == "exit":
            notes.append(f"module {one.module} ends the program when it is imported (exit status {one.status})")
            continue
        judged = classify(_as_run(one, result), tree, step="import", withheld=withheld)
        if judged.outcome is Outcome.blocked and one.module not in needed:
            what = judged.missing[0].what
            notes.append(f"module {one.module}, which the entry point does not need, cannot be imported without {what}")
            continue
        return Imported(judged, len(found), tuple(notes))
    if result.ended is not Ended.exited or result.exit_status != 0:
        stuck = next((name for name in names if name not in {one.module for one in found}), names[-1])
        judged = classify(result, tree, step="import")
        failure = judged.failure and judged.failure.model_copy(
            update={"message": f"importing {stuck}: {judged.failure.message}"}
        )
        return Imported(judged._replace(failure=failure), len(found), tuple(notes))
    return Imported(Judged(Outcome.passed), len(found), tuple(notes))


def _read(report: bytes) -> list[_Result]:
    found = []
    for line in report.decode("utf-8", "replace").splitlines():
        try:
            found.append(_Result.model_validate_json(line))
        except ValidationError:
            continue
    return found


def _as_run(one: _Result, result: RunResult) -> RunResult:
    """One module's failure in the form of a run of its own."""
    if one.state == "crashed":
        return replace(result, ended=Ended.signalled, exit_status=None, signal=int(one.status or 0))
    stderr = Output(one.traceback.encode("utf-8", "replace"))
    return replace(result, ended=Ended.exited, exit_status=1, signal=None, stdout=Output(b""), stderr=stderr)


def _in_package(path: str, modules: Modules) -> bool:
    folder = posixpath.dirname(path)
    return bool(folder) and posixpath.join(folder, "__init__.py") in modules.files
