"""An environment for requirements: from the record, from the store, or resolved and installed now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from packaging.utils import canonicalize_name

from sandbox.errors import IndexUnavailable, RunnerLost
from sandbox.requirements.complaint import read_complaint
from sandbox.requirements.cpu import substitute
from sandbox.requirements.imports import is_support
from sandbox.requirements.names import is_famous
from sandbox.requirements.prepared import Prepared, Record
from sandbox.requirements.resolve import resolve
from sandbox.requirements.roots import Resolution
from sandbox.store import Answer, Installed, Session, Store, installed_versions
from sandbox.verdict import Environment, Failure, Refused, Requirement

ATTEMPTS = 3
PAUSE_SECONDS = 1.0
Result = TypeVar("Result")


def prepare(
    store: Store, requirements: tuple[Requirement, ...], *, fresh: bool = False, refresh: bool = False
) -> Prepared:
    """An environment that satisfies `requirements`, with CPU builds, installed from a lock with hashes.

    Args:
        fresh: a brand-new environment, from the lock that is recorded or resolved now; remove it with
            `store.discard(key)` afterwards.
        refresh: resolve again although a resolution of the last days is on record.

    Raises:
        IndexUnavailable: the package index did not answer, three times.
        InfrastructureError: the engine or the disk failed.
    """
    wanted = _wanted(requirements)
    record = Record(store)
    started = time.monotonic()
    known = None if refresh else record.find(wanted)
    if known is not None and known.environment is not None and not fresh and store.has(known.environment.key):
        seconds = time.monotonic() - started
        found = known.environment.model_copy(update={"seconds": seconds, "reused": True})
        return known.model_copy(update={"environment": found})
    prepared = _retrying(lambda: _make(store, wanted, known, fresh=fresh))
    if prepared.environment is not None and not fresh:
        record.keep(wanted, prepared)
    return prepared


def replay(store: Store, environment: Environment, session: Session | None = None) -> Environment:
    """A brand-new environment from the lock of `environment`; remove it with `store.discard(key)` afterwards.

    Args:
        session: an installer that is running already.

    Raises:
        InfrastructureError: it could not be made; its lock installed before, so that is never the code's fault.
    """
    installed = _retrying(lambda: store.install(environment.lock, fresh=True, session=session))
    if isinstance(installed, Answer):
        raise IndexUnavailable(f"what was installed before cannot be installed again: {installed.said}")
    return _environment(store, environment.lock, installed, installed.seconds)


def lock(store: Store, requirements: tuple[Requirement, ...]) -> Resolution:
    """The lock that `prepare` would install, or why there is none; nothing is installed.

    Raises:
        IndexUnavailable: the package index did not answer, three times.
        InfrastructureError: the engine or the disk failed.
    """

    def resolved() -> Resolution:
        with store.session() as session:
            return resolve(store, session, _wanted(requirements))

    return _retrying(resolved)


def _wanted(requirements: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    """Without what only tests, documentation and packaging need."""
    return tuple(need for need in requirements if not (need.optional and is_support(need.file or "")))


def _retrying(call: Callable[[], Result]) -> Result:
    for attempt in range(1, ATTEMPTS):
        try:
            return call()
        except (IndexUnavailable, RunnerLost):
            time.sleep(PAUSE_SECONDS * attempt)
    return call()


def _make(store: Store, wanted: tuple[Requirement, ...], known: Prepared | None, *, fresh: bool) -> Prepared:
    started = time.monotonic()
    with store.session() as session:
        if known is not None and known.environment is not None:
            resolution = Resolution(known.environment.lock, missing=known.missing, notes=known.notes)
        else:
            resolution = resolve(store, session, wanted)
        refused: tuple[Refused, ...] = known.refused if known else ()
        while resolution.complaint is None:
            prepared, wrong = _install(store, session, resolution, wanted, started, fresh=fresh)
            if not wrong:
                return prepared.model_copy(update={"refused": refused})
            refused += tuple(_another_project(need, resolution.lock) for need in wrong)
            wanted = tuple(need for need in wanted if need not in wrong)
            resolution = resolve(store, session, wanted)
        failure = _failure(resolution, wanted)
        return Prepared(failure=failure, missing=resolution.missing, notes=resolution.notes, refused=refused)


def _install(
    store: Store,
    session: Session,
    resolution: Resolution,
    wanted: tuple[Requirement, ...],
    started: float,
    *,
    fresh: bool,
) -> tuple[Prepared, tuple[Requirement, ...]]:
    """Install the lock; and what turned out to be another project than is meant, whose environment is not kept."""
    modules = tuple(sorted({module for need in wanted for module in need.modules}))
    exact = {module for need in wanted if _by_name_alone(need) for module in need.modules if "." in module}
    installed = store.install(
        resolution.lock, modules=modules, exact=tuple(sorted(exact)), fresh=fresh, session=session
    )
    if isinstance(installed, Answer):
        failed = replace(resolution, complaint=read_complaint(installed.said), evidence=installed.said)
        return Prepared(failure=_failure(failed, wanted), missing=resolution.missing, notes=resolution.notes), ()
    versions, absent = installed_versions(resolution.lock), set(installed.absent)
    roots = tuple(need for need in wanted if {need.distribution, substitute(need.distribution)} & versions.keys())
    wrong = tuple(need for need in roots if need.modules and absent.issuperset(need.modules))
    if wrong:
        if not installed.reused:
            session.discard(installed.key)
        return Prepared(), wrong
    notes = [
        f"{need.distribution} was installed for `import {module}`, which it does not provide"
        for need in roots
        for module in need.modules
        if module in absent
    ]
    environment = _environment(store, resolution.lock, installed, time.monotonic() - started)
    prepared = Prepared(
        environment=environment,
        missing=resolution.missing,
        notes=tuple(dict.fromkeys((*resolution.notes, *notes))),
    )
    return prepared, ()


def _by_name_alone(need: Requirement) -> bool:
    """Whether only its name speaks for it: it is then the one that is meant if it has the parts that are imported.

    With what is famous, or the repository's own choice, an absent part tells of another version instead.
    """
    tops = {canonicalize_name(module.partition(".")[0]) for module in need.modules}
    is_guess = need.rule in ("same-name", "map") and need.distribution in tops
    return is_guess and not need.specifier and not is_famous(need.distribution)


def _another_project(need: Requirement, lock: str) -> Refused:
    """Why a distribution that can be installed is not: it is called so, and is something else."""
    version = installed_versions(lock).get(need.distribution, "")
    imports = ", ".join(need.modules[:3])
    reason = (
        f"{need.distribution} {version} on the index does not hold what is imported ({imports}): it is another project "
        "of that name; not installed"
    )
    return Refused(name=need.distribution, reason=reason, file=need.file, line=need.line, optional=need.optional)


def _environment(store: Store, lock: str, installed: Installed, seconds: float) -> Environment:
    return Environment(
        key=installed.key, python=store.image.python, lock=lock, seconds=seconds, reused=installed.reused
    )


def _failure(resolution: Resolution, wanted: Iterable[Requirement]) -> Failure:
    complaint = resolution.complaint
    sentence = complaint.sentence if complaint else ""
    needs = {need.distribution: need for need in wanted}
    words = sentence.replace("=", " ").replace("<", " ").replace(">", " ").split()
    blamed = next((needs[w] for w in ([complaint.name] if complaint else []) + words if w in needs), None)
    return Failure(
        step="install",
        kind="requirement",
        message=f"the requirements cannot be satisfied: {sentence}",
        file=blamed.file if blamed else None,
        line=blamed.line if blamed else None,
        signature=f"requirement | {complaint.kind if complaint else '-'} | {sentence[:160]}",
        evidence=resolution.evidence,
    )
