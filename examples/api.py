"""Verify several repositories from Python, side by side in one sandbox: python examples/api.py REPO...

Prints a line for each and ends with 0 when all of them run, 1 when one does not, 3 when the sandbox itself failed.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sandbox import InfrastructureError, InputError, Limits, Outcome, Sandbox, Settings, Verdict, verify


def main(folders: list[Path]) -> int:
    """Verify each folder, two at a time; returns the exit status."""
    settings = Settings(limits=Limits(wall_seconds=60), replay=False)
    try:
        with Sandbox.open(settings) as sandbox, ThreadPoolExecutor(2) as pool:
            verdicts = list(pool.map(lambda folder: verify(folder, settings, sandbox=sandbox), folders))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except InfrastructureError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    for folder, verdict in zip(folders, verdicts, strict=True):
        print(f"{folder.name}: {line(verdict)}")
    if any(verdict.outcome is Outcome.infrastructure for verdict in verdicts):
        return 3
    return 0 if all(verdict.verified for verdict in verdicts) else 1


def line(verdict: Verdict) -> str:
    """A verdict in one line."""
    where = f" at {verdict.failure.file}:{verdict.failure.line}" if verdict.failure and verdict.failure.file else ""
    needs = "".join(f", needs {one.what} ({one.kind})" for one in verdict.missing)
    return f"{verdict.outcome.value}, rung {verdict.rung.name}{where}{needs}, {verdict.seconds:.1f} s"


if __name__ == "__main__":
    sys.exit(main([Path(argument) for argument in sys.argv[1:]]))
