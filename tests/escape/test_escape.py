"""Every attack in `attacks/` runs in a real container and ends as its docstring says."""

from __future__ import annotations

import ast
import re
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.job import Job
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.tree import Tree

ATTACKS = sorted((Path(__file__).parent / "attacks").glob("*.py"))
pytestmark = pytest.mark.docker


@dataclass(frozen=True)
class Attack:
    """What a docstring says."""

    ends: tuple[str, ...]
    number: int | None
    within: float
    limits: Limits

    @classmethod
    def read(cls, path: Path) -> Attack:
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
        said = dict(re.findall(r"^(ends|within|limits): (.+)$", text, re.MULTILINE))
        words = said["ends"].split()
        numbers = [int(word) for word in words if word.isdecimal()]
        given: dict[str, Any] = {}
        for item in said.get("limits", "").split():
            name, _, value = item.partition("=")
            given[name] = float(value) if name.endswith("seconds") else int(value)
        limits = replace(Limits(wall_seconds=10), **given)
        ends = tuple(word for word in words if not word.isdecimal())
        return cls(ends, numbers[0] if numbers else None, float(said["within"]), limits)


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_the_sandbox_holds(path: Path, runner: DockerRunner) -> None:
    attack = Attack.read(path)
    runner.warm(attack.limits)
    time.sleep(0.1)
    tree = Tree({path.name: path.read_bytes()})
    result = runner.run(Job(("python3", path.name), tree, None, limits=attack.limits))
    said = result.stdout.text()[-1000:] + result.stderr.text()[-2000:]
    assert result.ended.value in attack.ends, said
    if attack.number is not None:
        assert attack.number == (result.exit_status if result.ended == "exited" else result.signal), said
    assert result.seconds < attack.within, said
