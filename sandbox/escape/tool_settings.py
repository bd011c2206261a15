"""Generated tool settings are code too: plugins, exclusions and shadows change nothing that is found."""

from __future__ import annotations

from sandbox.checks import mypy, parse
from sandbox.escape.case import Place, cases_of, must
from sandbox.escape.verifying import verdict_of
from sandbox.tree import Tree
from sandbox.verdict import Finding, Outcome

TOOLS, case = cases_of("tools")

FAULTY = (
    "import sys\n\n\ndef two(a, b):\n    return a + b\n\n\ndef main():\n    if len(sys.argv) > 9:\n        two(1)\n"
    "        undefined_name()\n    print('done')\n\n\nmain()\n"
)
"""What mypy (wrong number of arguments) and ruff (an undefined name) must both find."""
EVIL = "import os\nos.write(2, b'pwned')\nos._exit(0)\n"


def _static(place: Place, files: dict[str, str]) -> list[Finding]:
    """The fatal findings in the faulty program, with these files beside it."""
    tree = Tree({path: text.encode() for path, text in ({"main.py": FAULTY} | files).items()})
    found = [*parse(place.runner, tree).ruff(), *mypy(place.runner, tree)]
    return [one for one in found if one.severity == "fatal" and one.file == "main.py"]


def _still_found(place: Place, files: dict[str, str]) -> None:
    tools = {one.tool for one in _static(place, files)}
    must(tools == {"mypy", "ruff"}, f"only {sorted(tools)} found what is wrong")


@case()
def mypy_plugins(place: Place) -> None:
    """A mypy.ini with a plugin, and with everything ignored, is not obeyed."""
    settings = "[mypy]\nplugins = evil.py\nignore_errors = True\nexclude = .*\nfollow_imports = skip\n"
    _still_found(place, {"mypy.ini": settings, ".mypy.ini": settings, "evil.py": EVIL})


@case()
def ruff_settings(place: Place) -> None:
    """A ruff.toml that selects nothing, excludes everything and extends a file of the system is not obeyed."""
    settings = 'extend = "/etc/passwd"\nexclude = ["*"]\n[lint]\nselect = []\nignore = ["ALL"]\n'
    _still_found(place, {"ruff.toml": settings, ".ruff.toml": settings})


@case()
def project_settings(place: Place) -> None:
    """The same in pyproject.toml, setup.cfg and tox.ini is not obeyed."""
    project = '[tool.mypy]\nplugins = ["evil"]\nignore_errors = true\n[tool.ruff]\nexclude = ["*"]\n'
    project += '[tool.ruff.lint]\nselect = []\n[tool.pytest.ini_options]\naddopts = "-p evil"\n'
    setup = "[mypy]\nplugins = evil\nignore_errors = True\n[tool:pytest]\naddopts = -p evil\n[flake8]\nexclude = *\n"
    _still_found(place, {"pyproject.toml": project, "setup.cfg": setup, "tox.ini": setup, "evil.py": EVIL})


@case()
def shadows_of_the_tools(place: Place) -> None:
    """Files called like the tools' own modules are not what the tools import; where mypy gives up, it says so."""
    names = ("json", "ast", "os", "mypy/__init__", "mypy/main", "tomllib", "sitecustomize", "runpy", "subprocess")
    _still_found(place, {f"{name}.py": EVIL for name in names})
    tree = Tree({"main.py": FAULTY.encode(), "typing.py": EVIL.encode()})
    said = [one.message for one in mypy(place.runner, tree) if one.file == "typing.py"]
    must(any("shadows" in message for message in said), "a file can make mypy silent")


@case()
def conftest_and_hooks(place: Place) -> None:
    """A conftest.py, a sitecustomize.py and a setup.py of a repository are not run by a verify of its program."""
    files = dict.fromkeys(("conftest.py", "tests/conftest.py", "setup.py", "noxfile.py"), "raise SystemExit('pwned')\n")
    program = "def main():\n    values = [n * n for n in range(9)]\n    print(sum(values))\n\n\nmain()\n"
    verdict = verdict_of(place, {"main.py": program} | files)
    must(verdict.outcome is Outcome.passed, f"the verdict is {verdict.outcome}: {verdict.summary}")
    must("pwned" not in verdict.model_dump_json(), "one of them ran")
