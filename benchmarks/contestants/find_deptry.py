"""What deptry misses in a folder without declarations, each module named as its distribution; one line of JSON."""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

with tempfile.TemporaryDirectory() as folder:
    report = pathlib.Path(folder, "report.json")
    empty = pathlib.Path(folder, "requirements.txt")
    empty.touch()
    program = pathlib.Path(sys.executable).with_name("deptry")
    command = [program, ".", "--json-output", report, "--requirements-files", empty, "--no-ansi"]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=sys.argv[1], capture_output=True, text=True)
    seconds = time.perf_counter() - began
    found = {"names": [], "seconds": seconds}
    if report.is_file():
        missing = [one for one in json.loads(report.read_text()) if one["error"]["code"] in ("DEP001", "DEP003")]
        found["names"] = sorted({one["module"] for one in missing})
    else:
        found["error"] = " ".join(done.stderr.split())[-100:]
print(json.dumps(found))
