"""A background child that holds stdout open does not delay the end of the run.

ends: exited 3
within: 2
"""

import subprocess
import sys

subprocess.Popen(["sleep", "60"])
print("done", flush=True)
sys.exit(3)
