"""A background child that holds stdout open does not delay the end of the run.

control: survivors
ends: exited 3
within: 2
"""

import subprocess
import sys

import contained  # noqa: F401 - ends the attack outside of a container

subprocess.Popen(["sleep", "60"])
print("done", flush=True)
sys.exit(3)
