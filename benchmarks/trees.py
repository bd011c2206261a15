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

_NUMERIC = '''"""Part {name} of a small numerical program."""

from __future__ import annotations

import numpy as np


class {title}:
    """A dense layer that is trained on its own."""

    def __init__(self, width: int, seed: int = {number}) -> None:
        random = np.random.default_rng(seed)
        self.weights = random.normal(size=(width, width)) / np.sqrt(width)
        self.rate = 1e-2

    def forward(self, batch: np.ndarray) -> np.ndarray:
        """The activations of a batch."""
        return np.tanh(batch @ self.weights)

    def step(self, batch: np.ndarray, wanted: np.ndarray) -> float:
        """One step of gradient descent; the loss before it."""
        made = self.forward(batch)
        error = made - wanted
        self.weights -= self.rate * batch.T @ (error * (1 - made**2)) / len(batch)
        return float(np.mean(error**2))


def train(steps: int, width: int = 48) -> float:
    """Train for some steps; the last loss."""
    random = np.random.default_rng({number} + 1)
    layer = {title}(width)
    loss = 0.0
    for _ in range(steps):
        batch = random.normal(size=(64, width))
        loss = layer.step(batch, np.roll(batch, 1, axis=1))
    return loss
'''
_NUMERIC_MAIN = '''"""Trains every part, and writes what came of it."""

from __future__ import annotations

import json

from app import {imports}
from app.step import NUMBER

PARTS = ({imports},)
STEPS = {steps}


def main() -> None:
    """Train, and write metrics.json."""
    losses = {{part.__name__: part.train(STEPS) for part in PARTS}}
    with open("metrics.json", "w", encoding="utf-8") as file:
        json.dump({{"number": NUMBER, "losses": losses}}, file)
    print("loss", max(losses.values()))


if __name__ == "__main__":
    main()
'''


def numerical(steps: int) -> dict[str, str]:
    """Thirteen files that train something with NumPy; `steps` says how long."""
    files = {
        f"app/{name}.py": _NUMERIC.format(name=name, title=name.title(), number=n) for n, name in enumerate(_PARTS)
    }
    files |= {
        "app/__init__.py": '"""A small numerical program."""\n',
        EDITED: edited(-1),
        "requirements.txt": "numpy\n",
    }
    return files | {"main.py": _NUMERIC_MAIN.format(imports=", ".join(_PARTS), steps=steps)}


IMPORT_ALL = "import " + ", ".join(f"app.{name}" for name in ("step", *_PARTS)) + ", main"
"""Python code that imports every module of `numerical`."""
