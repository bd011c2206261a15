"""Whose doing a failure is, where the traceback alone does not say it, and what else is missing.

- A package that was refused: the reason stands beside the import.
- A pinned distribution that no longer imports with what is installed around it today: the pin is to blame, not the
  innocent line that imports it, so the failure points to the requirements file.
- A file of the repository that has a package's name: the import finds it in the package's place.
- A package that only an optional import names, and that could not be had here: withheld, like any other.
- A file of data: the program stops at the first, and needs the others too.
"""

from __future__ import annotations

import posixpath
import re

from packaging.utils import canonicalize_name

from sandbox.ladder.state import State
from sandbox.requirements.declared import Declared, read_declared
from sandbox.smoke.lost_files import other_lost
from sandbox.smoke.outcome import Judged
from sandbox.smoke.shadow import shadowed
from sandbox.traceback import deepest_frame
from sandbox.verdict import Failure, Missing, Outcome

MAX_DATA = 20
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_INSTALLED = re.compile(r"/site-packages/(?P<top>\w+)")
_IMPORT = re.compile(r"(?:from|import)\s")


def blame(judged: Judged, state: State) -> Judged:
    """`judged`, with the failure of an import explained."""
    failure = judged.failure
    if failure is None or failure.exception not in ("ImportError", "ModuleNotFoundError", "AttributeError"):
        return judged
    if judged.outcome is Outcome.failed and (absent := _not_installed(failure, state)):
        return judged._replace(outcome=Outcome.blocked, missing=(absent,))
    return judged._replace(failure=_rotten_pin(failure, state) or shadowed(_refused(failure, state), state.tree))


def _not_installed(failure: Failure, state: State) -> Missing | None:
    """The optional distribution whose absence is felt after all: it is known, and no part of the environment."""
    match = _NO_MODULE.search(failure.message)
    top = match[1].partition(".")[0] if match else ""
    if not top or state.environment is None:
        return None
    for one in state.inference.requirements:
        provides = any(module.partition(".")[0] == top for module in one.modules)
        is_there = re.search(rf"^{re.escape(one.distribution)}==", state.environment.lock, re.M)
        if provides and one.optional and not is_there:
            return Missing(kind="package", what=one.distribution, evidence=failure.evidence[-600:])
    return None


def with_all_data(judged: Judged, state: State) -> Judged:
    """`judged`, with every file of data that the program reads and the tree lacks, where one of them was missing."""
    if not any(one.kind == "data" for one in judged.missing):
        return judged
    known = {posixpath.basename(one.what) for one in judged.missing}
    others = tuple(
        Missing(kind="data", what=path, evidence=said)
        for path, said in other_lost(state.scripts, state.tree).items()
        if posixpath.basename(path) not in known
    )
    return judged._replace(missing=(*judged.missing, *others[:MAX_DATA]))


def _refused(failure: Failure, state: State) -> Failure:
    match = _NO_MODULE.search(failure.message)
    name = canonicalize_name(match[1].partition(".")[0]) if match else ""
    for one in state.inference.refused:
        if match and (one.name == match[1] or canonicalize_name(one.name) == name):
            return failure.model_copy(update={"message": f"{failure.message} ({one.reason})"})
    return failure


def _rotten_pin(failure: Failure, state: State) -> Failure | None:
    """The failure at the line that pins a distribution, when that distribution failed while it was imported."""
    own = deepest_frame(failure.frames)
    match = _INSTALLED.search(failure.frames[-1].file) if failure.frames else None
    if match is None or own is None or not _IMPORT.match(own.code):
        return None
    pin = _pin_of(match["top"], state)
    if pin is None:
        return None
    name, place = f"{pin.distribution}{pin.specifier}", f"{pin.file}:{pin.line}" if pin.line else pin.file
    said = f"the pin {name} ({place}) does not go with what else is installed today; loosen it"
    update = {"message": f"{failure.message}: {said}", "file": pin.file, "line": pin.line}
    return failure.model_copy(update=update)


def _pin_of(top: str, state: State) -> Declared | None:
    """The declaration with an exact version of the distribution that provides the top-level module `top`."""
    names = {
        one.distribution
        for one in state.inference.requirements
        if any(module.partition(".")[0] == top for module in one.modules)
    }
    declared = read_declared(state.tree).declared
    return next((one for one in declared if one.distribution in names and "==" in one.specifier), None)
