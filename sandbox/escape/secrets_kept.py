"""None of the host's environment variables reaches a container, by any way that a program could look for it."""

from __future__ import annotations

from sandbox.escape.case import Place, cases_of, ended, must
from sandbox.verdict import Ended

SECRETS, case = cases_of("host")

_LOOK = """
import os, pathlib, subprocess
found = [repr(os.environ), subprocess.run(["env"], capture_output=True, text=True).stdout]
for path in ("/proc/1/environ", "/proc/self/environ", "/proc/1/cmdline", "/etc/environment", "/proc/self/mountinfo",
             "/etc/hosts", "/proc/cmdline"):
    try:
        found.append(pathlib.Path(path).read_bytes().decode("utf-8", "replace"))
    except OSError:
        continue
for place in ("/opt/p2c", "/workspace", "/job", "/home", "/tmp", "/run"):
    for path in pathlib.Path(place).rglob("*"):
        try:
            found.append(str(path) + path.read_bytes()[:65536].decode("utf-8", "replace"))
        except OSError:
            continue
print("\\n".join(found))
"""


@case()
def variables_of_the_host(place: Place) -> None:
    """A secret in the controller's environment is in no variable, file or argument inside."""
    must(place.canary, "there is no secret to look for")
    result = place.python(_LOOK)
    ended(result, Ended.exited, status=0)
    said = result.stdout.head + result.stdout.tail + result.stderr.head
    must(place.canary.encode() not in said, "it was seen")
    must(b"OPENAI" not in said and b"AWS_" not in said, "the name of a variable of the host was seen")
