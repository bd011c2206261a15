"""Each part of the set-up: there, or with what mends it. `fix` applies what can be applied."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import docker

from sandbox import engine
from sandbox.errors import EngineUnavailable, ImageUnavailable, InfrastructureError
from sandbox.setup import indexcheck, limits
from sandbox.setup.check import Check, State
from sandbox.setup.docker import advice, ensure_engine, may_start
from sandbox.setup.host import HostIndex
from sandbox.setup.image import ensure_image, find_image
from sandbox.setup.places import Progress, cache_folder

FIX = "p2c doctor --fix"
GIB = 1 << 30
_LITTLE = 5 * GIB
_TOO_LITTLE = 1 * GIB


def checks() -> list[Check]:
    """Look at each part, on this host and in the engine; takes a few seconds, changes nothing."""
    return list(_checks())


def healthy(found: list[Check]) -> bool:
    """Whether nothing that is needed is missing; warnings do not count."""
    return all(check.state != "missing" for check in found)


def fix(progress: Progress = print) -> None:
    """Have an engine, the image and the store; what is there already is left alone.

    Raises:
        InfrastructureError: one of them cannot be had; says what to do.
    """
    client = ensure_engine(progress)
    try:
        ensure_image(client, progress)
        with engine.guard("creating the store"):
            client.api.create_volume(engine.STORE_VOLUME, labels={"p2c.volume": "store"})  # no error if it is there
    finally:
        client.close()


def _checks() -> Iterator[Check]:
    yield _python()
    yield _git()
    yield _disk("disk", cache_folder())
    try:
        client = engine.connect()
    except EngineUnavailable as error:
        said, _, what = str(error).partition(" failed: ")
        yield Check("engine", "missing", what or said, FIX if may_start(error) else advice())
        for name in ("image", "store", "index"):
            yield Check(name, "missing", "cannot be looked at without an engine", FIX)
        return
    try:
        yield from _engine_checks(client)
    except InfrastructureError as error:
        yield Check("engine", "missing", str(error), "look at the engine's log, or restart it")
    finally:
        client.close()


def _engine_checks(client: docker.DockerClient) -> Iterator[Check]:
    with engine.guard("asking the engine about itself"):
        info = client.info()
    where = "" if engine.is_local(client) else ", remote"
    yield Check(
        "engine", "ok", f"Docker {info.get('ServerVersion')}, {info.get('Driver')}, {info.get('Architecture')}{where}"
    )
    yield from limits.checks(info)
    root = Path(str(info.get("DockerRootDir") or "/var/lib/docker"))
    if engine.is_local(client) and root.is_dir():
        yield _disk("engine's disk", root)
    image = find_image(client)
    if image:
        yield Check("image", "ok", f"{image.tag}, Python {image.python}")
    else:
        yield Check("image", "missing", "not built yet, or out of date", FIX)
    yield _store(client)
    host = HostIndex.detect()
    for note in host.notes:
        yield Check("index settings", "warning", note, "change pip's or uv's configuration")
    if image:
        yield indexcheck.check(client, image, host)
    else:
        yield Check("index", "missing", "is asked from inside the image, which is not built yet", FIX)


def _store(client: docker.DockerClient) -> Check:
    try:
        with engine.guard("looking for the store"):
            client.api.inspect_volume(engine.STORE_VOLUME)
    except (ImageUnavailable, InfrastructureError):
        return Check("store", "missing", f"there is no volume {engine.STORE_VOLUME}", FIX)
    return Check("store", "ok", f"volume {engine.STORE_VOLUME}")


def _python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    where = "a virtual environment" if sys.prefix != sys.base_prefix else "no virtual environment"
    return Check("Python", "ok", f"{version}, {where}")


def _git() -> Check:
    if shutil.which("git"):
        return Check("git", "ok", "found")
    return Check("git", "missing", "the history of an output repository is kept in git", "install git")


def _disk(name: str, folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    state: State = "ok"
    if free < _LITTLE:
        state = "missing" if free < _TOO_LITTLE else "warning"
    mend = "" if state == "ok" else "make room: `docker system df` shows what the engine holds"
    return Check(name, state, f"{free / GIB:.1f} GiB free", mend)
