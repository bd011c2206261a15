"""The sandbox image: built once from `Dockerfile.sandbox`, named after a digest of all that goes into it."""

from __future__ import annotations

import hashlib
import io
import tarfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker import errors as docker_errors

from sandbox import engine
from sandbox.errors import ImageUnavailable, InfrastructureError
from sandbox.setup.base import Base, local_base, obtain_base
from sandbox.setup.host import HostIndex
from sandbox.setup.lastuse import note_use
from sandbox.setup.places import INSIDE, Progress, dockerfile, once
from sandbox.setup.scratch import scratch
from sandbox.setup.tools import tool_wheels

REPOSITORY = "p2c-sandbox"
NAMES = ("p2c-sandbox:", "p2c-base:", "p2c-layer:")
"""All images of ours that have a name."""
PYTHON = "3.11"
_INPUTS = "p2c.inputs"
BASE = "p2c.base"
HOME = "p2c.home"
KIND = "p2c.image"
STAGE = "tools"
"""The kind of the stage that a build leaves without a name."""
BUILD_SECONDS = 900
ATTEMPTS = 3
GIVE_UP_SECONDS = 10.0
GRACE_SECONDS = 600
"""A superseded image lives on for so long, because another process may be about to use it."""


@dataclass(frozen=True)
class ImageInfo:
    """The sandbox image.

    Attributes:
        tag: `p2c-sandbox:DIGEST`; the digest is over everything that goes into it.
        id: the engine's id.
        python: the version of `python3` in it, major and minor.
        system: digest of its base, packages and Python; an environment made in one image runs in every
            image that has the same one (our own scripts are not part of it).
    """

    tag: str
    id: str
    python: str
    system: str


def ensure_image(client: docker.DockerClient, progress: Progress = print) -> ImageInfo:
    """The sandbox image, built now if it is not there; two processes build it once.

    Args:
        progress: gets a line now and then while something takes long.

    Raises:
        ImageUnavailable: it, or its base, can be neither found nor made; says what to do.
        InfrastructureError: the engine failed.
    """
    found = find_image(client)
    if found is None:
        with once("image", progress):
            found = find_image(client)
            if found is None:
                with scratch():  # should we be killed, its remains tell the next start to look for ours
                    found = _made(client, progress)
    note_use(found.id)
    return found


def _made(client: docker.DockerClient, progress: Progress) -> ImageInfo:
    started = time.monotonic()
    base = obtain_base(client, progress)
    info = _persistently(lambda: _build(client, base, progress))
    try:
        remove_leftovers(client, info)
    except InfrastructureError as error:  # the image is there; only older ones stay
        progress(f"sandbox image: {error}")
    progress(f"sandbox image: {info.tag} is ready ({time.monotonic() - started:.0f} s)")
    return info


def _persistently(build: Callable[[], ImageInfo]) -> ImageInfo:
    """`build()`, again when the engine failed in a way that may pass."""
    for attempt in range(1, ATTEMPTS):
        try:
            return build()
        except InfrastructureError as error:
            if not engine.is_transient(error):
                raise
            time.sleep(attempt)
    return build()


def sweep_builds(client: docker.DockerClient) -> tuple[str, ...]:
    """Remove what a killed build left in the engine; unless another build of this user is at work."""
    try:
        with once("image", seconds=0.0):
            _wait_for_builds(client)
            return remove_leftovers(client, find_image(client))
    except InfrastructureError:
        return ()


def _wait_for_builds(client: docker.DockerClient) -> None:
    """Until the engine has given up a build whose client is dead: it ends the step that it is at, and keeps that."""
    until, quiet = time.monotonic() + GIVE_UP_SECONDS, 0
    while quiet < 3 and time.monotonic() < until:
        time.sleep(0.3)
        with engine.guard("looking for builds"):
            steps = client.api.containers(all=True, filters={"label": KIND})
        quiet = 0 if any(engine.LABEL not in step["Labels"] for step in steps) else quiet + 1


def find_image(client: docker.DockerClient) -> ImageInfo | None:
    """The sandbox image if it is there and up to date, else None.

    Raises:
        InfrastructureError: the engine failed.
    """
    inputs = inputs_digest()
    base = local_base(client)
    with engine.guard("looking for the sandbox image"):
        # without its base at hand, an image of the same inputs is as good
        wanted = [f"{_INPUTS}={inputs}"] + ([f"{BASE}={base.id}"] if base else [])
        images = client.api.images(name=REPOSITORY, filters={"label": wanted})
    tagged = [image for image in images if _tags(image)]
    if not tagged:
        return None
    newest = max(tagged, key=lambda image: int(image["Created"]))
    return ImageInfo(_tags(newest)[0], newest["Id"], PYTHON, _system(newest["Labels"][BASE]))


def inputs_digest() -> str:
    """SHA-256 (hex) over the Dockerfile and everything that is copied into the image."""
    total = hashlib.sha256(dockerfile().read_bytes())
    for name, content in _inside():
        total.update(f"\0{name}\0{hashlib.sha256(content).hexdigest()}".encode())
    return total.hexdigest()


def _system(base_id: str) -> str:
    packages = (INSIDE / "packages.txt").read_bytes()
    return hashlib.sha256(base_id.encode() + packages + PYTHON.encode()).hexdigest()[:16]


def _inside() -> list[tuple[str, bytes]]:
    files = sorted(p for p in INSIDE.rglob("*") if p.is_file() and p.suffix in {".py", ".c", ".txt", ".toml", ".ini"})
    return [(f"inside/{path.relative_to(INSIDE).as_posix()}", path.read_bytes()) for path in files]


