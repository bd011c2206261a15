"""What of the paper is implemented where: planned, looked up in paper and code, told in the README."""

from __future__ import annotations

from p2c.stages import claims, readme
from p2c.stages.checks import settled_logic
from p2c.types import Architecture, Claim, Logic, Plan, PlannedFile, SmokeContract

PAPER = """# Means | of numbers

## 2 Method

The mean is a sum (eq. 1).

## 3 Experiments

On nine numbers we obtain 5.0.
"""
MEAN = Claim(claim="the mean | by a sum", place="Section 2", file="mean.py", name="mean")
GONE = Claim(claim="the median", place="Section 8", file="mean.py", name="median")
OVERVIEW = """## What is reproduced
1. The mean.

### In full
Table 1.

## Method
Sum.

## Assumptions and open points
- Numbers are finite.
"""
CONFIG = 'n: 9  # Section 3: "On nine numbers"\neps: 1.0e-9  # assumption: small\nsmoke: {n: 3}\n'


def plan_of(*stated: Claim, command: str = "python main.py", full: str = "") -> Plan:
    files = (
        PlannedFile(path="mean.py", description="The mean.\nMore."),
        PlannedFile(path="main.py", description="Runs."),
    )
    return Plan(
        overview=OVERVIEW,
        architecture=Architecture(overview="", files=("mean.py", "main.py"), class_diagram="", sequence_diagram=""),
        logic=Logic(
            files=files,
            packages=("numpy>=1.26",),
            smoke=SmokeContract(command=command, metrics_file="m.json", expected_seconds=2),
            full_command=full,
            claims=stated,
        ),
        config_yaml=CONFIG,
    )


def test_the_readme_says_what_is_where_and_only_what_was_found():
    text = readme.from_plan(plan_of(MEAN, GONE), {"mean.py": "def mean(x):\n    return x\n", "main.py": ""}, PAPER)
    assert text.startswith("# Means | of numbers\n")
    assert "| the mean \\| by a sum | Section 2 | `mean.py` | `mean` |" in text
    assert "| the median | Section 8 (not found in the paper's text) | `mean.py` | planned as `median`, not in" in text


def test_the_readme_has_commands_settings_with_sources_and_assumptions():
    text = readme.from_plan(plan_of(MEAN), {"mean.py": "def mean(x):\n    return x\n"}, PAPER)
    assert "    bash reproduce.sh\n" in text
    assert "It runs `python main.py`" in text
    assert '| `n` | 9 | Section 3: "On nine numbers" |' in text
    assert "| `eps` | 1.0e-9 | small |" in text
    assert "smoke.n" not in text
    assert "## What is reproduced\n\n1. The mean.\n\n#### In full\nTable 1.\n\n## How" in text
    assert "- Numbers are finite." in text
    assert "- `mean.py`: The mean.\n" in text
    assert "\n\n\n" not in text


def test_a_long_description_is_cut_between_words_and_not_inside_of_code():
    planned = plan_of(MEAN)
    ends = "Data only, " + "and more of it, " * 8 + "all 45 rows. "
    long = (ends + "`TABLE: dict[int, float]` of them.", "Reads it. " + "`read(a, b, c, d, e, f)` " * 9)
    files = tuple(PlannedFile(path=f"{n}.py", description=text) for n, text in enumerate(long))
    text = readme.from_plan(
        planned.model_copy(update={"logic": planned.logic.model_copy(update={"files": files})}), {}, PAPER
    )
    first, second = (line for line in text.splitlines() if line.startswith(("- `0.py`", "- `1.py`")))
    assert first == f"- `0.py`: {ends.strip()}"
    assert second.endswith("`read(a, b, c, d, e, f)` …")


def test_the_readme_names_the_full_run_where_the_program_has_the_option_that_it_leaves_out():
    plan = plan_of(MEAN, command="python main.py --smoke --seed 1")
    main = 'import argparse\nparser.add_argument("--smoke", action="store_true")\n'
    assert "\n    python main.py --seed 1\n" in readme.from_plan(plan, {"main.py": main}, PAPER)
    assert "the paper's settings:" not in readme.from_plan(plan, {"main.py": "import sys\n"}, PAPER)
    assert "the paper's settings:" not in readme.from_plan(plan_of(MEAN), {"main.py": main}, PAPER)


def test_the_readme_names_the_full_run_as_planned_where_the_code_has_its_options():
    plan = plan_of(MEAN, command="python main.py --mode smoke", full="python main.py --mode full --no-cache")
    main = 'parser.add_argument("--mode", choices=("smoke", "full"))\n'
    assert "\n    python main.py --mode full --no-cache\n" in readme.from_plan(
        plan, {"main.py": main, "cache.py": "def load(no_cache):\n    return no_cache\n"}, PAPER
    )
    assert "--mode full" not in readme.from_plan(plan, {"main.py": main}, PAPER)


def test_a_plan_without_a_full_command_is_read_and_one_that_is_the_smoke_command_is_none():
    older = plan_of(MEAN).logic.model_dump(exclude={"full_command"})
    assert Logic.model_validate(older).full_command == ""
    for full in (" python main.py ", "`python main.py`", "None"):
        assert settled_logic(plan_of(MEAN, full=full).logic).full_command == ""


def test_a_claim_may_name_a_constant():
    constant = Claim(claim="the table", place="Table 1", file="mean.py", name="TABLE_1")
    assert claims.problems((constant,), ("mean.py",)) == ()
    assert claims.is_implemented(constant, {"mean.py": "TABLE_1 = {9: 5.0}\n"})


def test_a_plan_must_say_what_of_the_paper_is_where():
    assert "`claims` is empty" in claims.problems((), ("mean.py",))[0]
    other = GONE.model_copy(update={"file": "other.py"})
    words = GONE.model_copy(update={"name": "the median function"})
    assert len(claims.problems((MEAN, other, words), ("mean.py",))) == 2
    assert claims.kept((MEAN, other, words), ("mean.py",)) == (MEAN,)


def test_a_name_is_taken_however_it_is_written():
    written = [
        MEAN.model_copy(update={"name": name, "file": "./mean.py"})
        for name in ("mean", "`mean`", "mean(xs)", "mean.mean", " mean() ", "def mean(xs)")
    ]
    assert claims.settled(written) == (MEAN,)


def test_a_claim_is_implemented_where_its_name_is_defined():
    assert claims.is_implemented(MEAN, {"mean.py": "def mean(x):\n    return x\n"})
    assert not claims.is_implemented(MEAN, {"mean.py": "def average(x):\n    return x\n"})
    assert not claims.is_implemented(MEAN, {"mean.py": "def mean(x:\n"})
    assert not claims.is_implemented(MEAN, {})
