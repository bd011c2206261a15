"""The rules of a SARIF log: what each sort of problem means, and where there is more to read."""

from __future__ import annotations

from p2c.policy.problems import Problem
from p2c.report.plain import plain

_RULES = {
    "failure/syntax": ("A file does not compile", "Python cannot read the file, so nothing that imports it runs."),
    "failure/requirement": (
        "Requirements do not install",
        "The packages that the code imports or declares cannot be resolved or installed together.",
    ),
    "failure/static": ("A crash is predicted", "A fatal static finding stands on a line that no run has refuted."),
    "failure/exception": (
        "An uncaught exception",
        "The program ended with a traceback when it was imported or run in the sandbox; the frames are attached.",
    ),
    "failure/exit": ("A failing exit status", "The smoke command ended with an exit status other than 0."),
    "failure/limit": (
        "A limit was used up",
        "The run used up its time, memory, processes, disk or output. Scale the smoke command down, or allow more.",
    ),
    "failure/no_entry": (
        "Nothing to run",
        "No entry point was found. Name one with `--smoke COMMAND` or `[tool.p2c]`.",
    ),
    "failure/vacuous": (
        "Next to nothing was run",
        "The smoke command ended with exit status 0, but hardly any function of the repository was entered.",
    ),
    "failure/flaky": ("A flaky run", "The same command passed once and failed when it was run again."),
    "refused/package": (
        "A package was refused",
        "The name is neither local, nor declared, nor well known: it may be hallucinated, so it is not installed.",
    ),
}
_FAMILIES = {
    "missing": ("Something is missing", "The repository needs what the sandbox withholds; see its message."),
    "parse": ("A file does not compile", "Found by compiling every Python file; nothing of it can run."),
    "ruff": ("A finding of ruff", "See https://docs.astral.sh/ruff/rules/ for the rule with this code."),
    "mypy": ("A finding of mypy", "See https://mypy.readthedocs.io/en/stable/error_code_list.html for this code."),
    "failure": ("A failure", "The repository failed in the sandbox; the message and the evidence say how."),
}


def rule(problem: Problem) -> dict[str, object]:
    """The SARIF `reportingDescriptor` of the problem's rule (SARIF 2.1.0, section 3.49)."""
    family, _, code = problem.rule.partition("/")
    short, full = _RULES.get(problem.rule) or _FAMILIES[family]
    title = plain(f"{short} ({family} {code})", 120) if family in ("ruff", "mypy", "missing", "parse") else short
    level = "warning" if problem.level == "note" else problem.level
    return {
        "id": plain(problem.rule, 120),
        "name": "".join(part.capitalize() for part in plain(problem.rule, 120).replace("/", "-").split("-")),
        "shortDescription": {"text": title},
        "fullDescription": {"text": full},
        "help": {"text": full, "markdown": full},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["p2c", family]},
    }
