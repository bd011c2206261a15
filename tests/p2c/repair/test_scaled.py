"""Settings that a repair made smaller are found wherever programs keep them; other numbers may fall as they like."""

from __future__ import annotations

import pytest

from p2c.repair.scaled import made_smaller
from sandbox.tree import Tree


def fell(path: str, before: str, after: str) -> list[tuple[str, float, float]]:
    old, new = (
        Tree({path: before.encode(), "x.py": b"epochs = 9\n"}),
        Tree({path: after.encode(), "y.py": b"epochs = 1\n"}),
    )
    return [(one.name, one.before, one.after) for one in made_smaller(old, new) if one.file == path]


@pytest.mark.parametrize(
    ("path", "line", "name", "before", "after"),
    [
        ("train.py", "num_samples = {}", "num_samples", "1_000_000", "40"),
        ("train.py", "def train(model, epochs={}, lr=1.0): pass", "epochs", "100", "1"),
        ("train.py", "def train(*, num_runs: int = {}): pass", "num_runs", "10", "1"),
        ("train.py", "class Config:\n    d_model: int = {}", "d_model", "512", "128"),
        ("train.py", "self.maxSteps = int({})", "self.maxSteps", "1e5", "1e2"),
        ("train.py", "train(model, n_epochs={})", "n_epochs", "50 * 2", "2"),
        ("train.py", "parser.add_argument('--epochs', type=int, default={})", "epochs", "100", "2"),
        ("train.py", "CONFIG = {{'hidden_size': {}, 'act': 'relu'}}", "hidden_size", "1024", "32"),
        ("train.py", "for _ in range(0, {}):\n    step()", "range", "10 ** 4", "3"),
        ("config.yaml", "training:\n  total_steps: {{base: {}}}", "total_steps.base", "100000", "10"),
        ("config.yaml", "data:\n  vocabulary: {{en_de: {}}}", "vocabulary.en_de", "37000", "43"),
        ("config.json", '{{"model": {{"num_layers": {}}}}}', "model.num_layers", "12", "2"),
        ("pyproject.toml", "[tool.x]\nmax_episodes = {}", "x.max_episodes", "1_000", "5"),
        ("run.sh", "set -e\npython train.py --num-epochs {} --lr 3\n", "num-epochs", "90", "1"),
        ("run.sh", "export EPOCHS={}\npython train.py --host 127.0.0.1 --torch 2.1.0\n", "EPOCHS", "100", "1"),
        ("run.sh", 'EPOCHS="${{EPOCHS:-{}}}" python train.py\n', "EPOCHS", "100", "1"),
        ("run.sh", "python train.py trainer.epochs={} name=x\n", "trainer.epochs", "100", "1"),
        ("Makefile", "EPOCHS ?= {}\ntrain:\n\tpython train.py\n", "EPOCHS", "100", "1"),
        ("train.py", "train(model, int(os.environ.get('EPOCHS', {})))", "EPOCHS", "100", "1"),
        ("train.py", "train(model, int(os.getenv('EPOCHS', '{}')))", "EPOCHS", "100", "1"),
        ("train.py", "epochs = int(os.environ.get('EPOCHS', {}))", "epochs", "100", "1"),
        ("train.py", "self.n_epochs, self.lr = {}, 0.1", "self.n_epochs", "100", "1"),
    ],
)
def test_a_setting_that_fell_is_named_with_both_values(
    path: str, line: str, name: str, before: str, after: str
) -> None:
    value = {"1_000_000": 1e6, "50 * 2": 100, "10 ** 4": 1e4, "1_000": 1e3}
    pairs = fell(path, line.format(before), line.format(after))
    assert pairs == [(name, value.get(before) or float(before), float(after))]
    assert fell(path, line.format(after), line.format(before)) == [], "what grew is no such setting"


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("train.py", "lr = 0.1\n", "lr = 0.01\n"),
        ("train.py", "axis = 1\nseed = 42\nport = 8000\n", "axis = 0\nseed = 0\nport = 80\n"),
        ("train.py", "step_size = 0.1\nwarmup_steps = 4000\n", "step_size = 0.01\nwarmup_steps = 400\n"),
        ("train.py", "net = Linear(in_channels=4)\n", "net = Linear(in_channels=3)\n"),  # a layer that now fits
        ("train.py", "epochs = 100\n", "import os\n\n\nepochs = 100  # as in the paper\n"),
        (
            "train.py",
            "for _ in range(100):\n    pass\n",
            "for _ in range(2):\n    pass\nfor _ in range(100):\n    pass\n",
        ),
        ("train.py", "epochs = 100\n", "epochs = args.epochs\n"),
        ("train.py", "epochs = 100\n", "epochs = (\n"),
        ("train.py", "verbose_steps = True\n", "verbose_steps = False\n"),
        ("train.py", "batch_dim = 1\n", "batch_dim = -1\n"),
        ("config.yaml", "epochs: 1e400\nx: *y\n", "epochs: 3\n"),
        ("config.json", '{"version": 2, "epochs": [1, 2]}', '{"version": 1, "epochs": [1]}'),
        ("notes.txt", "epochs = 100\n", "epochs = 1\n"),
        # for the run alone a variable makes it smaller, and the full setting stays
        ("train.py", "epochs = 100\n", "import os\nepochs = int(os.environ.get('EPOCHS', 100))\n"),
        ("run.sh", "x --steps 9_ --torch 2.1.0 --samples 127.0.0.1\n", "x --steps 1 --torch 1.0 --samples 1\n"),
    ],
)
def test_other_numbers_and_other_changes_are_not(path: str, before: str, after: str) -> None:
    assert fell(path, before, after) == []


def test_a_value_that_fell_at_several_places_is_named_once() -> None:
    before = "a(epochs=9)\na(epochs=9)\nb(epochs=9)\n"
    assert fell("train.py", before, before.replace("9", "1")) == [("epochs", 9, 1)]


def test_a_full_setting_that_gives_way_to_a_smaller_one_from_the_environment_fell() -> None:
    now = "import os\nepochs = int(os.environ.get('EPOCHS', '1'))\n"
    assert fell("train.py", "epochs = 100\n", now) == [("epochs", 100, 1)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("run.sh", "torchrun --master-addr 127.0.0.1 --version 1.2.3 --a 1_ --b 1..2 train.py --epochs {}\n"),
        ("Makefile", f"train:\n\tpython train.py --seed {'7' * 5000} --lr 1e999 --epochs {{}}\n"),
        ("train.py", f"x = 1.5 * {'9' * 400}\nz = 0x{'f' * 5000}\nepochs = {{}}\n"),
        ("train.py", f"x = {' * '.join(['2'] * 1500)}\nepochs = {{}}\n"),
        ("config.json", f'{{{{"x": {"[" * 700}1{"]" * 700}, "epochs": {{}}}}}}'),
    ],
)
def test_numbers_that_are_none_or_too_large_or_too_deep_hide_no_others(path: str, text: str) -> None:
    assert fell(path, text.format(100), text.format(1)) == [("epochs", 100, 1)]


def test_a_long_chain_of_operations_is_no_trouble() -> None:
    text = f"epochs = 9\nx = {' + '.join('1' for _ in range(900))}\n"
    assert fell("train.py", text, text.replace("9", "3", 1)) == [("epochs", 9, 3)]
