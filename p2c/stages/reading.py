"""The plan of a run folder, read as it stands there, without a model and without touching anything."""

from __future__ import annotations

from pathlib import Path

from p2c.errors import UsageError
from p2c.run.atomic import plain_errors
from p2c.stages import checks, config_file
from p2c.stages.planning import ARCHITECTURE, CLASSES, CONFIG, LOGIC, OVERVIEW, SEQUENCE, Design, parse
from p2c.types import Architecture, Logic, Plan

PAPER = "paper/for_model.md"
"""The paper as the model reads it."""


def read_plan(folder: Path) -> tuple[Plan, str]:
    """The plan in the run folder `folder`, and the paper's text as the model reads it.

    Raises:
        UsageError: planning has not come to its end there, or a file of the plan cannot be read.
        RunFolderError: the disk failed.
    """
    texts = {name: _read(folder, name) for name in (PAPER, OVERVIEW, ARCHITECTURE, CLASSES, SEQUENCE, LOGIC, CONFIG)}
    design = parse(Design, ARCHITECTURE, texts[ARCHITECTURE])
    architecture = Architecture(
        overview=design.overview,
        files=design.files,
        class_diagram=texts[CLASSES],
        sequence_diagram=texts[SEQUENCE],
    )
    if why := config_file.problem(texts[CONFIG]):
        raise UsageError(f"{CONFIG} {why}; mend it, or delete it to have it made again")
    logic = checks.settled_logic(parse(Logic, LOGIC, texts[LOGIC]))
    settled = checks.settled_architecture(architecture)
    return Plan(overview=texts[OVERVIEW], architecture=settled, logic=logic, config_yaml=texts[CONFIG]), texts[PAPER]


def _read(folder: Path, name: str) -> str:
    path = folder / name
    with plain_errors("read", path):
        if not path.is_file():
            raise UsageError(
                f"{folder} has no {name}: its planning has not come to its end. Go on with: p2c plan PAPER -o {folder}"
            )
        return path.read_text(encoding="utf-8-sig", errors="replace")
