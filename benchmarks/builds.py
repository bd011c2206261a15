"""Environments as others make them: `docker build` with pip, and pip and uv by hand in a container."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from docker.errors import DockerException

from benchmarks.child import ContestantFailed
from benchmarks.frame import Bench
from benchmarks.resident import Resident
from benchmarks.volumes import own_volume
from sandbox.setup.host import HostIndex

CA = "/etc/bench-ca.pem"
VENV = "/env"
"""Folder of the virtual environment in the image that is built."""
PLACE = "/made"
"""Where a volume lies in a container in which something is installed by hand."""
UV = "/opt/p2c/tools/bin/uv"


class Builds:
    """`docker build` with pip for one host's index; a failure is a `ContestantFailed` without secrets."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.host = HostIndex.detect()
        self.tag = ""
        """The image that was built last and kept."""

    def recipe(self, layers: Sequence[Sequence[str]]) -> str:
        """A Dockerfile as its users write it; what the host says of its index goes in with the context."""
        lines = [f"FROM {self.bench.images.base.tag}", "USER root", "LABEL p2c.home= p2c.inputs= p2c.image=bench"]
        lines += [f"COPY ca.pem {CA}", "COPY pip.conf /etc/pip.conf", f"RUN python3 -m venv {VENV}"]
        command = f"RUN {' '.join(self.pip(VENV))}"
        return "\n".join([*lines, *(f"{command} --no-cache-dir {' '.join(packages)}" for packages in layers)]) + "\n"

    def pip(self, venv: str) -> list[str]:
        """`pip install`, without the packages."""
        trusted = [word for name in self.host.trusted_hosts for word in ("--trusted-host", name)]
        return [f"{venv}/bin/pip", "install", "--disable-pip-version-check", "-q", *trusted]

    def context(self) -> dict[str, bytes]:
        """CA bundle and index settings; no folder of this host, which a build could not see."""
        settings = io.StringIO()
        settings.write("[global]\n")
        if self.host.ca_bundle:
            settings.write(f"cert = {CA}\n")
        if default := _remote(self.host.default_index):
            settings.write(f"index-url = {default}\n")
        if more := [url for url in self.host.indexes if _remote(url)]:
            settings.write(f"extra-index-url = {' '.join(more)}\n")
        return {"ca.pem": self.host.ca_bundle or b"", "pip.conf": settings.getvalue().encode()}

    def build(self, recipe: str, *, cache: bool, name: str = "pip", files: dict[str, bytes] | None = None) -> float:
        """Seconds of one build; without the cache its image is removed at once: the next starts from nothing, too.

        Raises:
            ContestantFailed: it cannot be built.
        """
        began = time.perf_counter()
        given = self.context() | (files or {})
        try:
            tag = self.bench.images.build(name, recipe, given, cache=cache, buildargs=dict(self.host.proxies))
        except DockerException as error:
            raise ContestantFailed(f"the build failed: {self.host.redact(str(error))[-200:]}") from error
        seconds = time.perf_counter() - began
        if cache:
            self.tag = tag
        else:
            self.bench.client.images.remove(tag, force=True)
        return seconds

    def environ(self) -> dict[str, str]:
        """Variables for pip and uv by hand in a container of the image that was built."""
        proxies = dict(self.host.proxies) | {name.upper(): value for name, value in self.host.proxies.items()}
        found = proxies | {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/root", "PIP_CACHE_DIR": f"{PLACE}/pip"}
        found |= {"UV_CACHE_DIR": f"{PLACE}/uv", "UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never"}
        if self.host.ca_bundle:
            found["SSL_CERT_FILE"] = CA
        if default := _remote(self.host.default_index):
            found["UV_DEFAULT_INDEX"] = default
        if more := [url for url in self.host.indexes if _remote(url)]:
            found["UV_INDEX"] = " ".join(more)
        return found

    @contextmanager
    def by_hand(self) -> Iterator[Resident]:
        """A container of the image that was built, with the network and an empty volume, for one to install in."""
        with (
            own_volume(self.bench.client) as volume,
            Resident(self.tag, ["-v", f"{volume}:{PLACE}"], installs=True) as resident,
        ):
            yield resident

    def with_uv(self, packages: Sequence[str]) -> float:
        """Seconds of uv by hand with nothing kept: the environment, resolving, loading, unpacking, bytecode."""
        python = f"{PLACE}/env/bin/python"
        uv_arguments = " ".join(self.host.uv_arguments())
        install = f"{UV} pip install -q --compile-bytecode {uv_arguments} --python {python} {' '.join(packages)}"
        with self.by_hand() as resident:
            line = f"{UV} venv -q --python /usr/bin/python3 {PLACE}/env && {install}"
            return resident.time(["sh", "-c", line], self.environ())[0]

    def one_more(self, package: str) -> float:
        """Seconds of `pip install` of one package into an environment that is there, with nothing kept."""
        with self.by_hand() as resident:
            return resident.time([*self.pip(VENV), "--no-cache-dir", package], self.environ())[0]

    def with_pip(self, resident: Resident, packages: Sequence[str], folder: str) -> float:
        """Seconds of a new virtual environment and pip by hand; downloads that the container has are used."""
        venv = f"{PLACE}/{folder}"
        line = f"python3 -m venv {venv} && {' '.join([*self.pip(venv), *packages])}"
        return resident.time(["sh", "-c", line], self.environ())[0]


def _remote(url: str | None) -> str | None:
    return None if url is None or url.startswith("file:") else url
