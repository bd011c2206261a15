"""`python -m sandbox.setup`: an engine that answers, the sandbox image, the store; quick when all is there."""

from __future__ import annotations

import sys

from sandbox.errors import InfrastructureError
from sandbox.setup.doctor import fix


def main() -> int:
    """Exit status 0 when everything is there, 3 when something cannot be had; the message says what to do."""
    try:
        fix(lambda line: print(line, file=sys.stderr, flush=True))
    except InfrastructureError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
