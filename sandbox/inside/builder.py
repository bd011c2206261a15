"""The first process of a building container: makes one wheel of a source distribution, hands it out, ends.

A build script runs here, which is untrusted code with the network: the container mounts nothing of the store
and is thrown away; the controller checks what it hands out. Standard library only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

UV = "/opt/p2c/tools/bin/uv"
SAID_BYTES = 65_536


def main() -> None:
    """Read the job (one JSON line), build, write one JSON line and then the wheel's bytes."""
    job = json.loads(sys.stdin.readline())
    command = [UV, "pip", "install", "--quiet", "--no-deps", "--no-binary", job["name"], "--target", "/tmp/out"]  # noqa: S108
    command += [*job["arguments"], "--python", "/usr/bin/python3", job["requirement"]]
    env = {"UV_CACHE_DIR": "/tmp/cache", "UV_NO_CONFIG": "1", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}  # noqa: S108
    env |= {"UV_PYTHON_DOWNLOADS": "never", "HOME": "/tmp"}  # noqa: S108
    try:
        done = subprocess.run(
            command,
            env=os.environ | env,
            cwd="/tmp",  # noqa: S108
            capture_output=True,
            timeout=job["seconds"],
            check=False,
        )
        said = (done.stderr or done.stdout)[-SAID_BYTES:].decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        said = f"the build was not done after {job['seconds']} s"
    wheels = sorted(Path("/tmp/cache").glob("sdists-v*/**/*.whl"))  # noqa: S108
    wanted = [path for path in wheels if path.name.lower().startswith(job["stem"] + "-")]
    content = wanted[0].read_bytes() if wanted else b""
    answer = {"name": wanted[0].name if wanted else "", "size": len(content), "said": said}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
