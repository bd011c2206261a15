"""mini-swe-agent's Docker environment: a container that stays, commands by `docker exec` and `bash -lc`."""

from __future__ import annotations

import os
import shlex
from pathlib import PurePosixPath

from serve import Contestant, Output, serve

os.environ["MSWEA_SILENT_STARTUP"] = "1"
from minisweagent.environments.docker import DockerEnvironment


class MiniSweAgent(Contestant):
    """Its agent writes files by commands too, so an edit is one command: a here-document, then the program."""

    environment: DockerEnvironment | None = None

    def start(self, image: str, files: dict[str, str]) -> None:
        self.environment = DockerEnvironment(image=image, cwd="/w")
        for path, content in files.items():
            self._run(_writing(path, content), 30)

    def _run(self, command: str, seconds: float) -> Output:
        assert self.environment is not None  # noqa: S101 - `start` came first
        answer = self.environment.execute({"command": command}, timeout=seconds)
        if answer["exception_info"]:
            raise TimeoutError(answer["exception_info"])
        return answer["returncode"], answer["output"]

    def edit(self, path: str, content: str, argv: list[str]) -> Output:
        return self._run(f"{_writing(path, content)}\n{shlex.join(argv)}", 60)

    def limited(self, argv: list[str], seconds: float) -> Output:
        return self._run(shlex.join(argv), seconds)

    def stop(self) -> None:
        if self.environment is not None:
            self.environment.cleanup()
            self.environment.container_id = None
            self.environment = None


def _writing(path: str, content: str) -> str:
    folder, name = shlex.quote(str(PurePosixPath(path).parent)), shlex.quote(path)
    return f"mkdir -p {folder}\ncat > {name} <<'P2C_END'\n{content}P2C_END"


if __name__ == "__main__":
    serve(MiniSweAgent())
