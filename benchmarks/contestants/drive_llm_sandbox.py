"""llm-sandbox: a container that stays; files by the engine's archive call, commands by exec."""

from __future__ import annotations

import shlex
import tempfile
from pathlib import Path

from llm_sandbox.docker import SandboxDockerSession
from serve import Contestant, Output, serve


class LlmSandbox(Contestant):
    """An edit is `copy_to_runtime` and `execute_command`; a run with a limit is `run(code, timeout=...)`.

    Its own set-up of a virtual environment and a newer pip is left out, for the image has all that is needed.
    """

    session: SandboxDockerSession | None = None

    def start(self, image: str, files: dict[str, str]) -> None:
        self.session = SandboxDockerSession(image=image, lang="python", workdir="/w", skip_environment_setup=True)
        self.session.open()
        for path, content in files.items():
            self._write(path, content)

    def _write(self, path: str, content: str) -> None:
        assert self.session is not None  # noqa: S101 - `start` came first
        with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
            file.write(content)
            file.flush()
            self.session.copy_to_runtime(str(Path(file.name)), f"/w/{path}")

    def edit(self, path: str, content: str, argv: list[str]) -> Output:
        assert self.session is not None  # noqa: S101
        self._write(path, content)
        done = self.session.execute_command(shlex.join(argv), workdir="/w")
        return done.exit_code, done.stdout

    def limited(self, argv: list[str], seconds: float) -> Output:
        assert self.session is not None  # noqa: S101
        code = f"import os\nos.execvp({argv[0]!r}, {argv!r})\n"
        done = self.session.run(code, timeout=seconds)
        return done.exit_code, done.stdout

    def stop(self) -> None:
        if self.session is not None:
            session, self.session = self.session, None
            container = session.container
            if container is not None:
                container.kill()  # its own `close` waits ten seconds for a program that ignores SIGTERM
            session.close()


if __name__ == "__main__":
    serve(LlmSandbox())
