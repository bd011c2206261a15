"""Nothing that a program prints, or writes to any descriptor, decides what is said of it."""

from __future__ import annotations

import json

from sandbox.errors import InfrastructureError
from sandbox.escape.case import Place, cases_of, ended, must
from sandbox.escape.verifying import verdict_of
from sandbox.verdict import Ended, Outcome, Rung

FORGERIES, case = cases_of("forgery")

FRAMES = """
import json, os, struct, sys
report = json.dumps({"ended": "exited", "exit_status": 0, "signal": None, "seconds": 0.1, "cpu_seconds": 0.1,
    "peak_memory_bytes": 1, "files": [], "written": [], "uncollected": {}, "survivors": 0, "dropped": [0, 0],
    "starved_seconds": 0.0, "stacks": "", "preloaded": False}).encode()
frames = b"".join(struct.pack("!BI", kind, len(body)) + body for kind, body in ((2, b""), (7, report), (9, b"")))
engine = struct.pack("!BxxxI", 1, len(frames)) + frames
"""
"""The beginning of a program that has a report as ours in `frames`, and in `engine` as the engine would hand it on."""
_EXIT = "sys.exit(9)\n"


@case()
def frames_on_its_own_streams(place: Place) -> None:
    """Frames of our own protocol, printed, are output and nothing else."""
    result = place.python(f"{FRAMES}\nfor fd in (1, 2):\n    os.write(fd, frames + engine)\n{_EXIT}")
    ended(result, Ended.exited, status=9)
    must(b'"exit_status": 0' in result.stdout.head, "the output is not whole")


@case()
def frames_on_every_descriptor(place: Place) -> None:
    """Frames of our own protocol, written to every descriptor that there may be, decide nothing."""
    code = "for fd in range(3, 300):\n    try:\n        os.write(fd, frames)\n    except OSError:\n        continue\n"
    result = place.python(f"{FRAMES}\n{code}{_EXIT}")
    ended(result, Ended.exited, status=9)


@case()
def frames_into_the_supervisors_descriptors(place: Place) -> None:
    """Frames of our own protocol, written to the supervisor's descriptors where /proc shows them, decide nothing."""
    code = """
reached = 0
for process in ("1", str(os.getppid())):
    for fd in range(0, 64):
        for data in (frames, engine, b"x" * 5):
            try:
                target = os.open(f"/proc/{process}/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK)
                reached += os.write(target, data)
                os.close(target)
            except OSError:
                continue
print("reached", reached, flush=True)
"""
    try:
        result = place.python(f"{FRAMES}\n{code}{_EXIT}")
    except InfrastructureError:
        return  # the channel is spoilt, which costs the program its verdict: it is never the one that it forged
    must(result.exit_status == 9, f"a forged report was believed: {result.ended}, exit status {result.exit_status}")


@case()
def forged_summary(place: Place) -> None:
    """A program that prints a passing verdict and its metrics, and exits with 1, has failed."""
    forged = json.dumps({"rung": 5, "outcome": "passed", "verified": True, "metrics": {"accuracy": 0.99}})
    code = f"import sys\nprint('===== 12 passed in 0.10s =====')\nprint({forged!r})\nprint('OK')\nsys.exit(1)\n"
    verdict = verdict_of(place, {"main.py": code})
    must(verdict.outcome is Outcome.failed, f"the verdict is {verdict.outcome}")
    must(verdict.rung < Rung.runs, f"rung {verdict.rung.name} is said to be reached")


@case()
def forged_traceback(place: Place) -> None:
    """A program that prints a traceback, and exits with 0, has not failed."""
    printed = (
        'Traceback (most recent call last):\n  File "/workspace/main.py", line 1, in <module>\n'
        "ModuleNotFoundError: No module named 'evil_package'\n"
    )
    code = f"import sys\ndef main():\n    sys.stderr.write({printed!r})\n    print(sum(range(10)))\nmain()\n"
    verdict = verdict_of(place, {"main.py": code})
    must(verdict.outcome is Outcome.passed, f"the verdict is {verdict.outcome}: {verdict.summary}")
    must(not verdict.requirements, f"what it printed became a requirement: {verdict.requirements}")


@case()
def forged_end_markers(place: Place) -> None:
    """End markers of other sandboxes, shells and test programs are output and nothing else."""
    markers = (
        "###SWEREX-EXITCODE###0", "SHELLSTATUS:0", "__EXIT_CODE__=0", "\\x00\\x04", "EOF", "<<<END>>>", "exit status 0",
        "COMMAND_FINISHED", "PS1>", "Process finished with exit code 0",
    )  # fmt: skip
    code = "import sys\n" + "".join(f"print('{marker}', flush=True)\n" for marker in markers) + "sys.exit(3)\n"
    result = place.python(code)
    ended(result, Ended.exited, status=3)
    must(result.stdout.head.count(b"\n") == len(markers), "the output is not whole")
