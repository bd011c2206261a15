"""epicbox: a container for each run, made then; the whole tree goes in by the engine's archive call."""

from __future__ import annotations

import logging
import shlex

import epicbox
import structlog
from serve import Contestant, Output, serve

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


class Epicbox(Contestant):
    """An edit is `run` with all files. Its own limits: no network, 64 MB unless asked otherwise; here 512 MB."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, str] = {}

    def start(self, image: str, files: dict[str, str]) -> None:
        epicbox.configure(profiles=[epicbox.Profile("python", image)])
        self.files = dict(files)

    def _run(self, argv: list[str], seconds: float) -> Output:
        files = [{"name": path, "content": content.encode()} for path, content in self.files.items()]
        limits = {"cputime": int(seconds), "realtime": int(seconds), "memory": 512}
        done = epicbox.run("python", shlex.join(argv), files=files, limits=limits)
        if done["timeout"]:
            raise TimeoutError("timeout")
        return done["exit_code"], done["stdout"]

    def edit(self, path: str, content: str, argv: list[str]) -> Output:
        self.files[path] = content
        return self._run(argv, 60)

    def limited(self, argv: list[str], seconds: float) -> Output:
        return self._run(argv, seconds)

    def stop(self) -> None:
        self.files = {}


if __name__ == "__main__":
    serve(Epicbox())
