"""Debian packages on top of the sandbox image: a layer of its own for each set, built once and kept.

apt runs as root in a container that has the network, as it does for the base; no code of a repository is involved,
and whoever asks must take the names from a table of ours. What apt needs to know of this host (mirror, proxy,
certificates) reaches it by the environment of one command and by a tmpfs, so that the image holds none of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
from docker import errors as docker_errors
from docker.types import LogConfig, Mount
from docker.utils.socket import frames_iter

from sandbox import engine
from sandbox.errors import InfrastructureError
from sandbox.setup import apt
from sandbox.setup.host import HostIndex
from sandbox.setup.image import HOME, KIND, ImageInfo, home
from sandbox.setup.lastuse import note_use
from sandbox.setup.places import Progress, cache_folder, once

REPOSITORY = "p2c-layer"
PARENT = "p2c.parent"
PACKAGES = "p2c.packages"
BUILD_SECONDS = 900
GRACE_SECONDS = 600
"""A layer of an older sandbox image lives on for so long, because another process may be about to use it."""
RETRY_SECONDS = 600
"""A layer that could not be made is not tried again for so long."""
TELL_SECONDS = 5.0
_UNPACKED, _SET_UP = b"\nUnpacking ", b"\nSetting up "
_RECIPE = "1"
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_CA = "/run/p2c-ca.pem"
_CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETGID", "SETUID"]
# --reinstall: the base was slimmed of files (graphics drivers) of packages that count as installed.
_SCRIPT = r"""
set -eu
( while sleep 10; do echo ...; done ) & beat=$!
trap 'kill $beat' EXIT
options="-q -y -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 -o Acquire::Languages=none"
options="$options -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20"
[ -e /run/p2c-ca.pem ] && options="$options -o Acquire::https::CaInfo=/run/p2c-ca.pem"
if [ -n "$P2C_MIRROR" ]; then
    echo "deb $P2C_MIRROR bookworm main" > /run/sources.list
    options="$options -o Dir::Etc::sourcelist=/run/sources.list -o Dir::Etc::sourceparts=/dev/null"
