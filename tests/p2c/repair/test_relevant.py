"""The files that a failure leads to: the one that must be edited is among them, and hardly another."""

from __future__ import annotations

import ast

import pytest

from p2c.repair.relevant import files_that_matter, wanted_files
from p2c.repair.syntax import python_tree
from sandbox.tree import Tree
from sandbox.verdict import Ended, EntryPoint, Failure, Finding, Frame, Outcome, Rung, SmokeRun, Verdict

MAIN = """import yaml
from train import Trainer


def main():
    config = yaml.safe_load(open('config.yaml'))
    trainer = Trainer(config)
    trainer.fit(3)


main()
"""
TRAIN = """from nets.model import build
from tools import log


class Trainer:
    def __init__(self, config):
        self.net = build(config['width'])

    def fit(self, x):
        log(x)
        return self.net.forward(x)
"""
MODEL = """class Net:
    def __init__(self, width):
        self.width = width

    def forward(self, x):
        return x @ self.width


def build(width):
    return Net(width)
"""
TREE = Tree(
    {
        "main.py": MAIN.encode(),
        "train.py": TRAIN.encode(),
        "nets/model.py": MODEL.encode(),
        "nets/__init__.py": b"",
        "tools.py": b"def log(x):\n    print(x)\n",
        "evaluate.py": b"def evaluate(net):\n    net.forward(1)\n",
        "config.yaml": b"width: 3\n",
        "requirements.txt": b"numpy\n",
        "README.md": b"Run main.py, then evaluate.py with config.yaml.\n",
        "data.bin": b"\0\1",
    }
)


def verdict(
    *trail: tuple[str, int], message: str = "m", exception: str | None = "TypeError", **more: object
) -> Verdict:
    frames = tuple(
        Frame(file=file, line=line, function="f", code=TREE.text(file).splitlines()[line - 1], in_repository=True)
        for file, line in trail
    )
    failure = Failure.model_validate(
        {
            "step": "smoke", "kind": "exception", "exception": exception, "message": message, "frames": frames,
            "signature": "s", "file": trail[-1][0] if trail else None, "line": trail[-1][1] if trail else None, **more,
        }
    )  # fmt: skip
    return Verdict(
        repository="r", tree=TREE.digest(), rung=Rung.starts, outcome=Outcome.failed, summary="s", failure=failure,
        entry=EntryPoint(command="python main.py", source="main.py"),
    )  # fmt: skip


def paths(seen: Verdict, tree: Tree = TREE) -> list[str]:
    return [file.path for file in files_that_matter(tree, seen, 40_000)]


def test_the_files_of_the_traceback_stand_last_the_deepest_at_the_end() -> None:
    seen = verdict(("main.py", 8), ("train.py", 11), ("nets/model.py", 6), message="unsupported operand")
    assert paths(seen) == ["main.py", "train.py", "nets/model.py"]


def test_what_a_failing_statement_calls_is_shown_where_its_file_can_reach_it() -> None:
    assert paths(verdict(("main.py", 8), ("train.py", 10))) == ["tools.py", "main.py", "train.py"]
    by_method = paths(verdict(("main.py", 8), ("train.py", 11)))
    assert by_method == ["nets/model.py", "main.py", "train.py"]


def test_a_class_that_the_message_names_is_shown_wherever_it_is_defined() -> None:
    assert "nets/model.py" in paths(verdict(("main.py", 8), message="'Net' object has no attribute 'depth'"))
    assert "nets/model.py" in paths(verdict(("main.py", 8), message="Net.__init__() missing 1 required argument"))


def test_the_module_that_lacks_a_name_is_shown_and_the_one_that_has_it() -> None:
    tree = TREE.changed({"main.py": b"from train import log, build_all\n"})
    message = "cannot import name 'build_all' from 'train' (/workspace/train.py)"
    assert paths(verdict(("main.py", 1), message=message, exception="ImportError"), tree) == [
        "tools.py", "train.py", "main.py"
    ]  # fmt: skip


