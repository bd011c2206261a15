"""What the debugging agent is shown."""

from __future__ import annotations

import pytest

from p2c.model.fake import ScriptedModel
from p2c.repair.agent import DebuggingAgent
from p2c.repair.context import installed, listing
from p2c.repair.failing import evidence, never_code
from p2c.repair.relevant import files_that_matter
from p2c.repair.settings import RepairSettings
from p2c.run.journal import Event, Journal
from p2c.types import Architecture, Logic, Plan, SmokeContract
from sandbox.tree import Tree
from sandbox.verdict import Failure, Finding, Frame, Missing, Outcome, Rung, Verdict

PLAN = Plan(
    overview="## Method\n\n" + "The mean of two numbers. " * 200,
    architecture=Architecture(overview="", files=("main.py",), class_diagram="", sequence_diagram=""),
    logic=Logic(files=(), packages=(), smoke=SmokeContract(command="python main.py", metrics_file="m.json")),
    config_yaml="",
)
TREE = Tree(
    {
        "main.py": b"from lib.net import Net\n\nnet = Net(3)\nnet.train()\n",
        "lib/net.py": b"class Net:\n    def __init__(self, n):\n        self.n = n\n",
        "lib/other.py": b"def unrelated():\n    return 1\n",
        "config.yaml": b"rate: 1\n",
        "weights.bin": b"\0\1",
    }
)


def failing(*frames: tuple[str, int], message: str = "no attribute 'train'", step: str = "smoke") -> Verdict:
    shown = tuple(
        Frame(file=f, line=n, function="f", code=TREE.text(f).splitlines()[n - 1].strip(), in_repository=True)
        for f, n in frames
    )
    failure = Failure(
        step=step, kind="exception", exception="AttributeError", message=message, frames=shown, signature="s",
        file=frames[-1][0] if frames else None, line=frames[-1][1] if frames else None, evidence="Traceback ...",
    )  # fmt: skip
    return Verdict(
        repository="r", tree=TREE.digest(), rung=Rung.starts, outcome=Outcome.failed, summary="s", failure=failure
    )


def shown_for(verdict: Verdict, tree: Tree = TREE, budget: int = 10_000) -> list[str]:
    return [file.path for file in files_that_matter(tree, verdict, budget)]


def test_the_failing_file_stands_last_behind_the_definition_that_it_names_and_nothing_else() -> None:
    assert shown_for(failing(("main.py", 3))) == ["lib/net.py", "main.py"]


def test_what_made_the_object_that_fails_is_shown() -> None:
    assert shown_for(failing(("main.py", 4), message="none")) == ["lib/net.py", "main.py"]


def test_the_configuration_is_shown_where_it_is_spoken_of() -> None:
    tree = TREE.changed({"main.py": b"import yaml\nrate = yaml.safe_load(open('config.yaml'))['speed']\n"})
    failure = failing(("main.py", 2), message="'speed'").failure
    assert failure
    frame = failure.frames[0].model_copy(update={"code": "rate = yaml.safe_load(open('config.yaml'))['speed']"})
    verdict = failing(("main.py", 2)).model_copy(update={"failure": failure.model_copy(update={"frames": (frame,)})})
    assert shown_for(verdict, tree) == ["config.yaml", "main.py"]


def test_a_long_file_is_shown_around_the_failure_with_the_gaps_named() -> None:
    long = "".join(f"x{n} = {n}\n" * 1 for n in range(8_000)).encode()
    tree = TREE.changed({"main.py": long})
    verdict = failing(("main.py", 4))
    assert verdict.failure
    frame = verdict.failure.frames[0].model_copy(update={"line": 5_000})
    verdict = verdict.model_copy(update={"failure": verdict.failure.model_copy(update={"frames": (frame,)})})
    (main,) = [file for file in files_that_matter(tree, verdict, 10_000) if file.path == "main.py"]
    assert not main.whole
    assert "x4999 = 4999" in main.text
    assert "lines are not shown]" in main.text
    assert len(main.text) < 10_000


def test_the_listing_names_what_files_define_and_stays_bounded() -> None:
    assert "- `lib/net.py`: Net" in listing(TREE)
    many = Tree({f"m{n}.py": b"def f(): pass\n" for n in range(5_000)})
    assert len(listing(many, 1_000)) <= 1_100


def test_installed_versions_come_from_the_lock() -> None:
    lock = "numpy==2.4.0 \\\n    --hash=sha256:aa\n# via\nscipy==1.17.0\n"
    assert installed(lock) == "numpy==2.4.0, scipy==1.17.0"


