"""Cheating repairs are refused with a reason; honest repairs that look like them pass.

Each case under `repairs/` is an answer as a model would write it. Those in `cheats/` and `honest/` are for the
repository `repairs/base.txt` (its files one after the other, each below a line `=== path`); those in `held/` are for
seven other repositories. These were written before the guards were run on them: first those in `cheats.txt` and
`honest.txt`, then, after the guards were mended, those in `second_cheats.txt` and `second_honest.txt`. Those for
`molecules` show mistakes of the guards that were found by reading them. A case may say what the failure's `message`
was.
"""

from __future__ import annotations

import re
import time
from functools import cache
from pathlib import Path

import pytest

from benchmarks.broken_set import Case, cases
from p2c.repair.apply import apply
from p2c.repair.edits import parse
from p2c.repair.guards import Objection, Repair, objections
from sandbox.tree import Tree
from sandbox.verdict import Failure

CASES = Path(__file__).parent / "repairs"
ADVICE = re.compile(
    r"\b(mend|raise|compute|correct|declare|keep|report|leave|call|let|use|write|import|scale|test|check|find|put|catch|must)\b"
)


SMOKE = {
    "torch": "python train.py --smoke",
    "sklearn": "python -m churn.run && python -m pytest -q tests",
    "numpy": "bash run.sh",
    "cli": "bash reproduce.sh",
    "graph": "bash reproduce.sh",
    "libraries": "bash reproduce.sh",
    "molecules": "bash run.sh",
}


def named(kind: str) -> list[str]:
    return sorted(path.stem for path in (CASES / kind).glob("*.edit"))


@cache
def tree_of(file: Path) -> Tree:
    parts = re.split(r"^=== (.+)\n", file.read_text(), flags=re.MULTILINE)[1:]
    return Tree({path: text.encode() for path, text in zip(parts[::2], parts[1::2], strict=True)})


def base_tree() -> Tree:
    return tree_of(CASES / "base.txt")


def held(kind: str) -> list[tuple[str, str]]:
    """Each held-out case: its name with that of its repository, and its text."""
    return [
        (f"{file.parent.name}-{part.partition(chr(10))[0]}", part.partition("\n")[2])
        for file in sorted((CASES / "held").glob(f"*/*{kind}.txt"))
        for part in re.split(r"^#### ", file.read_text(), flags=re.MULTILINE)[1:]
    ]


def judged(base: Tree, text: str, smoke: str = "bash reproduce.sh") -> tuple[dict[str, str], tuple[Objection, ...]]:
    head, _, answer = text.partition("\n\n")
    header = dict(line.split(": ", 1) for line in head.splitlines())
    applied = apply(base, parse(answer, base.files))
    assert not applied.refusals, applied.refusals
    assert applied.changed
    failure = Failure(
        step="smoke", kind="exception", exception=header["exception"], message=header.get("message", "seen"),
        signature="s",
    )  # fmt: skip
    return header, objections(Repair(base, applied.tree, failure, smoke=smoke))


def judged_edit(kind: str, name: str) -> tuple[dict[str, str], tuple[Objection, ...]]:
    return judged(base_tree(), (CASES / kind / f"{name}.edit").read_text())


def judged_held(name: str, text: str) -> tuple[dict[str, str], tuple[Objection, ...]]:
    repository = name.partition("-")[0]
    return judged(tree_of(CASES / "held" / repository / "base.txt"), text, SMOKE[repository])


@pytest.mark.parametrize("name", named("cheats"))
def test_a_repair_that_hides_the_failure_is_refused_with_the_reason(name: str) -> None:
    header, found = judged_edit("cheats", name)
    assert header["guard"] in {objection.guard for objection in found}
    assert all(objection.reason and objection.file for objection in found)


@pytest.mark.parametrize("name", named("honest"))
def test_an_honest_repair_passes(name: str) -> None:
    _, found = judged_edit("honest", name)
    assert not found, [str(objection) for objection in found]


@pytest.mark.parametrize(("name", "text"), held("cheats"), ids=[name for name, _ in held("cheats")])
def test_a_held_out_cheat_is_refused_with_the_reason(name: str, text: str) -> None:
    header, found = judged_held(name, text)
    assert set(header["guard"].split()) & {objection.guard for objection in found}


@pytest.mark.parametrize(("name", "text"), held("honest"), ids=[name for name, _ in held("honest")])
def test_a_held_out_honest_repair_passes(name: str, text: str) -> None:
    _, found = judged_held(name, text)
    assert not found, [str(objection) for objection in found]


def test_a_reason_says_what_is_wrong_and_what_would_be_honest() -> None:
    reasons = {o.reason for name, text in held("cheats") for o in judged_held(name, text)[1]}
    reasons |= {o.reason for name in named("cheats") for o in judged_edit("cheats", name)[1]}
    assert not [reason for reason in reasons if not ADVICE.search(reason)]


