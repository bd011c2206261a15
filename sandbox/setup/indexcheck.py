"""Whether the package index answers from inside a container, with this host's settings."""

from __future__ import annotations

import docker
from docker import errors as docker_errors

from sandbox import engine
from sandbox.setup.check import Check
from sandbox.setup.host import HostIndex
from sandbox.setup.image import ImageInfo

PROBE = "packaging"
"""A distribution that every index has."""
_SECONDS = 20
_FRAME = " \u00d7\u2570\u2500\u25b6\u2502\u251c\u00b7"
"""What uv draws around its errors."""


def check(client: docker.DockerClient, image: ImageInfo, host: HostIndex) -> Check:
    """Resolve one well-known distribution with uv, in a container that has what installers have.

    Raises:
        InfrastructureError: the engine could not run the container.
    """
    if host.no_index:
        return Check("index", "ok", f"not asked: {host.describe()}")
    if not engine.is_local(client) and host.mounts():
        return Check("index", "warning", "this host's CA bundle and folders cannot be mounted on a remote engine")
    uv = ["/opt/p2c/tools/bin/uv", "pip", "compile", "--quiet", "--no-cache", "--python", "python3", "-"]
    script = f"echo {PROBE} | timeout {_SECONDS} {' '.join(uv + host.uv_arguments())}"
    variables = host.environment() | {"UV_HTTP_TIMEOUT": "8", "UV_HTTP_RETRIES": "0"}
    with engine.guard("asking the package index from a container"):
        try:
            client.containers.run(
                image.tag, ["bash", "-o", "pipefail", "-c", script], remove=True, stderr=True, mounts=host.mounts(),
                environment=variables, labels=engine.labels(), cap_drop=["ALL"],
            )  # fmt: skip
        except docker_errors.ContainerError as error:
            said = (error.stderr or b"").decode("utf-8", "replace") if isinstance(error.stderr, bytes) else ""
            lines = [line.lstrip(_FRAME) for line in host.redact(said).splitlines() if line.strip()]
            why = "; ".join(lines[:3]) or f"no answer within {_SECONDS} s"
            return Check(
                "index", "missing", why[:400], "check pip's index, proxy and CA settings, and the bridge network"
            )
    return Check("index", "ok", f"{host.describe()}, reached from a container")
