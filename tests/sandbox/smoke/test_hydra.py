"""What a program of Hydra's demands is filled in from the documentation, from a group's only or smallest option."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.smoke.entry import find_entry
from sandbox.smoke.hydra import Demanded, read_hydra
from sandbox.smoke.script import Script
from sandbox.tree import Tree

MAIN = (
    "import hydra\n@hydra.main(config_path='conf', config_name='config', version_base=None)\n"
    "def main(cfg):\n    print(cfg)\nif __name__ == '__main__':\n    main()\n"
)


def _tree(files: dict[str, str]) -> Tree:
    return Tree({path: text.encode() for path, text in {"main.py": MAIN, **files}.items()})


def _command(files: dict[str, str]) -> str:
    entry = find_entry(_tree(files), None)
    assert entry is not None
    return entry.command


def _demanded(files: dict[str, str]) -> Demanded:
    tree = _tree(files)
    return read_hydra(Script.of(tree, "main.py"), tree)


GROUP = {"conf/config.yaml": "defaults:\n  - model: ???\nlr: 0.1\n"}


@pytest.mark.parametrize(
    ("options", "command"),
    [
        (("resnet",), "python main.py model=resnet"),
        (("resnet", "resnet_small", "resnet_large"), "python main.py model=resnet_small"),
        (("resnet50", "tiny", "small"), "python main.py model=tiny"),
        (("resnet", "vit"), "python main.py"),
        (("small_cnn", "small_vit"), "python main.py"),
        (("smallest-of-none", "shallow"), "python main.py"),
        ((), "python main.py"),
    ],
)
def test_of_a_group_the_only_or_the_plainly_smallest_option_is_chosen(options: tuple[str, ...], command: str) -> None:
    assert _command({**GROUP, **{f"conf/model/{name}.yaml": "depth: 1\n" for name in options}}) == command


def test_the_verdict_says_what_was_chosen() -> None:
    entry = find_entry(_tree({**GROUP, "conf/model/resnet.yaml": "depth: 1\n"}), None)
    assert entry is not None
    assert entry.source == "main.py (__main__ guard, arguments derived: model=resnet)"


@pytest.mark.parametrize(
    ("readme", "command"),
    [
        ("python main.py model=vit data.path=/path/to/data", "python main.py model=vit"),
        ("python main.py model=vit name=first data.path=<data>", "python main.py model=vit name=first"),
        ("python main.py model=vit data.path=data/a.csv", "python main.py model=vit data.path=data/a.csv"),
        ("python other.py model=vit name=first", "python main.py"),
        ("python main.py -m model=vit data.path=<data>", "python main.py"),
        ("python main.py --multirun model=vit name=first data.path=<data>", "python main.py"),
        ("python main.py model=vit,resnet name=first data.path=<data>", "python main.py name=first"),
        ("python main.py model=vit name=range(3) data.path=<data>", "python main.py model=vit"),
        ("python main.py model=gone name=first data.path=<data>", "python main.py name=first"),
    ],
)  # fmt: skip
def test_what_the_documentation_gives_is_taken_and_nothing_is_invented(readme: str, command: str) -> None:
    config = "defaults:\n  - model: ???\ndata:\n  path: ???\nname: ???\n"
    files = {"conf/config.yaml": config, "README.md": f"```\n{readme}\n```\n", "data/a.csv": "1\n"}
    files |= {f"conf/model/{name}.yaml": "depth: 1\n" for name in ("resnet", "vit")}
    assert _command(files) == command


def test_what_is_composed_is_read_and_what_is_overridden_is_not_demanded() -> None:
    files = {
        "conf/config.yaml": "defaults:\n  - _self_\n  - base\n  - model: big\n  - optional extra: ???\n"
        "  - override hydra/launcher: joblib\n  - override data: mnist\na:\n  b: ???\n",
        "conf/base.yaml": "defaults:\n  - data: ???\nseed: 1\n",
        "conf/model/big.yaml": "defaults:\n  - part: ???\nwidth: ???\n",
        "conf/model/part/one.yaml": "x: 1\n",
        "conf/data/mnist.yaml": "# @package _global_\nroot: ???\n",
        "conf/extra/e.yaml": "x: ???\n",
    }
    found = _demanded(files)
    assert found.groups == {"model/part": ("one",), "extra": ("e",)}
    assert found.values == ("model.width", "root", "a.b")


@pytest.mark.parametrize(
    "config",
    [
        "a: &x [1]\nb: *x\nc: ???\n",
        "- a\n",
        "{" * 3000,
        "defaults: 3\n",
        "defaults:\n  - config\n",
        "\x00",
    ],
)
def test_a_configuration_that_cannot_be_read_demands_nothing(config: str) -> None:
    assert _demanded({"conf/config.yaml": config}) == Demanded()


def test_what_documentation_gives_for_a_group_of_unknown_options_is_believed() -> None:
    readme = "```\npython main.py model=vit data.path=<data>\n```\n"
    assert _command({**GROUP, "README.md": readme}) == "python main.py model=vit"


def test_values_stay_texts_whatever_a_tag_or_a_library_would_make_of_them() -> None:
    config = "a: !!bool x\nb: !!int ''\nd: !!timestamp x\ne: 1:1:1\nf: !own\n  g: ???\nc: ???\n"
    config += "defaults:\n  - '': ???\n"
    assert _demanded({"conf/config.yaml": config}).values == ("f.g", "c")


def test_configurations_are_read_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.smoke.hydra.MAX_CHARACTERS", 1000)
    long = "# " + "x" * 150 + "\n"
    files = {f"conf/c{n}.yaml": f"{long}v{n}: ???\n" for n in range(9)}
    config = "defaults:\n" + "".join(f"  - c{n}\n" for n in range(9))
    assert _demanded({"conf/config.yaml": config, **files}).values == tuple(f"v{n}" for n in range(5))


class _Counted(dict[str, bytes]):
    """A tree's files that count how often all of them are gone through."""

    times = 0

    def __iter__(self) -> Iterator[str]:
        self.times += 1
        return super().__iter__()


def test_the_files_are_gone_through_once_however_many_groups_there_are() -> None:
    config = "defaults:\n" + "".join(f"  - g{n}: ???\n" for n in range(50))
    files = _Counted({"main.py": MAIN.encode(), "conf/config.yaml": config.encode(), "conf/g7/one.yaml": b"x: 1\n"})
    tree = Tree(files)
    assert read_hydra(Script.of(tree, "main.py"), tree).groups["g7"] == ("one",)
    assert files.times == 1


@pytest.mark.parametrize("given", ["config_name='config'", "'conf', 'absent'", "config_path='conf', config_name=n()"])
def test_without_a_constant_name_of_a_configuration_that_is_there_nothing_is_demanded(given: str) -> None:
    main = f"import hydra\n@hydra.main({given})\ndef main(cfg):\n    pass\n"
    tree = Tree({"main.py": main.encode(), "conf/config.yaml": b"a: ???\n"})
    assert read_hydra(Script.of(tree, "main.py"), tree) == Demanded()
