"""The runner: every job in a hardened container of its own, which was warm before the job came."""

from sandbox.runner.docker_runner import DockerRunner

__all__ = ["DockerRunner"]