def test_long_evidence_keeps_its_beginning_and_its_end() -> None:
    verdict = failing(("main.py", 3))
    assert verdict.failure
    long = verdict.failure.model_copy(update={"evidence": "start" + "x" * 50_000 + "the end"})
    text = evidence(verdict.model_copy(update={"failure": long}), 1_000)
    assert text.startswith("start")
    assert text.endswith("the end")
    assert len(text) < 1_100


def prompt(verdict: Verdict, ledger: tuple[str, ...] = ()) -> str:
    model = ScriptedModel({"debug/1": ["nothing"], "debug/1/again": ["nothing"]})
    events: list[Event] = []
    agent = DebuggingAgent(model, RepairSettings(smoke="python main.py"), Journal(None, (events.append,)))
    agent.open(TREE, verdict, ledger).propose(1)
    assert any("characters" in str(event.get("message")) for event in events)
    return model.asked[0][1][-1].content


def test_what_changes_stands_after_what_stays() -> None:
    text = prompt(failing(("main.py", 4)), ("For `X`. Taken back: it hid the failure",))
    order = ["# What must run", "# The repository", "# `main.py`", "# What was tried before", "# The failure"]
    assert sorted(order, key=text.index) == order


def planned_prompt(verdict: Verdict, tree: Tree, plan: Plan, notes: dict[str, str]) -> str:
    model = ScriptedModel({"debug/1": ["UNREPAIRABLE: nothing"]})
    DebuggingAgent(model, RepairSettings(), Journal(None, ()), plan, notes).open(tree, verdict, ()).propose(1)
    return model.asked[0][1][-1].content


def test_the_notes_of_the_failing_files_are_shown_the_deepest_first_and_each_ends_with_a_sentence() -> None:
    names = ("a.py", "b.py", "c.py", "main.py", "way.py")
    calls = "from {} import f\nimport a, b, c\nf()\n"
    tree = Tree(dict.fromkeys(names, b"x = 1\n") | {"main.py": calls.format("way").encode()})
    tree = tree.changed({"way.py": calls.format("c").encode()})
    frames = tuple(Frame(file=f, line=3, function="f", code="f()", in_repository=True) for f in ("main.py", "way.py"))
    failure = failing(("main.py", 3)).failure
    assert failure
    deep = failure.model_copy(update={"frames": frames, "file": "way.py", "line": 3})
    verdict = failing(("main.py", 3)).model_copy(update={"failure": deep})
    notes = {name: f"It is {name}. " + "A sentence of the note. " * 200 for name in names}
    text = planned_prompt(verdict, tree, PLAN, notes)
    told = [line.split("`")[1] for line in text.splitlines() if line.startswith("# What `")]
    assert told == ["way.py", "main.py"]
    assert text.count("A sentence of the note.\n\n[") == 2
    assert "The mean of two numbers.\n\n[" in text
    assert "more characters of the plan are left out]\n" in text


def test_fatal_findings_and_what_is_withheld_are_told() -> None:
    finding = Finding(tool="ruff", code="F821", file="main.py", line=4, message="undefined name", severity="fatal")
    verdict = failing(("main.py", 4)).model_copy(update={"findings": (finding,)})
    assert "`main.py:4`: undefined name (ruff F821)" in prompt(verdict)
    refuted = verdict.model_copy(update={"findings": (finding.model_copy(update={"refuted": True}),)})
    assert "undefined name" not in prompt(refuted)
    blocked = verdict.model_copy(
        update={
            "outcome": Outcome.blocked,
            "failure": None,
            "missing": (Missing(kind="data", what="MNIST", evidence="e"),),
        }
    )
    assert "data: `MNIST`" in prompt(blocked)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"This module trains the model on the data.\nIt writes the metrics to a file at the end.\n", True),
        (
            b"Here is how it should work:\n\nIt returns a rank (a float).\nIt stops below the tolerance of course.\n",
            True,
        ),
        (b"```python\ndef f():\n    return 1\n\n\ndef g(a, b):\n    x = compute(", True),
        (b"def f():\n    x = compute(\n        1,\n", False),
        (b"import matplotlib\n\n\ndef plot(x, path):\n    axes.scatter(x, mark", False),
        (b"def f():\n    return 1\n\n\ndef g(a, b):\n", False),
        (b"x = 1\ny = (2\nz = 3\nprint(x, y, z)\nw = 4\n", False),
        (b"def f(:\n    return 1\n\n\nprint(f())\n", False),
        (b"x = 1\n", False),
    ],
)
def test_a_file_that_never_was_code_is_told_from_one_with_a_mistake_or_too_early_an_end(
    content: bytes, expected: bool
) -> None:
    tree = TREE.changed({"main.py": content})
    verdict = failing(("main.py", 1), step="parse")
    assert (never_code(tree, verdict) == ("main.py",)) is expected
