"""Runs inside a container, beside a web server under test: asks for its start page once, as a browser would.

Standard library only. Waits until a TCP port listens, then writes {port, status, error} as JSON beside itself. It is
ended with the program: only the run's own wall clock says for how long a port is waited for.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from pathlib import Path

LISTEN = "0A"
"""The state of a listening socket in /proc/net/tcp, see proc(5)."""
REPORT = Path(__file__).with_name("visit.json")
ANSWER_SECONDS = 30.0
"""A busy host makes answers late."""


def listening() -> set[int]:
    """The TCP ports that listen in this network namespace."""
    ports = set()
    for name in ("tcp", "tcp6"):
        table = Path("/proc/net", name)
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            _, local, _, state, *_ = line.split()
            if state == LISTEN:
                ports.add(int(local.rpartition(":")[2], 16))
    return ports


def visit(port: int) -> dict[str, object]:
    """Ask for the start page."""
    found: dict[str, object] = {"port": port, "status": None, "error": ""}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://localhost:{port}/", timeout=ANSWER_SECONDS) as answer:
            found["status"] = answer.status
    except urllib.error.HTTPError as error:
        found["status"] = error.code
    except (OSError, ValueError, http.client.HTTPException) as error:
        found["error"] = f"{type(error).__name__}: {error}"
    return found


def main() -> None:
    """Visit the first port that listens, once."""
    while not (ports := listening()):
        time.sleep(0.2)
    time.sleep(0.3)  # it listens a moment before it serves
    partial = REPORT.with_suffix(".part")
    partial.write_text(json.dumps(visit(min(ports))), "utf-8")
    partial.replace(REPORT)  # the run may end as soon as it is there


main()
