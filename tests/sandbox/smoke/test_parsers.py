"""What programs take on their command line, and the arguments that are derived from it."""

from __future__ import annotations

import pytest

from sandbox.smoke.arguments import derive
from sandbox.smoke.endless import find_endless
from sandbox.smoke.entry import find_entry
from sandbox.smoke.examples import Examples, examples
from sandbox.smoke.modules import Modules
from sandbox.smoke.readme import commands
from sandbox.smoke.script import Script
from sandbox.tree import Tree


def _derived(source: str, files: dict[str, str] | None = None) -> str:
    tree = Tree({name: text.encode() for name, text in {**(files or {}), "main.py": source}.items()})
    modules = Modules.of(tree)
    return " ".join(derive(Script("main.py", source), tree, examples(tree, modules, commands(tree, modules))))


ARGPARSE = "import argparse\np = argparse.ArgumentParser()\np.add_argument({})\n"
CLICK = "import click\n@click.command()\n{}\ndef main(**k):\n    pass\n"
TYPER = "import typer\napp = typer.Typer()\n@app.command()\ndef main({}):\n    pass\n"
ANNOTATED = (
    "import typer, enum\nfrom typing import Annotated, Literal\nclass Kind(str, enum.Enum):\n    full = 'full'\n"
    "    quick = 'quick'\napp = typer.Typer()\n@app.command()\ndef main({}):\n    pass\n"
)
TWO_COMMANDS = (
    "import typer\napp = typer.Typer()\n@app.command()\ndef serve(port: int, output: str):\n    pass\n"
    "@app.command()\ndef train(output: str):\n    pass\n"
)


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        (ARGPARSE.format("'--epochs', type=int, default=100"), "--epochs 2"),
        (ARGPARSE.format("'--num_train_steps', type=int, default=10000"), "--num_train_steps 20"),
        (ARGPARSE.format("'--epochs', type=int, default=3"), ""),
        (ARGPARSE.format(f"'--epochs', type=int, default='{'7' * 5000}'"), "--epochs 2"),
        (ARGPARSE.format("'--epochs', type=float, default=100.0"), ""),
        (ARGPARSE.format("'--batch-size', type=int, default=512"), ""),
        (ARGPARSE.format("'--warmup-steps', type=int, default=4000"), ""),
        (ARGPARSE.format("'--seed', type=int, required=True"), ""),
        (CLICK.format("@click.option('--mode', type=click.Choice(['full', 'demo']), required=True)"), "--mode demo"),
        (CLICK.format("@click.option('--epochs', default=50)"), "--epochs 2"),
        (CLICK.format("@click.option('--quick/--no-quick', default=False)"), "--quick"),
        (CLICK.format("@click.option('--name', required=True)"), ""),
        (CLICK.format("@click.argument('out', default='x')"), ""),
        (CLICK.format("@click.argument('output')"), "out"),
        (TYPER.format("output: str, epochs: int = 40"), "out --epochs 2"),
        (TYPER.format("config: str = typer.Option(...), fast_dev_run: bool = False"), "--fast-dev-run"),
        (
            ANNOTATED.format("output: Annotated[str, typer.Argument()], epochs: Annotated[int, typer.Option()] = 40"),
            "out --epochs 2",
        ),
        (ANNOTATED.format("result: Annotated[str, typer.Option('--to', '-t')]"), ""),
        (
            ANNOTATED.format("outdir: Annotated[str, typer.Option('-o', '--outdir')], *, n_epochs: int = 50"),
            "--outdir out --n-epochs 2",
        ),
        (ANNOTATED.format("demo: Annotated[bool, typer.Option('--demo/--no-demo')] = False"), "--demo"),
        (ANNOTATED.format("kind: Annotated[Literal['full', 'toy'], typer.Option()]"), "--kind toy"),
        (ANNOTATED.format("kind: Kind, context: typer.Context"), "quick"),
        (ANNOTATED.format("parts: Annotated[list[str], typer.Option(default_factory=list)]"), ""),
        (TYPER.format("out: str = typer.Option(..., '--out-dir', '-o')"), "--out-dir out"),
        (TYPER.format("out: str = typer.Option()"), "--out out"),
        (TYPER.format("out: str = typer.Option(default='x')"), ""),
        ("import typer\ndef main(output: str):\n    pass\ntyper.run(main)\n", "out"),
        (TWO_COMMANDS, "train out"),
        ("import fire\ndef train(output, epochs=100):\n    pass\nfire.Fire(train)\n", "--output out --epochs 2"),
        (
            "from absl import flags\nflags.DEFINE_string('out_dir', None, 'x')\n"
            "flags.DEFINE_integer('max_steps', 100000, 'x')\nflags.mark_flag_as_required('out_dir')\n",
            "--out_dir out --max_steps 20",
        ),
        (
            "import click\n@click.group()\ndef cli():\n    pass\n@cli.command()\n"
            "@click.option('--port', required=True)\ndef serve(port):\n    pass\n@cli.command('train-it')\n"
            "@click.option('--epochs', default=90)\ndef train(epochs):\n    pass\n",
            "train-it --epochs 2",
        ),
    ],
)
def test_arguments_come_from_choices_defaults_and_small_settings(source: str, arguments: str) -> None:
    assert _derived(source) == arguments


