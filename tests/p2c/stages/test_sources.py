"""`config.yaml`: every value has a place in the paper that was looked up there, or is marked as an assumption."""

from __future__ import annotations

import pytest
import yaml

from p2c.stages.leaves import leaves
from p2c.stages.sources import marked, problems, trace

PAPER = """# A model

## 3 Model

It has six layers with a dropout rate of 0.1, and a width of 512.

## 4 Training

We train for 100,000 steps with Adam ($\\beta_1 = 0.9$, $\\beta_2 = 0.98$).
"""
CONFIG = """model:  # Section 3
  layers: 6
  width: 512
  heads: 8  # Section 3
training:
  steps: 100000  # Section 4: "We train for 100,000 steps"
  betas: [0.9, 0.98]  # Section 4: "Adam (β1 = 0.9, β2 = 0.98)"
  # Section 4
  optimizer: adam
  rate: 1.0e-3  # assumption: usual for Adam
  clip: 1.0
  decay: 0.01  # Section 4: "with a weight decay of 0.01"
  milestones:
    - 6  # Section 3
    - 0.1  # Section 3
  place: 5  # Section 9
smoke:
  training:
    steps: 10
"""


def kinds(config: str) -> dict[str, str]:
    return {source.key: source.kind for source in trace(config, PAPER)}


def test_every_value_is_traced():
    assert kinds(CONFIG) == {
        "model.layers": "paper", "model.width": "paper", "model.heads": "unfounded", "training.steps": "paper",
        "training.betas": "paper", "training.optimizer": "paper", "training.rate": "assumption",
        "training.clip": "unfounded", "training.decay": "unfounded", "training.milestones": "paper",
        "training.place": "unfounded", "smoke.training.steps": "smoke",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("model.heads", "8 does not occur in Section 3"),
        ("training.clip", "has no comment that says where it comes from"),
        ("training.decay", 'cites words that the paper does not have: "with a weight decay of 0.01"'),
        ("training.place", "cites a place that the paper does not have: Section 9"),
    ],
)
def test_what_is_wrong_with_a_value_is_said_to_the_model(key: str, why: str):
    assert any(f"`{key}: " in clause and why in clause for clause in problems(trace(CONFIG, PAPER)))


def test_what_is_not_found_is_marked_visibly_and_nothing_else_changes():
    text, keys = marked(CONFIG, PAPER)
    assert keys == ("model.heads", "training.clip", "training.decay", "training.place")
    assert yaml.safe_load(text) == yaml.safe_load(CONFIG)
    assert "heads: 8  # assumption: not found in the paper: Section 3\n" in text
    assert "clip: 1.0  # assumption: no source given\n" in text
    assert set(text.splitlines()) - set(CONFIG.splitlines()) == {
        line for line in text.splitlines() if "# assumption: no" in line
    }
    assert problems(trace(text, PAPER)) == ()
    assert marked(text, PAPER) == (text, ())


def test_a_number_of_the_paper_at_another_place_is_no_source():
    assert kinds("layers: 6  # Section 4\nsmoke: {a: 1}\n")["layers"] == "unfounded"


@pytest.mark.parametrize("number", ["3", "5.2", "20", "7"])
def test_a_number_that_only_names_a_place_or_a_paper_is_no_value(number: str):
    paper = "# T\n\n## 5.2 Runs\n\nAs in [20] and Table 3, by eq. (7), 12 runs at [30, 60].\n"
    found = trace(f"runs: {number}  # Section 5.2\nwell: 12  # Section 5.2\nsteps: [30, 60]  # Section 5.2\n", paper)
    assert [source.kind for source in found] == ["unfounded", "paper", "paper"]


def test_a_quote_that_holds_another_number_is_no_source():
    config = 'width: 256  # Section 4: "We train for 100,000 steps"\n'
    assert kinds(config)["width"] == "unfounded"


@pytest.mark.parametrize(
    ("comment", "kind"),
    [
        ('"a width of 512"', "paper"),
        ('Section 3: "a dropout rate of 0.1"', "unfounded"),
        ('Section 3: "Adam (β1 = 0.9, β2 = 0.98)"', "unfounded"),
        ('Section 3: "and a width of"', "paper"),
    ],
)
def test_of_a_place_and_words_with_numbers_the_words_decide(comment: str, kind: str):
    config = f"width: 512  # {comment}\nsmoke: {{a: 1}}\n"
    assert kinds(config)["width"] == kind


@pytest.mark.parametrize("comment", ["assumption: usual", "Assumed, as usual", "(assumption) usual"])
def test_an_assumption_is_one_however_it_begins(comment: str):
    assert kinds(f"width: 512  # {comment}\nsmoke: {{a: 1}}\n")["width"] == "assumption"


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ("text: |\n  two\n  lines\nb: 1  # assumption: x\n", "# assumption: no source given\ntext: |"),
        ("items:\n  - a\n  - b\n", "items:  # assumption: no source given"),
        (
            "layers:\n  - {kind: conv, width: 7}\n  - kind: pool\n    width: 2\n",
            "  - {kind: conv, width: 7}  # assumption",
        ),
        ("url: 'a#b'\n", "url: 'a#b'  # assumption"),
        ("base: &b {x: 3}\ncopy: *b\n", "copy: *b  # assumption"),
        ("empty:\n", "empty:  # assumption"),
    ],
)
def test_values_of_every_form_can_be_marked(config: str, line: str):
    text, _ = marked(config, PAPER)
    assert line in text
    assert yaml.safe_load(text) == yaml.safe_load(config)
    assert all(source.kind != "unfounded" for source in trace(text, PAPER))


def test_a_comment_belongs_to_its_own_line_the_lines_above_or_the_key_around():
    said = {
        leaf.key: leaf.comment
        for leaf in leaves("# top\na: 1\n\nb:  # of b\n  c: 2\n  # two\n  # lines\n  d: 3\n  e: '#4'\n")
    }
    assert said == {"a": "top", "b.c": "of b", "b.d": "two lines", "b.e": "of b"}