fi
apt-get $options update
apt-get $options install --no-install-recommends --reinstall "$@"
printf 'pcm.!default { type null }\nctl.!default { type null }\n' > /etc/asound.conf
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/doc /usr/share/man /usr/share/info /usr/share/locale
find / -xdev -type f -perm /6000 -exec chmod a-s {} +
"""


@dataclass(frozen=True)
class Layer:
    """An image with Debian packages on top of the sandbox image.

    Attributes:
        tag: to run in; None when it cannot be had.
        reason: why it cannot, in the last words of apt; else empty.
        seconds: that it took to make; 0 when it was there.
    """

    tag: str | None
    reason: str = ""
    seconds: float = 0.0


def layer_tag(image: ImageInfo, packages: tuple[str, ...]) -> str:
    """The name of the layer: a digest of the sandbox image and the packages, whatever their order."""
    what = "\0".join((_RECIPE, image.id, *sorted(set(packages))))
    return f"{REPOSITORY}:{hashlib.sha256(what.encode()).hexdigest()[:16]}"


def ensure_layer(
    client: docker.DockerClient, image: ImageInfo, packages: tuple[str, ...], progress: Progress = print
) -> Layer:
    """The layer with `packages`, built now if it is not there; two processes build it once.

    Args:
        packages: names of Debian packages, from a table of ours and never from a repository.
        progress: gets a line now and then while something takes long.

    Raises:
        InfrastructureError: the engine failed. A mirror that does not answer is no error but a `reason`.
        ValueError: what is asked for is no name of a Debian package.
    """
    wrong = [name for name in packages if not _NAME.fullmatch(name)]
    if wrong or not packages:
        raise ValueError(f"no names of Debian packages: {wrong}")
    tag = layer_tag(image, packages)
    if _is_there(client, tag):
        return Layer(tag)
    with once(tag.replace(":", "-"), progress):
        if _is_there(client, tag):
            return Layer(tag)
        known = _failed_before(tag)
        if known:
            return Layer(None, known)
        started = time.monotonic()
        progress(f"system packages: installing {', '.join(sorted(packages))}")
        reason = _build(client, image, packages, tag, progress)
        if reason:
            _remember_failure(tag, reason)
            return Layer(None, reason, time.monotonic() - started)
        with contextlib.suppress(InfrastructureError):  # the layer is there; only older ones stay
            _remove_superseded(client, image)
        return Layer(tag, seconds=time.monotonic() - started)


def _is_there(client: docker.DockerClient, tag: str) -> bool:
    with engine.guard("looking for a layer of system packages"):
        try:
            found = client.images.get(tag)
        except docker_errors.ImageNotFound:
            return False
    note_use(str(found.id))
    return True


def _build(
    client: docker.DockerClient, image: ImageInfo, packages: tuple[str, ...], tag: str, progress: Progress
) -> str:
    """Install and commit; returns why it failed, or an empty text."""
    source = apt.host_source()
    with _container(client, image) as container, engine.guard("installing system packages"):
        variables = source.environment | {"P2C_MIRROR": source.mirror or "", "DEBIAN_FRONTEND": "noninteractive"}
        variables |= HostIndex.detect().proxies
        command = ["bash", "-c", _SCRIPT, "bash", *sorted(set(packages))]
        job = client.api.exec_create(container, command, user="0", environment=variables, stderr=True)["Id"]
        stream = client.api.exec_start(job, socket=True)
        try:
            said = _followed(stream, progress)
        finally:
            response = getattr(stream, "_response", None)
            if response is not None:
                response.close()
            stream.close()
        status = client.api.exec_inspect(job)["ExitCode"]
        if status != 0:
            return _why(said.decode("utf-8", "replace"), status)
        repository, _, name = tag.partition(":")
        # The owner is the container's; an image has none. The rest as the sandbox image has it.
        marks = {KIND: "layer", PARENT: image.id, HOME: home(), PACKAGES: " ".join(sorted(packages)), engine.LABEL: ""}
        marks[engine.MAKER] = engine.labels()[engine.LABEL]
        changes = [f'LABEL {key}="{value}"' for key, value in marks.items()]
        changes += ['CMD ["bash"]', "USER sandbox"]
        client.api.commit(container, repository, name, changes=changes)
    return ""


def _followed(stream: object, progress: Progress) -> bytes:
    """All that apt says; in numbers alone it is told on, for its words may hold a login."""
    said, told = bytearray(), time.monotonic()
    for _, piece in frames_iter(stream, tty=False):  # type: ignore[no-untyped-call]
        said += piece
        if time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            progress(f"system packages: {said.count(_UNPACKED)} unpacked, {said.count(_SET_UP)} set up")
    return bytes(said)


@contextlib.contextmanager
def _container(client: docker.DockerClient, image: ImageInfo) -> Iterator[str]:
    """A running container of the sandbox image with the network, root inside, gone afterwards."""
    ca_file = HostIndex.detect().ca_file
    mounts = [Mount(_CA, str(ca_file), type="bind", read_only=True)] if ca_file and engine.is_local(client) else []
    with engine.guard("making a container for system packages"):
        made: str = client.api.create_container(
            image.id,
            command=["sleep", str(BUILD_SECONDS)],
            user="0",
            labels=engine.labels(),
            use_config_proxy=False,
            host_config=client.api.create_host_config(
                network_mode="bridge",
                cap_drop=["ALL"],
                cap_add=_CAPABILITIES,
                security_opt=["no-new-privileges"],
                init=True,
                tmpfs={"/run": "rw,nosuid,nodev,size=64m"},
                mounts=mounts,
                log_config=LogConfig(type="none"),
            ),
        )["Id"]
    try:
        with engine.guard("starting a container for system packages"):
            client.api.start(made)
        yield made
    finally:
        with engine.guard("removing a container for system packages"), contextlib.suppress(docker_errors.NotFound):
            client.api.remove_container(made, force=True, v=True)


def _why(said: str, status: int | None) -> str:
    """apt's own reason, without the addresses that it names (they may hold a login)."""
    text = re.sub(r"https?://\S+", "URL", said)
    lines = [line.strip() for line in text.splitlines() if line.strip() and line.strip() != "..."]
    errors = [line for line in lines if line.startswith(("E:", "Err:", "W: Failed"))]
    return " ".join((errors or lines)[-4:])[:600] or f"apt ended with {status}"


def _failed_before(tag: str) -> str:
    """Why it could not be made a while ago; empty when that is too long ago, or never was."""
    note = _note(tag)
    try:
        return note.read_text() if time.time() - note.stat().st_mtime < RETRY_SECONDS else ""
    except OSError:
        return ""


def _remember_failure(tag: str, reason: str) -> None:
    note = _note(tag)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(reason)


def _note(tag: str) -> Path:
    return cache_folder() / "layers" / tag.partition(":")[2]


def _remove_superseded(client: docker.DockerClient, image: ImageInfo) -> None:
    """Remove this installation's layers of older sandbox images that no container uses."""
    with engine.guard("removing superseded layers"):
        layers = client.api.images(filters={"label": [f"{KIND}=layer", f"{HOME}={home()}"]})
        used = {one["ImageID"] for one in client.api.containers(all=True) if engine.is_there(one)}
        for found in layers:
            is_young = time.time() - found["Created"] < GRACE_SECONDS
            if found["Labels"].get(PARENT) == image.id or found["Id"] in used or is_young:
                continue
            with contextlib.suppress(docker_errors.APIError):  # in use since, or gone already
                client.api.remove_image(found["Id"])
