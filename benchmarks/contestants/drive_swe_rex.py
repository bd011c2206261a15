"""SWE-ReX: a container that stays, with a server inside that is spoken to over HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from serve import Contestant, Output, serve
from swerex.deployment.docker import DockerDeployment
from swerex.runtime.abstract import Command, WriteFileRequest


class SweRex(Contestant):
    """An edit is `write_file` and `execute`."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.deployment: DockerDeployment | None = None

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def start(self, image: str, files: dict[str, str]) -> None:
        logging.getLogger("rex-deploy").setLevel(logging.ERROR)
        self.deployment = DockerDeployment(image=image, pull="never")
        self._wait(self.deployment.start())
        for path, content in files.items():
            self._write(path, content)

    def _write(self, path: str, content: str) -> None:
        assert self.deployment is not None  # noqa: S101 - `start` came first
        self._wait(self.deployment.runtime.write_file(WriteFileRequest(path=f"/w/{path}", content=content)))

    def _run(self, argv: list[str], seconds: float | None) -> Output:
        assert self.deployment is not None  # noqa: S101
        answer = self._wait(self.deployment.runtime.execute(Command(command=argv, cwd="/w", timeout=seconds)))
        return answer.exit_code, answer.stdout

    def edit(self, path: str, content: str, argv: list[str]) -> Output:
        self._write(path, content)
        return self._run(argv, None)

    def limited(self, argv: list[str], seconds: float) -> Output:
        return self._run(argv, seconds)

    def stop(self) -> None:
        if self.deployment is not None:
            deployment, self.deployment = self.deployment, None
            self._wait(deployment.stop())


if __name__ == "__main__":
    serve(SweRex())
