"""Children that hold both streams open do not delay the end when the time is up.

control: deadline
ends: wall
within: 1.8
limits: wall_seconds=1
"""

import subprocess
import sys

import contained  # noqa: F401 - ends the attack outside of a container

for _ in range(4):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print("waiting", flush=True)
while True:
    pass