def test_the_configuration_is_shown_where_a_statement_reads_it_and_not_else() -> None:
    assert "config.yaml" in paths(verdict(("main.py", 7), ("train.py", 7), message="'width'", exception="KeyError"))
    assert "config.yaml" not in paths(verdict(("main.py", 8), ("train.py", 10)))


def test_where_a_library_refuses_a_value_only_in_use_the_place_that_gave_it_is_shown() -> None:
    tree = TREE.changed({"tools.py": b"from sklearn.svm import SVC\n\nmodel = SVC(kernel='round')\n"})
    refused = verdict(("main.py", 8), message="The 'kernel' parameter of SVC must be a str among {'rbf'}. Got 'round'.")
    assert "tools.py" in paths(refused, tree)


def test_where_a_file_is_not_found_those_that_name_files_of_its_kind_are_shown() -> None:
    tree = TREE.changed(
        {"tools.py": b"import pickle\n\n\ndef save(x):\n    pickle.dump(x, open('model_final.pkl', 'wb'))\n"}
    )
    lost = verdict(("main.py", 8), message="[Errno 2] No such file or directory: 'out/model.pkl'")
    assert "tools.py" in paths(lost, tree)
    other = verdict(("main.py", 8), message="[Errno 2] No such file or directory: 'out/model.csv'")
    assert "tools.py" not in paths(other, tree)


def test_a_configuration_in_a_folder_is_one_too_wherever_on_the_way_it_was_read() -> None:
    tree = TREE.changed({"config.yaml": None, "configs/small.yaml": b"width: '3'\n"})
    seen = verdict(("train.py", 7), ("train.py", 10), ("nets/model.py", 6), message="can't multiply sequence by str")
    assert "configs/small.yaml" in paths(seen, tree)


def test_declared_requirements_are_shown_where_a_package_is_the_matter_only() -> None:
    missing = verdict(("main.py", 1), message="No module named 'yaml'", exception="ModuleNotFoundError")
    assert "requirements.txt" in paths(missing)
    within = Frame(file="/x/site-packages/pandas/plotting.py", line=1, function="f", code="", in_repository=False)
    trail = verdict(("main.py", 8)).failure
    assert trail
    lazily = verdict(message="matplotlib is required", exception="ImportError", frames=(*trail.frames, within))
    assert "requirements.txt" in paths(lazily)
    assert "requirements.txt" not in paths(verdict(("main.py", 8)))


def test_without_a_traceback_the_command_and_what_printed_the_message_are_shown() -> None:
    tree = TREE.changed(
        {
            "main.py": b"from tools import load\nload()\n",
            "tools.py": b"import sys\ndef load():\n    sys.exit(f'ERROR: no settings in {1}, run the setup')\n",
        }
    )
    seen = verdict(message="ERROR: no settings in 1, run the setup", exception=None, kind="exit")
    assert paths(seen, tree) == ["config.yaml", "main.py", "tools.py"]
    wanted = {one.path: one for one in wanted_files(tree, seen)}
    assert wanted["tools.py"].lines == (3,)


def test_the_output_of_a_run_that_did_next_to_nothing_leads_to_its_files() -> None:
    smoke = SmokeRun(
        command="python main.py", ended=Ended.exited, exit_status=0, seconds=0, cpu_seconds=0, peak_memory_bytes=0,
        stdout="nothing to do here", stderr="",
    )  # fmt: skip
    seen = verdict().model_copy(update={"outcome": Outcome.vacuous, "failure": None, "smoke": smoke})
    tree = TREE.changed({"tools.py": b"def log():\n    print('nothing to do here')\n"})
    assert {"main.py", "tools.py"} <= set(paths(seen, tree))


