"""Two runs of one program see the same world; what differs all the same is reported as flaky."""

from __future__ import annotations

import json
from dataclasses import replace

from sandbox.controller import verify
from sandbox.escape.case import Place, cases_of, ended, must
from sandbox.escape.verifying import SETTINGS, sandbox_of
from sandbox.tree import Tree
from sandbox.verdict import Ended

ALIKE, case = cases_of("fixed")


def _twice(place: Place, expression: str, setup: str = "") -> tuple[object, object]:
    """What an expression is in two fresh runs."""
    code = f"import json, os, sys\n{setup}\nprint(json.dumps({expression}))"
    found = []
    for _ in range(2):
        result = place.python(code)
        ended(result, Ended.exited, status=0)
        found.append(json.loads(result.stdout.text()))
    return found[0], found[1]


def _same(place: Place, expression: str, setup: str = "") -> object:
    first, second = _twice(place, expression, setup)
    must(first == second, f"{first} in one run, {second} in the next")
    return first


@case()
def hash_seed(place: Place) -> None:
    """PYTHONHASHSEED is fixed: sets and dictionaries of texts have one order."""
    _same(place, "[hash('x'), list({'a', 'b', 'c', 'dd', 'eee'}), os.environ['PYTHONHASHSEED']]")


@case()
def time_zone(place: Place) -> None:
    """The time zone is UTC."""
    seen = _same(place, "[time.tzname, time.timezone, os.environ['TZ'], time.localtime(0).tm_hour]", "import time")
    must(seen == [["UTC", "UTC"], 0, "UTC", 0], f"it is {seen}")


@case()
def locale_and_encoding(place: Place) -> None:
    """The locale is C.UTF-8, and text is UTF-8 everywhere."""
    setup = "import locale\nlocale.setlocale(locale.LC_ALL, '')"
    seen = _same(
        place, "[locale.getpreferredencoding(), sys.stdout.encoding, sys.getfilesystemencoding(), f'{1.5:n}']", setup
    )
    must([str(word).lower().replace("_", "-") for word in seen] == ["utf-8"] * 3 + ["1.5"], f"it is {seen}")  # type: ignore[attr-defined]


@case()
def thread_counts(place: Place) -> None:
    """Numeric libraries start as many threads as the run has processors, in every run the same."""
    seen = _same(place, "{n: v for n, v in os.environ.items() if n.endswith('_NUM_THREADS')}")
    must(isinstance(seen, dict) and "OMP_NUM_THREADS" in seen and len(set(seen.values())) == 1, f"they are {seen}")


@case()
def whole_environment(place: Place) -> None:
    """All variables, limits and places are the same in two runs."""
    setup = "import resource\nlimits = [resource.getrlimit(n) for n in range(16)]"
    _same(
        place, "[dict(os.environ), limits, os.getcwd(), sys.path, sys.flags.__repr__(), sorted(os.listdir('/'))]", setup
    )


@case(control="flaky")
def flaky_program(place: Place) -> None:
    """A program that passes once and fails when it is run again is reported as flaky, not as passed or failed."""
    program = (
        "import os\n\n\ndef main():\n    values = [n * n for n in range(9)]\n    print(sum(values))\n"
        "    if os.environ.get('VIRTUAL_ENV', '').startswith('/store/envs/fresh-'):\n        raise SystemExit(3)\n"
        "\n\nmain()\n"
    )
    settings = replace(SETTINGS, replay=True, smoke="python main.py")
    with sandbox_of(place, settings) as sandbox:
        verdict = verify(Tree({"main.py": program.encode()}), name="flaky", settings=settings, sandbox=sandbox)
    kind = verdict.failure.kind if verdict.failure else None
    must(kind == "flaky" and not verdict.verified, f"the verdict is {verdict.outcome}, {kind}: {verdict.summary}")
