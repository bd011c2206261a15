"""A controller of its own process, which says where it is: `python -m sandbox.escape.lifecycle.child VOLUME [INSIDE]`.

It verifies a small repository that needs a wheel and a source distribution, in the store VOLUME. With INSIDE (a
changed copy of what goes into the sandbox image) it has to build the image first. It then stays until its standard
input ends; one that is not killed ends in order.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox.engine import LABEL, labels
from sandbox.session import Sandbox
from sandbox.settings import Limits, Settings
from sandbox.tree import Tree

MAIN = b"""import time

import p2c_check_source
import p2c_check_wheel


def main():
    time.sleep(0.6)
    print(p2c_check_wheel.VALUE + p2c_check_source.VALUE)


main()
"""
REQUIREMENTS = b"p2c-check-wheel\np2c-check-source\n"
SETTINGS = Settings(
    limits=Limits(wall_seconds=60), allow=frozenset({"p2c-check-wheel", "p2c-check-source"}), smoke="python main.py"
)


def main(arguments: list[str]) -> int:
    """Verify, saying each step before it begins."""
    from sandbox.controller import verify  # noqa: PLC0415 - the first words come before what takes long to load

    _say(f"owner {labels()[LABEL]}")
    _say("begun")
    if len(arguments) > 1:
        _build_from(Path(arguments[1]))
    with Sandbox.open(SETTINGS, _progress, volume=arguments[0]) as sandbox:
        _say("opened")
        tree = Tree({"main.py": MAIN, "requirements.txt": REQUIREMENTS})
        verdict = verify(
            tree, name="child", settings=SETTINGS, sandbox=sandbox, on_start=lambda name: _say(f"start {name}")
        )
        _say(f"verdict {verdict.outcome.value} {verdict.environment.key if verdict.environment else ''}")
        _say("verified")
        sys.stdin.read()
    _say("closed")
    return 0


def _build_from(inside: Path) -> None:
    """Take what goes into the image from another folder, so that there is no such image yet."""
    from sandbox.setup import base, image, places, tools  # noqa: PLC0415 - for this use alone

    for module in (base, image, places, tools):
        module.INSIDE = inside  # type: ignore[attr-defined,unused-ignore]


def _progress(line: str) -> None:
    if line.startswith("sandbox image: building"):
        _say("building")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
