"""The program's environment variables: fixed, so that two runs see the same; nothing of the host's."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.runner.shape import HOME

TOOLS = "/opt/p2c/tools/bin"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA", "BLIS", "VECLIB_MAXIMUM", "RAYON")

FIXED: Mapping[str, str] = {
    "HOME": HOME,
    "USER": "sandbox",
    "LOGNAME": "sandbox",
    "SHELL": "/bin/bash",
    "TMPDIR": "/tmp",  # noqa: S108 - the container's own
    "TZ": "UTC",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TERM": "dumb",
    "NO_COLOR": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    "MPLBACKEND": "Agg",
    "CUDA_VISIBLE_DEVICES": "",
    "TOKENIZERS_PARALLELISM": "false",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "WANDB_MODE": "offline",
    "DO_NOT_TRACK": "1",
}


def interpreter(environment: str | None) -> str | None:
    """Where the interpreter of an environment of the store is; None for the image's own Python."""
    return f"/store/envs/{environment}/bin/python" if environment else None


def variables(environment: str | None, threads: int, more: Mapping[str, str]) -> dict[str, str]:
    """All variables of a run.

    Args:
        environment: key of an environment in the store, whose programs then come first on PATH; None: the
            image's Python, and the static checkers of the image.
        threads: for the numeric libraries.
        more: the job's own; they win.
    """
    found = dict(FIXED) | {f"{name}_NUM_THREADS": str(threads) for name in THREADS}
    if environment:
        folder = f"/store/envs/{environment}"
        found |= {"VIRTUAL_ENV": folder, "PATH": f"{folder}/bin:{SYSTEM_PATH}"}
    else:
        found["PATH"] = f"{TOOLS}:{SYSTEM_PATH}"
    return found | dict(more)
