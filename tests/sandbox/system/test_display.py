"""A display for a run, on the real thing: Xvfb in the layer, windows of Tk, and how the run's end is told."""

from __future__ import annotations

import docker
import pytest

from sandbox.job import Job, RunResult
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.setup.image import ImageInfo
from sandbox.setup.layers import ensure_layer
from sandbox.system import WithDisplay, infer_system, read_windows
from sandbox.system.uses import Use
from sandbox.tree import Tree
from sandbox.verdict import Ended

pytestmark = pytest.mark.docker

WINDOW = """
import tkinter
root = tkinter.Tk()
root.title("Tetris \u2014 \u00e9")
root.geometry("320x240")
root.after(100, root.lift)
root.mainloop()
"""


@pytest.fixture(scope="module")
def layer(docker_client: docker.DockerClient, image: ImageInfo) -> str:
    """The image with an X server."""
    packages = infer_system([Use("import", "tkinter", "main.py", 1)]).packages
    made = ensure_layer(docker_client, image, packages, lambda _: None)
    assert made.tag, made.reason
    return made.tag


def run(runner: DockerRunner, layer: str, source: str, seconds: float = 20.0) -> RunResult:
    job = Job(
        ("python", "main.py"), Tree({"main.py": source.encode()}), None, Limits(wall_seconds=seconds), image=layer
    )
    return WithDisplay(runner).run(job)


def test_a_window_is_seen_while_it_is_up(runner: DockerRunner, layer: str) -> None:
    result = run(runner, layer, WINDOW, seconds=3)
    if not read_windows(result).up:  # a busy host
        result = run(runner, layer, WINDOW, seconds=20)
    assert result.ended is Ended.wall
    [window] = read_windows(result).up
    assert (window.name, window.width, window.height) == ("Tetris \u2014 \u00e9", 320, 240)
    assert "mainloop" in result.stacks  # the program's own stack, not the driver's
    assert "display_driver" not in result.stacks


def test_the_x_server_is_no_survivor_writes_nothing_and_takes_little(runner: DockerRunner, layer: str) -> None:
    result = run(runner, layer, "import os\nprint(os.environ['DISPLAY'])\n")
    assert (result.ended, result.exit_status, result.stdout.text()) == (Ended.exited, 0, ":0\n")
    assert (result.survivors, result.written) == (0, ())
    assert result.stderr.text() == ""
    assert result.peak_memory_bytes < 128 << 20


@pytest.mark.parametrize(
    ("source", "end"),
    [
        ("raise SystemExit(7)", (Ended.exited, 7, None)),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", (Ended.signalled, None, 15)),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", (Ended.signalled, None, 9)),
    ],
)
def test_the_run_ends_as_the_program_does(
    runner: DockerRunner, layer: str, source: str, end: tuple[Ended, int | None, int | None]
) -> None:
    result = run(runner, layer, source)
    assert (result.ended, result.exit_status, result.signal) == end


def test_what_the_program_leaves_behind_is_still_counted(runner: DockerRunner, layer: str) -> None:
    result = run(runner, layer, "import subprocess; subprocess.Popen(['sleep', '60'], start_new_session=True)")
    assert (result.exit_status, result.survivors) == (0, 1)


def test_without_an_x_server_the_program_runs_without_a_display(runner: DockerRunner, image: ImageInfo) -> None:
    result = run(runner, image.tag, "import tkinter\ntkinter.Tk()\n")
    assert result.exit_status == 1
    assert "no display name" in result.stderr.text()
    assert read_windows(result).seen == ()


def test_a_report_that_is_no_report_is_no_window(runner: DockerRunner, layer: str) -> None:
    forged = "open('/job/windows.json', 'w').write('[1, 2')\nimport os; os._exit(0)\n"
    assert read_windows(run(runner, layer, forged)).seen == ()
