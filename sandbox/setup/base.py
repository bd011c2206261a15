"""The base of the sandbox image: Debian 12, pulled where a registry answers, else made with debootstrap.

Both hold Debian's own Python 3.11 in the end, at the same path, so that nothing depends on which it was.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import docker
from docker import errors as docker_errors
from docker.utils import parse_repository_tag

from sandbox import engine
from sandbox.errors import ImageUnavailable, InfrastructureError
from sandbox.setup import apt
from sandbox.setup.places import INSIDE, Progress
from sandbox.setup.scratch import LARGE, scratch

PULLED = "debian:bookworm-slim"
VARIABLE = "P2C_BASE"
"""Names another image to build on (Debian 12 or its like), for example in a private registry."""
PULL_SECONDS = 30
"""A registry that says nothing for so long does not answer."""
_RECIPE = "1"
_NEEDLESS = (
    "usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/javascript", "var/lib/apt/lists",
    "var/cache/apt", "var/cache/debconf", "var/log", "debootstrap", "etc/hostname", "etc/resolv.conf",
    "etc/apt/sources.list",  # names the mirror, perhaps with a login
)  # fmt: skip
_NEEDLESS_PATTERNS = ("usr/lib/*/dri", "usr/lib/*/libLLVM*")  # graphics drivers: 200 MB that no CPU run loads


@dataclass(frozen=True)
class Base:
    """The image that the sandbox image is built on.

    Attributes:
        complete: whether it holds every package already, so that the build needs no network.
    """

    reference: str
    id: str
    complete: bool


def packages() -> tuple[str, ...]:
    """The Debian packages of the image, from `inside/packages.txt`."""
    lines = (INSIDE / "packages.txt").read_text(encoding="utf-8").splitlines()
    return tuple(name for line in lines if (name := line.partition("#")[0].strip()))


def made_reference() -> str:
    """The name of the base that debootstrap makes; another list of packages gives another name."""
    digest = hashlib.sha256("\n".join((_RECIPE, *packages())).encode()).hexdigest()
    return f"p2c-base:bookworm-{digest[:12]}"


def local_base(client: docker.DockerClient) -> Base | None:
    """The base if the engine has it already: the one that `P2C_BASE` names, the pulled one, the made one."""
    named = os.environ.get(VARIABLE)
    for reference in [named] if named else [PULLED, made_reference()]:
        try:
            with engine.guard("looking for the base image"):
                image = client.images.get(reference)
        except ImageUnavailable:
            continue
        return Base(reference, str(image.id), complete=reference == made_reference())
    return None


def obtain_base(client: docker.DockerClient, progress: Progress) -> Base:
    """The base: had, pulled or made.

    Raises:
        ImageUnavailable: none of the three worked; the message has each reason and what to do.
    """
    found = local_base(client)
    if found:
        return found
    named = os.environ.get(VARIABLE)
    progress(f"base image: pulling {named or PULLED}")
    try:
        _pull(client, named or PULLED)
    except InfrastructureError as error:
        if named:
            raise ImageUnavailable(f"{VARIABLE}={named} can be neither found nor pulled: {error}") from error
        progress("base image: no registry answers; making it with debootstrap (once, a minute or two)")
        _make(client, progress, str(error))
    found = local_base(client)
    if found is None:
        raise ImageUnavailable("the base image was removed while it was being used; try again")
    return found


def _pull(client: docker.DockerClient, reference: str) -> None:
    repository, tag = parse_repository_tag(reference)
    usual, client.api.timeout = client.api.timeout, PULL_SECONDS
    try:
        with engine.guard(f"pulling {reference}"):
            for event in client.api.pull(repository, tag or "latest", stream=True, decode=True):
                if "error" in event:
                    raise docker_errors.DockerException(event["error"])
    finally:
        client.api.timeout = usual


def _make(client: docker.DockerClient, progress: Progress, why_not_pulled: str) -> None:
    hint = f"Pull {PULLED} on a machine that can, or name an image of your registry in {VARIABLE}. ({why_not_pulled})"
    if not shutil.which("debootstrap") and apt.can_install():
        apt.install(["debootstrap"], progress)
    if not shutil.which("debootstrap"):
        raise ImageUnavailable(f"no registry answers, and there is no debootstrap to make the base with. {hint}")
    if os.geteuid() != 0:
        raise ImageUnavailable(f"no registry answers, and only root can make the base with debootstrap. {hint}")
    with scratch(LARGE) as folder:  # /tmp is often small, or mounted so that debootstrap refuses it
        root = folder / "root"
        _debootstrap(root, progress)
        _slim(root)
        progress("base image: handing it to the engine")
        _import(client, root)


def _debootstrap(root: Path, progress: Progress) -> None:
    source = apt.host_source()
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(packages())}", "bookworm", str(root)]
    if source.mirror:
        command.append(source.mirror)
    environment = os.environ | source.environment | {"DEBIAN_FRONTEND": "noninteractive"}
    last: list[str] = []
    seen: dict[str, int] = {}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            last = [*last[-7:], line.rstrip()]
            stage = line.removeprefix("I: ").split(" ")[0]
            seen[stage] = seen.get(stage, 0) + 1
            if stage in {"Retrieving", "Unpacking", "Configuring"} and seen[stage] % 50 == 1:
                progress(f"base image: {stage.lower()} packages ({seen[stage]})")
    if process.returncode:
        end = "\n".join(last)
        raise ImageUnavailable(f"debootstrap ended with {process.returncode}; can this host reach its mirror?\n{end}")


def _slim(root: Path) -> None:
    """Delete what no run needs, and what tells of this host; take the setuid bits off."""
    doomed = [root / name for name in _NEEDLESS] + [p for pattern in _NEEDLESS_PATTERNS for p in root.glob(pattern)]
    for path in doomed:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for name in ("var/log", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/cache/debconf"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for parent, _, names in os.walk(root):
        for name in names:
            path = Path(parent) / name
            mode = path.lstat().st_mode
            if not path.is_symlink() and mode & 0o6000:
                path.chmod(mode & 0o1777)


def _import(client: docker.DockerClient, root: Path) -> None:
    repository, tag = made_reference().split(":")
    command = ["tar", "--numeric-owner", "-C", str(root), "-c", "."]
    with (
        engine.guard("importing the base image"),
        subprocess.Popen(command, stdout=subprocess.PIPE) as tar,
    ):
        client.api.import_image_from_stream(
            tar.stdout, repository=repository, tag=tag, changes=['CMD ["bash"]', "LABEL p2c.image=base"]
        )
    if tar.returncode:
        raise ImageUnavailable(f"packing the base image failed: tar ended with {tar.returncode}")
