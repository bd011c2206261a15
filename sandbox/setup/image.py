"""The sandbox image: built once from `Dockerfile.sandbox`, named after a digest of all that goes into it."""

from __future__ import annotations

import hashlib
import io
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker import errors as docker_errors

from sandbox import engine
from sandbox.errors import ImageUnavailable, InfrastructureError
from sandbox.setup.base import Base, local_base, obtain_base
from sandbox.setup.host import HostIndex
from sandbox.setup.places import INSIDE, Progress, dockerfile, once
from sandbox.setup.tools import tool_wheels

REPOSITORY = "p2c-sandbox"
PYTHON = "3.11"
_INPUTS = "p2c.inputs"
_BASE = "p2c.base"
HOME = "p2c.home"
KIND = "p2c.image"
BUILD_SECONDS = 900
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
    if found:
        return found
    with once("image", progress):
        found = find_image(client)
        if found:
            return found
        started = time.monotonic()
        base = obtain_base(client, progress)
        info = _build(client, base, progress)
        try:
            _remove_superseded(client, info)
        except InfrastructureError as error:  # the image is there; only older ones stay
            progress(f"sandbox image: {error}")
        progress(f"sandbox image: {info.tag} is ready ({time.monotonic() - started:.0f} s)")
        return info


def find_image(client: docker.DockerClient) -> ImageInfo | None:
    """The sandbox image if it is there and up to date, else None.

    Raises:
        InfrastructureError: the engine failed.
    """
    inputs = inputs_digest()
    base = local_base(client)
    with engine.guard("looking for the sandbox image"):
        # without its base at hand, an image of the same inputs is as good
        wanted = [f"{_INPUTS}={inputs}"] + ([f"{_BASE}={base.id}"] if base else [])
        images = client.api.images(name=REPOSITORY, filters={"label": wanted})
    tagged = [image for image in images if _tags(image)]
    if not tagged:
        return None
    newest = max(tagged, key=lambda image: int(image["Created"]))
    return ImageInfo(_tags(newest)[0], newest["Id"], PYTHON, _system(newest["Labels"][_BASE]))


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
    files = sorted(p for p in INSIDE.rglob("*") if p.is_file() and p.suffix in {".py", ".txt", ".toml", ".ini"})
    return [(f"inside/{path.relative_to(INSIDE).as_posix()}", path.read_bytes()) for path in files]


def _build(client: docker.DockerClient, base: Base, progress: Progress) -> ImageInfo:
    inputs = inputs_digest()
    tag = f"{REPOSITORY}:{hashlib.sha256((inputs + base.id).encode()).hexdigest()[:12]}"
    host = HostIndex.detect()
    progress("sandbox image: fetching the tools (uv, ruff, mypy, coverage)")
    context = _context(tool_wheels(_architecture(client)))
    progress("sandbox image: building")
    marks = {_INPUTS: inputs, _BASE: base.id, HOME: home(), engine.MAKER: engine.labels()[engine.LABEL]}
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


def _remove_superseded(client: docker.DockerClient, current: ImageInfo) -> None:
    """Remove older images of this installation that no container uses, and the stages they came from."""
    with engine.guard("removing superseded images"):
        ours = client.api.images(name=REPOSITORY, filters={"label": [f"{HOME}={home()}"]})
        stages = client.api.images(filters={"label": [f"{KIND}=stage"], "dangling": True})
        used = {container["ImageID"] for container in client.api.containers(all=True)}
        newest_stage = max((stage["Created"] for stage in stages), default=0)
        old = [image for image in ours if image["Id"] != current.id]
        old += [stage for stage in stages if stage["Created"] < newest_stage]
        for image in old:
            if image["Id"] in used or time.time() - image["Created"] < GRACE_SECONDS:
                continue
            try:
                for name in _tags(image) or [image["Id"]]:
                    client.api.remove_image(name)
            except docker_errors.APIError as error:
                if error.status_code not in {404, 409}:  # gone already, or in use since
                    raise