def test_files_with_fatal_findings_are_shown_at_their_lines() -> None:
    finding = Finding(tool="mypy", code="call-arg", file="evaluate.py", line=2, message="m", severity="fatal")
    seen = verdict(("main.py", 8), ("train.py", 10)).model_copy(update={"findings": (finding,)})
    assert "evaluate.py" in paths(seen)
    refuted = finding.model_copy(update={"refuted": True})
    assert "evaluate.py" not in paths(seen.model_copy(update={"findings": (refuted,)}))


def test_the_failing_file_takes_the_room_where_there_is_little() -> None:
    seen = verdict(("main.py", 8), ("train.py", 11), ("nets/model.py", 6))
    assert [file.path for file in files_that_matter(TREE, seen, 200)] == ["nets/model.py"]


def test_a_file_of_no_text_and_one_that_is_not_there_are_never_shown() -> None:
    seen = verdict(("main.py", 8), message="cannot read data.bin beside gone.py")
    assert {"data.bin", "gone.py"}.isdisjoint(paths(seen))


RAISED = "Traceback (most recent call last):\n  ...\nStopIteration"


def test_what_said_before_the_exception_that_something_was_wrong_is_shown() -> None:
    tree = TREE.changed(
        {
            "tools.py": b"def log(x):\n    print('ERROR - no such corpus')\n",
            "evaluate.py": b"def evaluate(net):\n    print('begins in earnest')\n",
        }
    )
    said = f"begins in earnest\nERROR - no such corpus\n\n{RAISED}"
    seen = verdict(("main.py", 8), message="", exception="StopIteration", evidence=said)
    assert "tools.py" in paths(seen, tree)
    assert "evaluate.py" not in paths(seen, tree)
    wanted = {one.path: one for one in wanted_files(tree, seen)}
    assert wanted["tools.py"].lines == (2,)


def test_of_data_that_the_code_on_the_way_reads_the_first_rows_are_shown_and_their_number() -> None:
    rows = "".join(f"{n},{n + 1},class-{n % 3}\n" for n in range(180))
    tree = TREE.changed({"main.py": MAIN.replace("config.yaml", "points.csv").encode(), "d/points.csv": rows.encode()})
    seen = verdict(("main.py", 7), message="'label'", exception="KeyError")
    shown = {file.path: file.text for file in files_that_matter(tree, seen, 40_000)}
    assert shown["d/points.csv"].splitlines() == [*rows.splitlines()[:10], "[170 lines are not shown]"]
    assert "d/points.csv" not in paths(verdict(("main.py", 7), message="name 'x'", exception="NameError"), tree)


@pytest.mark.parametrize(
    "message",
    ["Trainer.fit() missing 1 required positional argument: 'rate'", "fit() got an unexpected keyword argument 'rate'"],
)
def test_where_arguments_do_not_fit_the_settings_are_shown_that_may_hold_them(message: str) -> None:
    assert "config.yaml" in paths(verdict(("main.py", 8), message=message))


def test_a_type_that_a_library_refuses_may_have_been_read() -> None:
    within = Frame(file="/x/site-packages/pandas/core.py", line=1, function="f", code="", in_repository=False)
    trail = verdict(("main.py", 8)).failure
    assert trail
    message = "Cannot perform reduction 'mean' with string dtype"
    assert "config.yaml" in paths(verdict(message=message, frames=(*trail.frames, within)))
    assert "config.yaml" not in paths(verdict(("main.py", 8), message=message))


def test_a_name_that_several_files_have_leads_to_none_of_them() -> None:
    main = MAIN.replace("config.yaml", "result.json").encode()
    tree = TREE.changed({"main.py": main, "one/result.json": b"{}", "two/result.json": b"{}"})
    seen = verdict(("main.py", 7), message="'label'", exception="KeyError")
    assert {"one/result.json", "two/result.json"}.isdisjoint(paths(seen, tree))