def _build(client: docker.DockerClient, base: Base, progress: Progress) -> ImageInfo:
    inputs = inputs_digest()
    tag = f"{REPOSITORY}:{hashlib.sha256((inputs + base.id).encode()).hexdigest()[:12]}"
    host = HostIndex.detect()
    progress("sandbox image: fetching the tools (uv, ruff, mypy, coverage)")
    context = _context(tool_wheels(_architecture(client)))
    progress("sandbox image: building")
    marks = {_INPUTS: inputs, BASE: base.id, HOME: home(), engine.MAKER: engine.labels()[engine.LABEL]}
    with engine.guard("building the sandbox image"):
        # proxy variables are build arguments that docker knows and keeps out of the image's history
        events = client.api.build(
            fileobj=context, custom_context=True, tag=tag, decode=True, rm=True, forcerm=True, labels=marks,
            buildargs={"BASE": base.id} | ({} if base.complete else dict(host.proxies)), timeout=BUILD_SECONDS,
            network_mode="none" if base.complete else None, dockerfile="Dockerfile.sandbox",
        )  # fmt: skip
        _follow(events, progress)
        image = client.images.get(tag)
    return ImageInfo(tag, str(image.id), PYTHON, _system(base.id))


def _follow(events: object, progress: Progress) -> None:
    """Read the build's events to their end. Raises ImageUnavailable with the end of its output."""
    last: list[str] = []
    for event in events if hasattr(events, "__iter__") else ():
        text = str(event.get("stream") or event.get("error") or "").rstrip()
        if text:
            last = [*last[-15:], text]
        if text.startswith("Step "):
            progress(f"sandbox image: {' '.join(text.split())[:100]}")
        if "error" in event:
            end = "\n".join(last)
            raise ImageUnavailable(f"building the sandbox image failed:\n{end}")


def _context(wheels: tuple[Path, ...]) -> io.BytesIO:
    """The build context as a tar, the same bytes for the same files, so that the engine's cache serves it."""
    stream = io.BytesIO()
    files = [("Dockerfile.sandbox", dockerfile().read_bytes()), *_inside()]
    files += [(f"wheels/{path.name}", path.read_bytes()) for path in wheels]
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    stream.seek(0)
    return stream


def _architecture(client: docker.DockerClient) -> str:
    """The engine's machine as wheels name it, e.g. `x86_64`; it may differ from this host's."""
    with engine.guard("asking the engine for its architecture"):
        machine = str(client.api.info()["Architecture"])
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)


def home() -> str:
    """Tells one installation of this project from another without naming its path."""
    return hashlib.sha256(str(INSIDE).encode()).hexdigest()[:16]


def _tags(image: dict[str, Any]) -> list[str]:
    """Its tags; older engines list `<none>:<none>` for an image that has none."""
    return [tag for tag in image["RepoTags"] or () if tag != "<none>:<none>"]


def remove_leftovers(client: docker.DockerClient, current: ImageInfo | None) -> tuple[str, ...]:
    """Remove what no process uses: older images of this installation, and what builds left; to be called by who
    holds the lock of the image.

    Args:
        current: the image in use; None when there is none yet.

    Returns:
        The ids of what was removed.
    """
    with engine.guard("removing superseded images"):
        ours = client.api.images(name=REPOSITORY, filters={"label": [f"{HOME}={home()}"]})
        used = {one["ImageID"] for one in client.api.containers(all=True) if engine.is_there(one)}
        superseded = [image for image in ours if current is not None and image["Id"] != current.id]
        old = [image for image in superseded if time.time() - image["Created"] >= GRACE_SECONDS]
        gone = [
            image["Id"] for image in [*old, *_remains(client)] if image["Id"] not in used and _remove(client, image)
        ]
    return tuple(gone)


def is_own(client: docker.DockerClient, image: Mapping[str, Any]) -> bool:
    """Whether we made the image ourselves: what others build on ours inherits its labels.

    It carries a name of ours; or it has none and does not come from an image with a name.
    """
    names = _tags(dict(image))
    if names or KIND not in (image["Labels"] or {}):
        return bool(names) and all(name.startswith(NAMES) for name in names) and KIND in (image["Labels"] or {})
    parent = str(image.get("ParentId") or "")
    while parent:
        try:
            found = client.api.inspect_image(parent)  # type: ignore[no-untyped-call]
        except docker_errors.ImageNotFound:
            return True
        if any(tag.startswith(f"{REPOSITORY}:") for tag in found["RepoTags"] or ()):
            return False
        parent = str(found.get("Parent") or "")
    return True


def _remains(client: docker.DockerClient) -> list[dict[str, Any]]:
    """Images without a name that builds left; but for the newest whole stage, which the next build starts from."""
    dangling: list[dict[str, Any]] = client.api.images(filters={"label": KIND, "dangling": True})
    nameless = [image for image in dangling if is_own(client, image)]
    stages = [image for image in nameless if image["Labels"].get(KIND) == STAGE]
    newest = max(stages, key=lambda image: int(image["Created"]), default=None)
    return [image for image in nameless if image is not newest]


def _remove(client: docker.DockerClient, image: dict[str, Any]) -> bool:
    """Whether it is gone by our doing; not when somebody else removed it, or uses it since."""
    try:
        for name in _tags(image) or [image["Id"]]:
            client.api.remove_image(name)
    except docker_errors.APIError as error:
        if error.status_code in {404, 409}:
            return False
        raise
    return True
