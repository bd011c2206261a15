"""Inside a container that stays: runs what it is told by lines on standard input, and times it."""

import json
import pathlib
import subprocess
import sys
import time

for line in sys.stdin:
    order = json.loads(line)
    for path, content in order.get("files", {}).items():
        place = pathlib.Path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    answer = {}
    if "argv" in order:
        began = time.perf_counter()
        done = subprocess.run(order["argv"], env=order["env"], capture_output=True, text=True)
        answer = {"seconds": time.perf_counter() - began, "status": done.returncode, "output": done.stdout}
        answer["stderr"] = done.stderr[-2000:] or done.stdout[-2000:]
    print(json.dumps(answer), flush=True)
