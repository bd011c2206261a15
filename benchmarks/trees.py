"""The repositories that are run: small, made here, the same for every contestant."""

from __future__ import annotations

from collections.abc import Mapping

EDITED = "app/step.py"
ARGV = ["python3", "main.py"]
_PARTS = ("config", "data", "layers", "losses", "metrics", "model", "optim", "plots", "schedule")

_PART = '''"""Part {name} of a small program."""

import math


class {title}:
    """Keeps a value and changes it a little."""

    def __init__(self, value: float = {number}.5) -> None:
        self.value = value

    def apply(self, step: int) -> float:
        """The next value."""
        self.value = math.sqrt(self.value * self.value + step) / (1.0 + 0.01 * step)
        return self.value


def total(count: int) -> float:
    """The sum over some steps."""
    part = {title}()
    return sum(part.apply(step) for step in range(count))
'''
_MAIN = '''"""Runs every part, and says what came of it."""

import json

from app import {imports}
from app.step import NUMBER

PARTS = ({imports},)

if __name__ == "__main__":
    print("working")
    print(json.dumps({{"number": NUMBER, "total": sum(part.total(20) for part in PARTS)}}))
'''


def edited(number: int, *, same_length: bool = False) -> str:
    """The content of the edited file that makes the program report `number`.

    Two that follow each other differ in length, unless asked otherwise: Python takes a compiled module for a file's
    when size and second of its last change are the same.
    """
    padding = "" if same_length else " " + "#" * (number % 89 + 1)
    return f'"""The line that is edited."""{padding}\n\nNUMBER = {number}\n'


def small() -> dict[str, str]:
    """Thirteen files of pure Python."""
    files = {f"app/{name}.py": _PART.format(name=name, title=name.title(), number=n) for n, name in enumerate(_PARTS)}
    files |= {"app/__init__.py": '"""A small program."""\n', EDITED: edited(-1)}
    files |= {
        "main.py": _MAIN.format(imports=", ".join(_PARTS)),
        "README.md": "# A small program\n\n    python main.py\n",
    }
    return files


_BUSY = """import time
until = time.monotonic() + 45
while time.monotonic() < until:
    pass
"""
_STUBBORN = """import signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
until = time.monotonic() + 45
while time.monotonic() < until:
    time.sleep(0.2)
"""
_DAEMON = """import subprocess, sys, time
program = "import time; time.sleep(45)"
subprocess.Popen([sys.executable, "-c", program, sys.argv[1]], start_new_session=True,
                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
time.sleep(45)
"""
_BOMB = """import os, time
until = time.monotonic() + 45
while time.monotonic() < until:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
"""

WILD: Mapping[str, str] = {
    "a busy loop": _BUSY,
    "ignores SIGTERM": _STUBBORN,
    "leaves a daemon (setsid)": _DAEMON,
    "a fork bomb": _BOMB,
}
"""Programs that do not end within any limit of the benchmark, and by themselves after 45 seconds."""

FLOOD = """import os, sys
piece = b"x" * 99 + b"\\n"
piece *= 10486  # a little more than a MiB
left = int(sys.argv[1]) << 20
while left > 0:
    written = os.write(1, piece[:left])
    left -= written
"""
"""Prints as many MiB as its argument says."""
