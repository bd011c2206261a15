"""The files that every repository gets from its plan, without a model."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

from p2c.types import Plan, PlannedFile
from sandbox.tree import Tree

REPRODUCE = "reproduce.sh"


def empty_package(file: PlannedFile) -> str:
    """The content of an `__init__.py` that imports nothing: the first line of its description."""
    first = (file.description.strip().splitlines() or [""])[0]
    return f'"""{first.replace(chr(92), "/").replace(chr(34), chr(39)).strip() or "Package."}"""\n'


def from_plan(plan: Plan) -> dict[str, str]:
    """`config.yaml` as it stands, `requirements.txt` from the packages, `reproduce.sh` with the smoke command."""
    smoke = plan.logic.smoke
    packages = "".join(f"{package}\n" for package in plan.logic.packages)
    return {
        "config.yaml": plan.config_yaml,
        "requirements.txt": packages or "# nothing but Python's standard library\n",
        REPRODUCE: (
            "#!/usr/bin/env bash\n"
            f"# The smoke run: offline, on CPU, in about a minute; writes {smoke.metrics_file}.\n"
            f'set -euo pipefail\ncd "$(dirname "$0")"\n{smoke.command}\n'
        ),
        ".gitignore": f"__pycache__/\n*.pyc\n/{smoke.metrics_file}\n",
    }


def missing_packages(paths: Collection[str]) -> tuple[str, ...]:
    """The `__init__.py` that folders with Python files lack, so that an installed package of the name cannot win."""
    folders = {
        parent for path in paths if path.endswith(".py") for parent in PurePosixPath(path).parents if parent.parts
    }
    return tuple(sorted(name for name in (f"{folder}/__init__.py" for folder in folders) if name not in paths))


def assemble(plan: Plan, code: Mapping[str, str]) -> Tree:
    """The repository as generated: what the coder wrote and what the plan gives."""
    files = {**code, **dict.fromkeys(missing_packages(code), ""), **from_plan(plan)}
    return Tree(
        files={path: text.encode("utf-8", "replace") for path, text in sorted(files.items())},
        executable=frozenset({REPRODUCE}),
    )
