"""What a file uses of instances of other files' classes, held against those classes by parsing."""

from __future__ import annotations

import pytest

from p2c.stages.instances import wrong_uses

TRAINER = """import torch.nn as nn
from dataclasses import dataclass
from elsewhere import Base, marked

class Net(nn.Module):
    def forward(self, x):
        return x

@dataclass
class Settings:
    rate: float = 0.1

class Trainer:
    def __init__(self, net):
        self.net = net
    def fit(self, data, *, epochs=1):
        return data
    @property
    def loss(self):
        return 0.0

class Other(Base):
    pass

@marked
class Marked:
    pass

class Open:
    def __getattr__(self, name):
        return name
"""
HEAD = "from lib.trainer import Net, Settings, Trainer, Other, Marked, Open\nimport lib.trainer as t\n"


@pytest.mark.parametrize(
    "code",
    [
        "trainer = Trainer(Net())\ntrainer.fit([1], epochs=2)\nprint(trainer.loss, trainer.net)",
        "net = Net()\nnet.to('cpu').eval()\nnet.named_modules()\nnet.forward(1)\nnet(1)",
        "settings = Settings()\nprint(settings.rate, settings.__dict__)",
        "other = Other()\nother.anything(1)",
        "marked = Marked()\nmarked.anything()",
        "thing = Open()\nthing.anything()",
        "trainer = Trainer(1)\ntrainer.best = 1\nprint(trainer.best)",
        "trainer = Trainer(1)\ntrainer = other()\ntrainer.run()",
        "def go(trainer):\n    trainer.run()\n\ntrainer = Trainer(1)",
        "trainer = Trainer(1)\nfor trainer in []:\n    trainer.run()",
        "class Trainer:\n    pass\n\ntrainer = Trainer()\ntrainer.run()",
        "trainer = Trainer(1)\narguments = [1]\ntrainer.fit(*arguments)",
    ],
)
def test_uses_that_work_or_cannot_be_judged_pass(code: str):
    assert wrong_uses("main.py", f"{HEAD}{code}\n", {"lib/trainer.py": TRAINER}) == ()


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (
            "trainer = Trainer(1)\ntrainer.run()",
            "line 4: uses `run` of `lib.trainer.Trainer`, which has no such attribute",
        ),
        ("trainer = Trainer(1)\ntrainer.fit()", "line 4: calls `lib.trainer.Trainer.fit`, which needs `data`"),
        ("trainer: Trainer = Trainer(1)\ntrainer.fit([1], steps=2)", "has no parameter `steps`"),
        ("net = Net()\nnet.loss(1)", "uses `loss` of `lib.trainer.Net`"),
        ("settings = Settings()\nprint(settings.epochs)", "uses `epochs` of `lib.trainer.Settings`"),
        (
            "class A:\n    def __init__(self):\n        self.it = Net()\n    def go(self):\n        self.it.run()",
            "line 7: uses `run`",
        ),
        ("def main():\n    trainer = Trainer(1)\n    return trainer.losses", "line 5: uses `losses`"),
    ],
)
def test_what_an_instance_lacks_or_cannot_take_is_told_with_the_line(code: str, why: str):
    found = wrong_uses("main.py", f"{HEAD}{code}\n", {"lib/trainer.py": TRAINER})
    assert len(found) == 1
    assert why in found[0]
