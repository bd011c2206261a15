"""Launchers of distributed programs: what one process of theirs would run, on the CPU.

`torchrun`, `python -m torch.distributed.run` (and its older `launch`) and `accelerate launch` start a program once for
each GPU and tell each process its place by environment variables (PyTorch's manual, "torchrun"; Accelerate's, "The
command line"). Here the program is started once, without the launcher, as the only process of one machine: so a
traceback is the program's own, and no rendezvous over a network is needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_OF_ONE = (
    "RANK=0", "LOCAL_RANK=0", "WORLD_SIZE=1", "LOCAL_WORLD_SIZE=1", "GROUP_RANK=0", "MASTER_ADDR=127.0.0.1",
    "MASTER_PORT=29500",
)  # fmt: skip
_ON_CPU = ("ACCELERATE_USE_CPU=true",)
_TORCH = frozenset({"torch.distributed.run", "torch.distributed.launch", "torch.distributed.elastic.launch"})
_FLAGS = frozenset(
    {"--standalone", "--use_env", "--use-env", "--cpu", "--multi_gpu", "--multi-gpu", "--tpu", "--ipex", "--use_xpu"}
    | {"--use_deepspeed", "--use-deepspeed", "--use_fsdp", "--use-fsdp", "--use_megatron_lm", "--same_network"}
    | {"--debug", "-q", "--quiet", "--no_python", "--no-python", "--run-path", "--run_path", "--dynamo_use_dynamic"}
)
"""Options of the launchers that take no value; every other one takes a word, or has it behind `=`."""
_PYTHON = re.compile(r"(?:.*/)?(?:python(?:[23](?:\.\d+)?)?|py)")


@dataclass(frozen=True)
class Launched:
    """What a launcher's line runs.

    Attributes:
        launcher: what it is called.
        variables: assignments that tell the process that it is the only one.
        words: the program and its arguments, with `python` before.
    """

    launcher: str
    variables: tuple[str, ...]
    words: tuple[str, ...]


def read_launcher(words: list[str]) -> Launched | None:
    """What `words` launch; None where they are no launcher's line."""
    words = words[2:] if words and _PYTHON.fullmatch(words[0]) and words[1:2] == ["-m"] else words
    if words[:1] == ["torchrun"] or (words and words[0] in _TORCH):
        found = _program(words[1:])
        return Launched("torchrun", _ONE_OF_ONE, found) if found else None
    if words[:2] == ["accelerate", "launch"] or words[:1] == ["accelerate.commands.launch"]:
        found = _program(words[2 if words[0] == "accelerate" else 1 :])
        return Launched("accelerate launch", _ON_CPU, found) if found else None
    return None


def _program(words: list[str]) -> tuple[str, ...]:
    """The program behind the launcher's own options, and its arguments; empty where there is none."""
    is_module = False
    while words and words[0].startswith("-"):
        is_module = is_module or words[0] in ("-m", "--module")
        alone = "=" in words[0] or words[0] in _FLAGS or words[0] in ("-m", "--module")
        words = words[1 if alone else 2 :]
    if not words:
        return ()
    return ("python", *(("-m",) if is_module else ()), *words)