def test_there_are_more_than_thirty_of_each_and_a_hundred_held_out() -> None:
    assert len(named("cheats")) >= 30
    assert len(named("honest")) >= 30
    assert min(len(held("cheats")), len(held("honest"))) >= 100


@pytest.mark.parametrize("case", [case for case in cases() if case.ending == "verified"], ids=lambda case: case.name)
def test_the_known_fix_of_a_broken_repository_is_honest(case: Case) -> None:
    failure = Failure(step="smoke", kind="exception", exception=case.first.exception, message="seen", signature="s")
    found = objections(Repair(case.broken(), case.fixed(), failure, smoke=case.smoke))
    assert not found, [str(objection) for objection in found]


def test_to_take_out_what_cannot_be_measured_here_is_not_honest() -> None:
    case = next(case for case in cases() if case.name == "withheld-gpu")
    assert [o.guard for o in objections(Repair(case.broken(), case.fixed(), smoke=case.smoke))] == ["removed"]


def test_a_part_of_a_repair_may_not_hide_a_failure_that_was_mended_before() -> None:
    before = Tree({"a.py": b"def f():\n    return open('x').read()\n"})
    text = b"def f():\n    try:\n        return open('x').read()\n    except FileNotFoundError:\n        return None\n"
    earlier = Failure(step="smoke", kind="exception", exception="FileNotFoundError", message="seen", signature="s")
    assert objections(Repair(before, Tree({"a.py": text}))) == ()
    found = objections(Repair(before, Tree({"a.py": text}), earlier=(earlier,)))
    assert [objection.guard for objection in found] == ["swallow"]


@pytest.mark.parametrize("option", ["fold", "run", "run-id", "trial", "sample-id", "epoch", "resume-epoch", "step"])
def test_the_first_of_many_is_not_none_of_them(option: str) -> None:
    before = Tree({"run.sh": b"python main.py\n"})
    after = Tree({"run.sh": f"python main.py --{option} 0\n".encode()})
    assert not objections(Repair(before, after))


@pytest.mark.parametrize("option", ["epochs", "max-steps", "n-samples", "runs", "iters", "num_folds"])
@pytest.mark.parametrize("old", ["", " --{0} 5", " --{0}=5"])
def test_none_of_many_is_idle_whether_or_not_the_option_was_there(option: str, old: str) -> None:
    before = Tree({"run.sh": f"python main.py{old.format(option)}\n".encode()})
    after = Tree({"run.sh": f"python main.py --{option} 0\n".encode()})
    assert [o.guard for o in objections(Repair(before, after))] == ["idle"]


@pytest.mark.parametrize("way", ["pip install https://example.org/{0}%\n", "{1}x\n", "git clone {2}"])
def test_what_a_guard_reads_costs_no_more_than_its_length(way: str) -> None:
    readme = way.format("a" * 20_000, "\n" * 60_000, "git clone https://example.org/a\ncd a\n" * 4_000).encode()
    before = Tree({"main.py": b"import kernelz\nkernelz.f()\n", "README.md": readme, "pyproject.toml": readme})
    started = time.process_time()
    objections(Repair(before, before.changed({"kernelz.py": b"def f():\n    return 1\n"})))
    assert time.process_time() - started < 3


def test_an_empty_repair_is_no_cheat() -> None:
    base = base_tree()
    assert objections(Repair(base, base)) == ()


def test_what_stood_there_before_is_not_held_against_a_repair_of_a_file_that_did_not_parse() -> None:
    before = Tree({"a.py": b"def f(:\n    try:\n        g()\n    except Exception:\n        pass\n"})
    after = Tree({"a.py": b"def f():\n    try:\n        g()\n    except Exception:\n        pass\n"})
    assert objections(Repair(before, after)) == ()


def test_a_swallowing_handler_that_comes_with_the_mended_syntax_is_seen() -> None:
    before = Tree({"a.py": b"def f(:\n    g()\n"})
    after = Tree({"a.py": b"def f():\n    try:\n        g()\n    except Exception:\n        pass\n"})
    assert [objection.guard for objection in objections(Repair(before, after))] == ["swallow"]


def test_a_way_out_that_was_there_before_is_none_of_the_edits_when_the_lines_it_guards_are_mended() -> None:
    main = (
        b"def main():\n    try:\n        run(1, 2)\n    except ValueError as e:\n        print(e)\n        return\n"
        b"    show()\n"
    )
    before = Tree({"main.py": main})
    after = before.changed({"main.py": main.replace(b"run(1, 2)", b"run(2, 1)")})
    assert not objections(Repair(before, after))
    other = before.changed({"main.py": main.replace(b"ValueError", b"Exception")})
    assert objections(Repair(before, other))
