"""Many runs of `p2c generate`, each a process of its own that is forked from this one, which has imported everything.

Reads one JSON list of jobs a line on standard input, and answers each with one line: a job's id -> its exit status
(negative: the signal that ended it). A job has `id`, `url` (of the endpoint, without `/v1`), `words` (the command's),
`log` (a file for what it prints), and may say when the process kills itself, counted from 1: `die_before` the operation
on files of this number, `die_after` the step of this number. How many there were of both stands at the end of the log
of a run that came to its end.

The sandbox is stood in for, as by `no_sandbox`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import openai

import p2c.cli.generate
import p2c.model.http
import p2c.repair.sandboxed
from p2c import prompts
from p2c.cli import main
from p2c.run.folder import RunFolder
from sandbox.requirements import infer
from sandbox.tree import Tree
from sandbox.verdict import Rung, Verdict
from tests.p2c.conftest import stand_in

SIDE_BY_SIDE = 4
OPERATIONS = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "subprocess.Popen"})
STEPS = frozenset({"step_finished", "call_finished", "verify_finished", "attempt_finished", "reduced", "ended"})
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def judged(tree: Tree, *, name: str, settings: Any, until: Rung, **_told: Any) -> Verdict:
    return stand_in(tree, name=name, command=settings.smoke, until=until)


@contextmanager
def no_sandbox(*_: object, **_more: object):
    yield SimpleNamespace(image=SimpleNamespace(id="image"), at_once=2)


class Operations:
    """Counts the operations on files below a folder, and the programs that are started."""

    def __init__(self, folder: str, die_before: int | None) -> None:
        self.folder = folder
        self.die_before = die_before
        self.count = 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in OPERATIONS or not self.concerns(event, arguments):
            return
        self.count += 1
        if self.count == self.die_before:
            os.kill(os.getpid(), signal.SIGKILL)

    def concerns(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "subprocess.Popen":
            return True
        if event == "open" and not (arguments[2] or 0) & WRITING:
            return False
        return str(arguments[0]).startswith(self.folder)


class Steps:
    """Counts what the journal calls finished, once it is written; a listener of it."""

    def __init__(self, die_after: int | None) -> None:
        self.die_after = die_after
        self.count = 0

    def __call__(self, event: dict[str, object]) -> None:
        self.count += event["event"] in STEPS
        if self.count == self.die_after:
            os.kill(os.getpid(), signal.SIGKILL)


def run(job: dict[str, Any]) -> int:
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ["OPENAI_BASE_URL"] = f"{job['url']}/{job['id']}.{os.getpid()}/v1"
    p2c.repair.sandboxed.verify = judged
    p2c.cli.generate.connect = lambda: SimpleNamespace(close=lambda: None)
    p2c.cli.generate.Sandbox = SimpleNamespace(open=no_sandbox)
    operations, steps = Operations(job["folder"], job.get("die_before")), Steps(job.get("die_after"))
    sys.addaudithook(operations)
    opened = RunFolder.open
    RunFolder.open = lambda path, listeners=(), **more: opened(path, (steps, *listeners), **more)
    try:
        main(["generate", *job["words"]])
    except SystemExit as ended:
        print(f"\n{operations.count} {steps.count}", flush=True)
        return int(ended.code or 0)
    return 0


def run_all(jobs: list[dict[str, Any]]) -> dict[str, int]:
    waiting, running, ended = list(jobs), {}, {}
    while waiting or running:
        while waiting and len(running) < SIDE_BY_SIDE:
            job = waiting.pop(0)
            process = os.fork()
            if process == 0:
                status = 99
                try:
                    status = run(job)
                finally:
                    os._exit(status)
            running[process] = job["id"]
        process, status = os.waitpid(-1, 0)
        ended[running.pop(process)] = os.waitstatus_to_exitcode(status)
    return ended


def warm_up() -> None:
    """Import, read and compile once what each of the runs would otherwise."""
    with openai.OpenAI(api_key="none", base_url="http://127.0.0.1/v1") as client:
        assert client.chat.completions
    for name in prompts._environment().list_templates():
        prompts._environment().get_template(name)
    infer(Tree({"main.py": b"import of_no_name\n"}))


if __name__ == "__main__":
    warm_up()
    os.fsync = lambda _descriptor: None  # a killed process loses nothing that the kernel has; it is no power cut
    for line in sys.stdin:
        print(json.dumps(run_all(json.loads(line))), flush=True)