def test_the_script_that_is_run_is_always_shown() -> None:
    tree = TREE.changed({"run.sh": b"set -e\npython main.py\n"})
    seen = verdict(("main.py", 8), ("train.py", 10))
    seen = seen.model_copy(update={"entry": EntryPoint(command="bash ./run.sh", source="run.sh")})
    assert paths(seen, tree)[0] == "run.sh"


SWALLOWS = """from tools import load
try:
    data = load()
except Exception as error:
    print('it went wrong:', error)
    raise SystemExit(1)
"""


def test_where_an_exception_was_swallowed_what_was_tried_is_shown() -> None:
    tree = TREE.changed({"main.py": SWALLOWS.encode(), "tools.py": b"def load():\n    return {}['rows']\n"})
    seen = verdict(message="it went wrong: 'rows'", exception=None, kind="exit")
    assert "tools.py" in paths(seen, tree)


def test_where_the_run_ended_on_a_condition_what_made_its_value_is_shown() -> None:
    main = b"from tools import load\nrows = load()\nif not rows:\n    print('No rows loaded. Exiting.')\n"
    tree = TREE.changed({"main.py": main, "tools.py": b"def load():\n    return []\n"})
    seen = verdict(
        message="it did next to nothing", exception=None, kind="vacuous", evidence="No rows loaded. Exiting."
    )
    assert "tools.py" in paths(seen, tree)


def test_what_printed_last_before_the_memory_was_used_up_is_shown_whole() -> None:
    filler = "".join(f"def f{n}():\n    return {n}\n" for n in range(400))
    loader = f"{filler}def load():\n    print('Building the adjacency matrix')\n"
    main = b"from tools import load\nprint('Settings have been read')\nload()\n"
    tree = TREE.changed({"main.py": main, "tools.py": loader.encode()})
    said = "Settings have been read\nBuilding the adjacency matrix"
    seen = verdict(message="it used up its memory", exception=None, kind="limit", limit=Ended.memory, evidence=said)
    shown = {file.path: file for file in files_that_matter(tree, seen, 40_000)}
    assert shown["tools.py"].whole


def test_where_settings_are_asked_for_that_are_not_there_what_reads_them_is_shown() -> None:
    seen = verdict(("main.py", 6), message="No such file or directory: 'conf.yaml'", exception="FileNotFoundError")
    assert "train.py" in paths(seen)
    other = verdict(("main.py", 6), message="No such file or directory: 'rows.csv'", exception="FileNotFoundError")
    assert "train.py" not in paths(other)


def test_rows_of_numbers_that_the_command_names_are_read_as_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are Python by their grammar, and what it makes of a megabyte of them takes 200 MiB."""
    read: list[bytes] = []

    def spied(content: bytes) -> ast.Module | None:
        read.append(content)
        return python_tree(content)

    monkeypatch.setattr("p2c.repair.relevant.python_tree", spied)
    rows = b"".join(b"%d,%d,1.5\n" % (n, n + 1) for n in range(99))
    tree = TREE.changed({"rows.csv": rows})
    for trail in ([], [("main.py", 6)]):
        warned = "warning: 3 rows are missing\n\nTraceback (most recent call last):\n"
        seen = verdict(*trail, message="3 rows are missing", exception="ValueError", evidence=warned)
        entry = EntryPoint(command="python main.py --data rows.csv", source="main.py")
        assert "rows.csv" in paths(seen.model_copy(update={"entry": entry}), tree)
    assert MAIN.encode() in read
    assert rows not in read


def test_a_script_without_a_suffix_is_source_where_the_traceback_says_so() -> None:
    tree = TREE.changed({"main.py": None, "train": MAIN.encode()})
    failing = verdict(("main.py", 8), message="fit() takes 1 positional argument but 2 were given")
    assert failing.failure is not None
    frame = failing.failure.frames[0].model_copy(update={"file": "train"})
    failure = failing.failure.model_copy(update={"file": "train", "frames": (frame,)})
    assert paths(failing.model_copy(update={"failure": failure}), tree) == ["train.py", "train"]
