"""Images for the contestants, made from the sandbox's own so that all run the same Python; removed afterwards.

Each carries two labels, which its containers inherit: so a contestant's containers are found, whoever named them.
"""

from __future__ import annotations

import contextlib
import io
import tarfile
import tempfile
from pathlib import Path

import docker
from docker.errors import APIError, NotFound

from benchmarks.venvs import install_into
from sandbox.engine import LABEL, is_dead, labels
from sandbox.setup.image import ImageInfo

RUN = "p2c.bench"
"""Label: the process that made it, as `sandbox.engine` names processes."""
WHOSE = "p2c.bench.contestant"
REPOSITORY = "p2c-bench"
BUILD_SECONDS = 1200
_PLAIN = "FROM {base}\nUSER root\nWORKDIR /w\nLABEL p2c.home= p2c.inputs= p2c.image=bench\n"
_SWE_REX = """COPY site /opt/swe-rex
COPY swerex-remote /usr/local/bin/swerex-remote
"""
_SERVER = b"""#!/usr/bin/python3
import sys
sys.path.insert(0, "/opt/swe-rex")
from swerex.server import main
main()
"""


def owner() -> str:
    """This process, as a label's value."""
    return labels()[LABEL]


class Images:
    """The images of one run of the bench; a context manager that removes them, and every container of theirs."""

    def __init__(self, client: docker.DockerClient, base: ImageInfo) -> None:
        self.client = client
        self.base = base
        self._made: dict[str, str] = {}

    def tag(self, contestant: str) -> str:
        """The image for `contestant`, made at the first call."""
        if contestant not in self._made:
            self._made[contestant] = self.build(contestant, *self._recipe(contestant))
        return self._made[contestant]

    def _recipe(self, contestant: str) -> tuple[str, dict[str, bytes]]:
        plain = _PLAIN.format(base=self.base.tag)
        if contestant != "swe-rex":
            return plain, {}
        with tempfile.TemporaryDirectory(prefix="p2c-bench-") as folder:
            install_into(Path(folder), "swe-rex-inside", self.base.python)
            paths = (path for path in sorted(Path(folder).rglob("*")) if path.is_file())
            files = {f"site/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in paths}
        return plain + _SWE_REX, files | {"swerex-remote": _SERVER}

    def build(
        self,
        contestant: str,
        recipe: str,
        files: dict[str, bytes],
        *,
        cache: bool = True,
        buildargs: dict[str, str] | None = None,
    ) -> str:
        """Build `recipe` (a Dockerfile) over a context of `files`; its tag.

        Raises:
            docker.errors.DockerException: it cannot be built.
        """
        name = "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in contestant)
        tag = f"{REPOSITORY}:{name}-{owner().split(':')[0]}"
        context = _tar({"Dockerfile": recipe.encode()} | files)
        marks = {RUN: owner(), WHOSE: contestant}
        self.client.images.build(
            fileobj=context,
            custom_context=True,
            tag=tag,
            labels=marks,
            rm=True,
            forcerm=True,
            nocache=not cache,
            buildargs=buildargs or {},
            timeout=BUILD_SECONDS,
        )
        return tag

    def containers(self, contestant: str) -> list[str]:
        """Ids of the running containers of a contestant."""
        found = self.client.api.containers(filters={"label": [f"{RUN}={owner()}", f"{WHOSE}={contestant}"]})
        return [one["Id"] for one in found]

    def remove_containers(self, contestant: str | None = None) -> int:
        """Remove what runs of them; how many there were."""
        wanted = [f"{RUN}={owner()}"] + ([f"{WHOSE}={contestant}"] if contestant else [])
        return remove_containers(self.client, wanted)

    def __enter__(self) -> Images:
        remove_dead(self.client)
        return self

    def __exit__(self, *_: object) -> None:
        self.remove_containers()
        remove_images(self.client, f"{RUN}={owner()}")


def containers_of(client: docker.DockerClient, pid: int) -> list[str]:
    """Ids of the containers that the process `pid` made as p2c does, as the engine lists them, ended ones too."""
    found = client.api.containers(all=True, filters={"label": LABEL})
    return [one["Id"] for one in found if one["Labels"][LABEL].startswith(f"{pid}:")]


def remove_containers(client: docker.DockerClient, wanted: list[str]) -> int:
    """Remove every container that carries all of the labels `wanted`; how many."""
    found = client.api.containers(all=True, filters={"label": wanted})
    for one in found:
        with contextlib.suppress(APIError):  # 404 and 409: somebody is at it already
            client.api.remove_container(one["Id"], force=True, v=True)
    return len(found)


def remove_images(client: docker.DockerClient, wanted: str) -> None:
    """Remove every image that carries the label `wanted`, with its untagged parents."""
    for image in client.api.images(filters={"label": wanted}):
        for name in [tag for tag in image["RepoTags"] or () if tag != "<none>:<none>"] or [image["Id"]]:
            with contextlib.suppress(NotFound, APIError):
                client.api.remove_image(name, force=True)


def remove_dead(client: docker.DockerClient) -> None:
    """Remove what benches left that were killed."""
    images = client.api.images(filters={"label": RUN})
    containers = client.api.containers(all=True, filters={"label": RUN})
    marks = {(one["Labels"] or {}).get(RUN, "") for one in [*images, *containers]}
    for mark in marks:
        if is_dead(mark):
            remove_containers(client, [f"{RUN}={mark}"])
            remove_images(client, f"{RUN}={mark}")


def _tar(files: dict[str, bytes]) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
    stream.seek(0)
    return stream
