"""What the kernel would do with the supervisor cannot be set by the program.

control: supervisor
ends: exited 0
within: 5
"""

from pathlib import Path

from contained import refused

for name in ("oom_score_adj", "coredump_filter", "clear_refs", "comm", "timerslack_ns"):
    refused(f"/proc/1/{name} can be written to", lambda name=name: Path(f"/proc/1/{name}").write_text("1000"))
