"""A program that is started by a launcher for several GPUs is run once, as the only process, without the launcher."""

from __future__ import annotations

import pytest

from sandbox.smoke.command import programs
from sandbox.smoke.entry import find_entry
from sandbox.smoke.launchers import read_launcher
from sandbox.smoke.modules import Modules
from sandbox.tree import Tree
from sandbox.verdict import EntryPoint

GUARDED = "def main():\n    pass\n\nif __name__ == '__main__':\n    main()\n"
ALONE = (
    "RANK=0 LOCAL_RANK=0 WORLD_SIZE=1 LOCAL_WORLD_SIZE=1 GROUP_RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=29500 python"
)
FILES = {"train.py": GUARDED, "tool/cli.py": GUARDED}


def _tree(files: dict[str, str]) -> Tree:
    return Tree({path: text.encode() for path, text in {**FILES, **files}.items()})


def _entry(files: dict[str, str]) -> EntryPoint:
    entry = find_entry(_tree(files), None)
    assert entry is not None
    return entry


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("torchrun --nproc_per_node=4 train.py --lr 0.1", f"{ALONE} train.py --lr 0.1"),
        ("torchrun --standalone --nnodes 1 --nproc-per-node 8 train.py", f"{ALONE} train.py"),
        ("CUDA_VISIBLE_DEVICES=0,1 torchrun --nproc_per_node 2 -m tool.cli run", f"{ALONE} -m tool.cli run"),
        ("python -m torch.distributed.run --nproc_per_node=2 train.py", f"{ALONE} train.py"),
        ("python3 -m torch.distributed.launch --nproc_per_node 2 --use_env train.py --x 1", f"{ALONE} train.py --x 1"),
        ("accelerate launch train.py", "ACCELERATE_USE_CPU=true python train.py"),
        (
            "accelerate launch --multi_gpu --num_processes 4 --config_file c.yaml train.py --x 1",
            "ACCELERATE_USE_CPU=true python train.py --x 1",
        ),
    ],
)
def test_a_launcher_s_line_of_the_readme_is_run_as_one_process(line: str, command: str) -> None:
    entry = _entry({"README.md": f"```bash\n{line}\n```\n"})
    assert entry.command == command
    assert entry.source.startswith("README.md:2 (")
    assert entry.source.endswith(": one process, on the CPU)")


@pytest.mark.parametrize(
    "line",
    [
        "torchrun --nproc_per_node=4 absent.py",
        "torchrun",
        "accelerate config",
        "accelerate launch --cpu",
        "torchrun -m",
    ],
)
def test_a_line_that_launches_nothing_of_the_tree_is_no_entry(line: str) -> None:
    assert _entry({"README.md": f"```\n{line}\n```\n"}).command == "python train.py"


@pytest.mark.parametrize(
    "line",
    [
        "python tool/prepare.py",
        "cd tool",
        "mkdir -p out",
        "source env.sh",
        "export DATA=$HOME/data",
        "export DATA=~/data",
        "N=$(python tool/prepare.py)",
        "echo `python tool/prepare.py`",
        "echo 'lr: 1' > conf.yaml",
        "echo 'a; python tool/prepare.py'",
        "set -a",
        "set -o allexport",
        "if true",
        "cat <<EOF",
        "PATH=tool:$PATH",
        "torchrun train.py --again",
        "python tool/prepare.py &",
    ],
)
def test_a_script_that_does_something_else_as_well_is_run_itself(line: str) -> None:
    assert _entry({"run.sh": f"{line}\ntorchrun train.py\n"}).command == "bash run.sh"


@pytest.mark.parametrize(
    "end",
    ["&& python tool/plot.py", "| python tool/plot.py", "|| true", "& sleep 1", ">log.txt", "--files data/*.txt"],
)
def test_a_launcher_s_line_that_a_shell_must_read_is_left_to_it(end: str) -> None:
    assert _entry({"run.sh": f"torchrun train.py {end}\n"}).command == "bash run.sh"


@pytest.mark.parametrize(
    ("script", "command"),
    [
        (
            "set -e\nN=4\ntorchrun --nproc_per_node=$N \\\n  train.py --lr 0.1\n",
            f"{ALONE} train.py --lr 0.1",
        ),
        ("export OMP=1 && torchrun --nproc_per_node=4 train.py # fast\n", f"OMP=1 {ALONE} train.py"),
        (
            "#!/bin/bash\n# x; y\nOMP=1\nexport OMP B='a b'\nA=1 torchrun train.py\n",
            f"OMP=1 B='a b' A=1 {ALONE} train.py",
        ),
        ("OMP=1\ntorchrun train.py\nexport OMP\necho done\n", f"{ALONE} train.py"),
        ("PYTHONPATH=src\ntorchrun train.py\n", f"PYTHONPATH=src {ALONE} train.py"),
        ("torchrun train.py 2>&1 | tee log.txt\n", f"{ALONE} train.py"),
        ("torchrun --nproc_per_node=4 train.py --data $DATA\n", "bash run.sh"),
        ("torchrun train.py --a\ntorchrun train.py --b\n", "bash run.sh"),
        ("python train.py\n", "bash run.sh"),
    ],
)
def test_a_script_that_launches_one_program_stands_for_that_program(script: str, command: str) -> None:
    assert _entry({"run.sh": script}).command == command


def test_the_program_of_a_launcher_is_known_to_be_what_a_script_runs() -> None:
    tree = _tree({"run.sh": "torchrun --nproc_per_node=4 train.py --data $DATA\n"})
    found = programs("bash run.sh", tree, Modules.of(tree))
    assert [one.path for one in found] == ["train.py"]
    (program,) = programs(f"{ALONE} train.py", tree, Modules.of(tree))
    assert (program.path, program.words) == ("train.py", ("python", "train.py"))


def test_a_program_with_a_similar_name_is_no_launcher() -> None:
    assert read_launcher(["accelerate", "env"]) is None
    assert read_launcher(["python", "-m", "torch.utils.collect_env"]) is None
    assert read_launcher(["python", "torchrun.py"]) is None