def test_a_value_that_the_documentation_gives_is_taken() -> None:
    source = ARGPARSE.format("'--model', required=True") + "p.add_argument('--input', required=True)\n"
    readme = "```\npython main.py --model resnet18 --input data/gone.csv\npython main.py --input=a.csv\n```\n"
    assert _derived(source, {"README.md": readme, "a.csv": "1"}) == "--model resnet18 --input a.csv"


@pytest.mark.parametrize("value", ["<name>", "path/to/x", "your_model", "$MODEL", "{model}", "gone.pt"])
def test_a_placeholder_or_a_file_that_is_not_there_is_no_value(value: str) -> None:
    source = ARGPARSE.format("'--model', required=True")
    assert _derived(source, {"README.md": f"```\npython main.py --model {value}\n```\n"}) == ""


def test_a_parser_in_a_module_that_the_package_imports_is_read() -> None:
    files = {
        "pkg/__init__.py": b"",
        "pkg/__main__.py": b"from pkg.cli import main\nmain()\n",
        "pkg/cli.py": b"import argparse\ndef main():\n    p = argparse.ArgumentParser()\n"
        b"    p.add_argument('task', choices=['full', 'demo'])\n    p.parse_args()\n",
    }
    entry = find_entry(Tree(files), None)
    assert entry is not None
    assert entry.command == "python -m pkg demo"


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("python main.py first --lr 0.1 --data path/to/data", "first"),
        ("python main.py <NAME>", ""),
        ("python main.py absent/file.txt", ""),
        ("python main.py data/in.csv", "data/in.csv"),
        ("python main.py --lr 0.1 first", ""),
        ("python other.py first", ""),
    ],
)
def test_a_positional_argument_that_the_documentation_gives_is_taken(line: str, arguments: str) -> None:
    files = {"README.md": f"```\n{line}\n```\n", "data/in.csv": "1\n", "other.py": "print(1)\n"}
    assert _derived(ARGPARSE.format("'thing'"), files) == arguments
    assert _derived(CLICK.format("@click.argument('thing')"), files) == arguments


def _given(files: dict[str, str]) -> Examples:
    tree = Tree({name: text.encode() for name, text in files.items()})
    modules = Modules.of(tree)
    return examples(tree, modules, commands(tree, modules))


def test_what_is_given_in_a_folder_is_taken_as_the_root_needs_it() -> None:
    line = "cd sub\npython tool.py in.csv ../top.csv name gone.csv"
    files = {"README.md": f"```\n{line}\n```\n", "sub/tool.py": "x()\n", "sub/in.csv": "1\n", "top.csv": "1\n"}
    assert _given(files).leading == {"sub/tool.py": ("sub/in.csv", "top.csv", "name")}
    files["README.md"] = "```\ncd sub\npython tool.py data=in.csv mode=fast\n```\n"
    assert _given(files).overrides == {"sub/tool.py": {"data": "sub/in.csv", "mode": "fast"}}


@pytest.mark.parametrize("line", ["bash run.sh gpu0 mode=fast", "python -m streamlit run main.py mode=fast"])
def test_the_words_of_a_script_or_a_server_are_not_those_of_the_program_that_it_starts(line: str) -> None:
    files = {"README.md": f"```\n{line}\n```\n", "run.sh": "python main.py $2\n", "main.py": "import argparse\n"}
    files["main.py"] += "print(1)\n"
    assert (_given(files).leading, _given(files).overrides) == ({}, {})


BOT = "\nbot = make()\n@bot.command()\nasync def ping(context):\n    pass\n@bot.command()\n"
BOT += "async def pong(context, output: str):\n    pass\nbot.run('x')\n"


@pytest.mark.parametrize("library", ["discord", "discord.ext.commands", "nextcord", "telegram.ext", "aiogram"])
def test_what_is_written_to_a_bot_in_a_chat_is_no_subcommand(library: str) -> None:
    assert _derived(f"import {library}{BOT}") == ""
    assert _derived(f"import {library}, typer{BOT}") != ""


@pytest.mark.parametrize("source", ["{}()", "@{}.command()\ndef f(): pass", "class A({}): pass", "{}: int = {}.y()"])
def test_a_chain_of_hundreds_of_attributes_is_read(source: str) -> None:
    chain = "x" + ".a" * 500
    text = f"import hydra, typer, argparse\n{source.replace('{}', chain)}\nprint(1)\n"
    script = Script("main.py", text)
    assert (script.arguments, script.commands, script.works_on_import) == ((), (), True)
    assert find_endless((script,)) is None
    entry = find_entry(Tree({"main.py": text.encode()}), None)
    assert entry is not None
    assert entry.command == "python main.py"


def test_a_positional_argument_that_is_given_to_another_subcommand_is_not_taken() -> None:
    source = (
        "import argparse\np = argparse.ArgumentParser()\ns = p.add_subparsers()\na = s.add_parser('train')\n"
        "a.add_argument('thing')\nb = s.add_parser('plot')\nb.add_argument('thing')\n"
    )
    assert _derived(source, {"README.md": "```\npython main.py plot first\n```\n"}) == "train"
    assert _derived(source, {"README.md": "```\npython main.py train first\n```\n"}) == "train first"
