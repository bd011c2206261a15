"""A display for a run: an X server without a screen beside the program, and which windows it had open.

The report is a file that the program could forge, so it proves nothing by itself; it tells a window that stayed up
from a program that hangs, and a person what was seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.resources import files

from pydantic import BaseModel, ValidationError

from sandbox.job import Job, Runner, RunResult

REPORT = "/job/windows.json"
VARIABLES = {
    "QT_QPA_PLATFORM": "xcb",
    "QT_OPENGL": "software",
    "QTWEBENGINE_DISABLE_SANDBOX": "1",
    "SDL_VIDEODRIVER": "x11",
    "LIBGL_ALWAYS_SOFTWARE": "1",
}
"""Toolkits that would do without a window, or ask for a graphics card, open one on the display instead."""


class Window(BaseModel):
    """A window that could be seen; sizes in pixels."""

    name: str
    width: int
    height: int

    def sentence(self) -> str:
        """For a person."""
        return f"a window {self.name[:80]!r} of {self.width} x {self.height}"


class Windows(BaseModel):
    """The windows that were up at the last look, and all that were ever seen."""

    up: tuple[Window, ...] = ()
    seen: tuple[Window, ...] = ()


@dataclass(frozen=True)
class WithDisplay:
    """A runner that gives each job a display; its image must hold Xvfb.

    Attributes:
        inner: what runs the jobs.
    """

    inner: Runner

    def run(self, job: Job) -> RunResult:
        """Run `job` to its end. Raises as `inner` does."""
        return self.inner.run(with_display(job))

    def close(self) -> None:
        """Close what runs the jobs."""
        self.inner.close()


def with_display(job: Job) -> Job:
    """`job` with an X server beside it; what windows it had is in the result, see `read_windows`."""
    driver = files("sandbox.system").joinpath("display_driver.py").read_bytes()
    return replace(
        job,
        # -I: the variables that are the program's (faulthandler, preloaded modules) are not the driver's
        argv=("/usr/bin/python3", "-I", "-S", "/job/display_driver.py", *job.argv),
        env={**job.env, **VARIABLES},
        extra={**job.extra, "display_driver.py": driver},
        collect=(*job.collect, REPORT),
    )


def read_windows(result: RunResult) -> Windows:
    """The windows of a run; none where there was no display."""
    try:
        return Windows.model_validate_json(result.files[REPORT])
    except (KeyError, ValidationError):
        return Windows()
