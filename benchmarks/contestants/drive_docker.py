"""Plain Docker by its command line: `docker run --rm` for each run, or `docker exec` into a container that stays."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from serve import Contestant, Output, serve


class Docker(Contestant):
    """The tree is a folder of the host, mounted into the container, as most do it.

    Args:
        stays: one container for all runs, instead of one for each.
    """

    def __init__(self, *, stays: bool) -> None:
        super().__init__()
        self.stays = stays
        self.container = ""
        self.image = ""
        self.folder = Path(tempfile.mkdtemp(prefix="p2c-bench-"))

    def start(self, image: str, files: dict[str, str]) -> None:
        self.image = image
        for path, content in files.items():
            self._write(path, content)
        if self.stays:
            command = ["docker", "run", "-d", "--rm", *self._options(), image, "sleep", "infinity"]
            self.container = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def _write(self, path: str, content: str) -> None:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)

    def _options(self) -> list[str]:
        return ["-v", f"{self.folder}:/w", "-w", "/w"]

    def _command(self) -> list[str]:
        if self.stays:
            return ["docker", "exec", self.container]
        return ["docker", "run", "--rm", *self._options(), self.image]

    def edit(self, path: str, content: str, argv: list[str]) -> Output:
        self._write(path, content)
        done = subprocess.run([*self._command(), *argv], capture_output=True, check=False)
        return done.returncode, done.stdout

    def limited(self, argv: list[str], seconds: float) -> Output:
        done = subprocess.run([*self._command(), *argv], capture_output=True, timeout=seconds, check=False)
        return done.returncode, done.stdout

    def stop(self) -> None:
        if self.container:
            subprocess.run(["docker", "rm", "-f", self.container], capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    serve(Docker(stays=sys.argv[1] == "exec"))
