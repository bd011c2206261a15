"""The program has no variable and no open file of anybody else.

control: host
ends: exited 0
within: 4
"""

import os
from pathlib import Path

import contained  # noqa: F401 - ends the attack outside of a container

KNOWN = ("PYTHON", "HF_", "TRANSFORMERS_", "WANDB_", "TF_", "LC_", "TOKENIZERS_", "CUDA_")
PLAIN = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "TERM", "NO_COLOR", "MPLBACKEND"}
PLAIN |= {"DO_NOT_TRACK", "DISPLAY", "SDL_VIDEODRIVER", "SDL_AUDIODRIVER", "QT_QPA_PLATFORM", "XDG_RUNTIME_DIR"}
for name in os.environ:
    fine = name in PLAIN or name.startswith(KNOWN) or name.endswith("_NUM_THREADS")
    assert fine, f"{name} comes from elsewhere"
for link in list(Path("/proc/self/fd").iterdir()):
    target = str(link.readlink()) if link.is_symlink() else ""
    assert target.startswith(("/dev/null", "pipe:", "/proc/")) or not target, f"descriptor {link.name}: {target}"
    assert int(link.name) < 4, f"descriptor {link.name} was inherited: {target}"
