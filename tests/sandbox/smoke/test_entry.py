"""Which command a reader of the repository would run first."""

import pytest

from sandbox.smoke.entry import find_entry
from sandbox.tree import Tree

GUARDED = "def main():\n    pass\n\nif __name__ == '__main__':\n    main()\n"


def _tree(files: dict[str, str]) -> Tree:
    return Tree({path: text.encode() for path, text in files.items()})


def _command(files: dict[str, str], smoke: str | None = None) -> str | None:
    entry = find_entry(_tree(files), smoke)
    return entry.command if entry else None


def test_the_user_s_own_command_comes_first_and_the_others_are_shown():
    entry = find_entry(_tree({"main.py": GUARDED, "reproduce.sh": "python main.py\n"}), "python main.py --fast")
    assert entry is not None
    assert (entry.command, entry.source) == ("python main.py --fast", "--smoke")
    assert entry.candidates == ("bash reproduce.sh", "python main.py")


def test_a_script_made_to_reproduce_comes_before_the_readme():
    files = {"reproduce.sh": "python train.py\n", "README.md": "```\npython train.py\n```\n", "train.py": GUARDED}
    assert _command(files) == "bash reproduce.sh"


@pytest.mark.parametrize("name", ["train.sh", "main.sh", "eval.sh", "test.sh", "experiment.sh", "experiments_small.sh"])
def test_a_shell_script_in_the_root_is_found_by_its_telling_name(name):
    files = {name: "python -m tool.first\n", "tool/first.py": "def f():\n    return 1\n"}
    assert _command(files) == f"bash {name}"


@pytest.mark.parametrize("folder", ["", "scripts/"])
def test_a_shell_script_comes_after_a_program_of_its_own(folder):
    assert _command({f"{folder}train.sh": "python other.py\n", "other.py": GUARDED}) == "python other.py"


@pytest.mark.parametrize("name", ["go.sh", "experiment_data.sh", "train.sh.txt", "deploy/train.sh"])
def test_other_shell_scripts_are_no_entry(name):
    assert (
        find_entry(_tree({name: "python -m tool.first\n", "tool/first.py": "def f():\n    return 1\n"}), None) is None
    )


def test_a_shell_script_that_downloads_comes_last():
    files = {"run.sh": "pip install -r requirements.txt\npython main.py\n", "main.py": GUARDED}
    assert _command(files) == "python main.py"


@pytest.mark.parametrize(
    ("readme", "command"),
    [
        ("```bash\npip install -r requirements.txt\npython train.py --epochs 1\n```\n", "python train.py --epochs 1"),
        ("```\n$ python3 train.py \\\n    --epochs 2\n```\n", "python train.py --epochs 2"),
        ("```sh\nCUDA_VISIBLE_DEVICES=0 python train.py  # trains\n```\n", "python train.py"),
        ("Run:\n\n    python train.py\n", "python train.py"),
        ("```bash\npython -m tool.cli run\n```\n", "python -m tool.cli run"),
        ("```python\npython train.py --no-shell\n```\n", "python main.py"),
        ("```bash\npython absent.py\n```\n", "python main.py"),
        ("```bash\npython train.py --data path/to/data\n```\n", "python main.py"),
        ("```bash\npython train.py --data data/big.csv\n```\n", "python main.py"),
        ("```bash\npython train.py --output out/model.pt\n```\n", "python train.py --output out/model.pt"),
        ("```bash\npython train.py\npython train.py --demo\n```\n", "python train.py --demo"),
    ],
)
def test_commands_of_the_readme(readme, command):
    files = {"README.md": readme, "main.py": GUARDED, "train.py": GUARDED, "tool/cli.py": GUARDED}
    assert _command(files) == command


def test_the_source_names_the_line_of_the_readme():
    entry = find_entry(_tree({"README.md": "# A\n\n```\npython go.py\n```\n", "go.py": "print(1)\n"}), None)
    assert entry is not None
    assert entry.source == "README.md:4"


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"main.py": GUARDED, "train.py": GUARDED}, "python main.py"),
        ({"src/main.py": GUARDED, "tools/main.py": GUARDED}, "python src/main.py"),
        ({"main.py": "def f():\n    pass\n", "go.py": GUARDED}, "python go.py"),
        ({"main.py": "print('hello')\n"}, "python main.py"),
        ({"pkg/__init__.py": "", "pkg/__main__.py": "print(1)\n"}, "python -m pkg"),
        ({"a.py": GUARDED, "b.py": "import a\n" + GUARDED}, "python b.py"),
        ({"docs/conf.py": GUARDED, "setup.py": "print(1)\n"}, None),
        ({"lib.py": "def f():\n    pass\n"}, None),
    ],
)
def test_scripts_with_telling_names_then_packages_then_any_script(files, command):
    assert _command(files) == command


def test_a_console_script_is_called_as_the_installed_program_would():
    toml = "[project]\nname = 'x'\n[project.scripts]\nx = 'x.cli:main'\n"
    assert _command({"pyproject.toml": toml, "x/__init__.py": "", "x/cli.py": "def main():\n    return 0\n"}) == (
        "python -c 'import sys; from x.cli import main; sys.exit(main())'"
    )


def test_python_m_is_chosen_where_only_that_finds_the_own_modules():
    files = {"src/__init__.py": "", "src/model.py": "", "src/main.py": "from src.model import *\n" + GUARDED}
    assert _command(files) == "python -m src.main"
    files["src/main.py"] = "import model\n" + GUARDED
    assert _command(files) == "python src/main.py"
    files["src/main.py"] = "from .model import *\n" + GUARDED
    assert _command(files) == "python -m src.main"


ARGPARSE = "import argparse\np = argparse.ArgumentParser()\n{}\np.parse_args()\n" + GUARDED


@pytest.mark.parametrize(
    ("lines", "files", "command"),
    [
        ("p.add_argument('--epochs', default=3)", {}, "python main.py"),
        ("p.add_argument('mode', choices=['full', 'demo'])", {}, "python main.py demo"),
        (
            "p.add_argument('--config', required=True)",
            {"configs/config.yaml": ""},
            "python main.py --config configs/config.yaml",
        ),
        ("p.add_argument('-o', '--output', required=True)", {}, "python main.py --output out"),
        ("p.add_argument('--smoke-test', action='store_true')", {}, "python main.py --smoke-test"),
        ("p.add_argument('--alpha', required=True, type=float)", {}, "python main.py"),
        ("p.add_argument('input_file')", {"input.txt": ""}, "python main.py input.txt"),
        (
            "s = p.add_subparsers()\na = s.add_parser('serve')\nb = s.add_parser('train')\n"
            "a.add_argument('port')\nb.add_argument('--mode', required=True, choices=['a'])",
            {},
            "python main.py train --mode a",
        ),
    ],
)
def test_arguments_that_a_script_demands_are_derived_from_the_tree_or_left_out(lines, files, command):
    assert _command({"main.py": ARGPARSE.format(lines), **files}) == command


def test_a_hostile_readme_is_read_all_the_same():
    files = {"README.md": "```\npython 'unclosed\npython main.py; rm -rf /\n``` ```\n", "main.py": GUARDED}
    assert _command(files) == "python main.py"
