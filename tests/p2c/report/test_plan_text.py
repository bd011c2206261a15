"""The plan on the terminal."""

from __future__ import annotations

import io

from rich.console import Console

from p2c.report.plan_text import show_plan
from p2c.stages.view import view
from p2c.types import Architecture, Logic, Plan, PlannedFile, SmokeContract

WORDS = "Reads the table and gives " + "`mean(values: list[float], weights: list[float]) -> float` " * 3


def test_a_plan_shows_its_full_command_and_a_long_description_cut_between_words_and_not_inside_of_code():
    plan = Plan(
        overview="",
        architecture=Architecture(overview="", files=("main.py",), class_diagram="", sequence_diagram=""),
        logic=Logic(
            files=(PlannedFile(path="main.py", description=f"{WORDS}\x1b[2J"),),
            packages=(),
            smoke=SmokeContract(command="python main.py --smoke", metrics_file="m.json"),
            full_command="python main.py --all",
        ),
        config_yaml="",
    )
    stream = io.StringIO()
    show_plan(view(plan, "# A paper"), Console(file=stream, width=80, color_system=None))
    (line,) = (line.strip() for line in stream.getvalue().splitlines() if "Reads the table" in line)
    assert "\nfull experiments (not run by p2c)\n  python main.py --all\n" in stream.getvalue()
    assert line == "Reads the table and gives `mean(values: list[float], weights: list[float]) -> float` …"
