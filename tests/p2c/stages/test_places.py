"""Places of a paper as its Markdown has them."""

import pytest

from p2c.stages.places import text_at
from p2c.stages.statements import LONGEST_STATEMENT

PAPER = """# On things

## Abstract

Within one third.

## 3 Model

We have a model.

### 3.1 Encoder

It has six layers.

$$
y = f(x) \\tag{2}
$$

where f is smooth.

### 3.2 Decoder and 12 heads

Eight heads.

**Algorithm 1: Decoding**

1. Begin.
2. End.

After it.

## 4 Training setup

Table 2: Sizes of all models.

| model | size |
| --- | --- |
| base | 512 |

As Table 2 shows, and Section 3.1 says.

| steps | rate |
| --- | --- |
| 4000 | 0.7 |

**Caption.** TABLE III. How long we train.

The loss L = max(x, 0) (5) where x is the margin of 0.3.

By equation (5), and x = 1 as in Eq. (6) of others, all is well.

## A Hyperparameters

Dropout is 0.1.
"""


@pytest.mark.parametrize(
    ("place", "there", "absent"),
    [
        ("Section 3.1", "six layers", "Eight"),
        ("Section 3", "Eight heads", "512"),
        ("§3.2", "Eight heads", "six"),
        ("Sec. 4, Table 2", "512", "Dropout"),
        ("Table 2", "512", "Dropout"),
        ("Appendix A", "0.1", "512"),
        ("Abstract", "one third", "model"),
        ("Table 3", "0.7", "512"),
        ("Algorithm 1", "2. End", "After"),
        ("eq. (5)", "margin of 0.3", "base"),
        ("eq. (2)", "f is smooth", "Eight"),
        ("Equation 2", "\\tag{2}", "Eight"),
        ("Training setup", "512", "Dropout"),
        ("Sect. 3.1", "six layers", "Eight"),
        ("eqn. (2)", "f is smooth", "Eight"),
        ("Tables 2 and 3", "0.7", "Dropout"),
        ("Sections 3.1, 3.2 and 4", "512", "Dropout"),
        ("Section 3.1, 4 layers", "six layers", "512"),
        ("Section 3.1 and Section 4: what they say", "512", "Dropout"),
    ],
)
def test_a_place_is_found_with_what_belongs_to_it(place: str, there: str, absent: str):
    assert there in text_at(place, PAPER)
    assert absent not in text_at(place, PAPER)


@pytest.mark.parametrize(
    "place", ["Section 7", "Section 3.11", "eq. (9)", "eq. (6)", "Table 4", "Appendix B", "my own idea", ""]
)
def test_a_place_that_the_paper_does_not_have_is_empty(place: str):
    assert text_at(place, PAPER) == ""


STATED = """# Bounds

## 2 Results

As Theorem 14 will show, sparsity has its price.

$$
G(u) = 1 + u
$$

**Definition 5 (Goodness)** A set is good if its weight is small.

For a given h, let B be the event that it is good.

Theorem 14 is proved below, and Theorem 1.4 is older.

**Theorem 14** Let c be at most k, and let P be a random matrix of the fol-

lowing form: P = U where M = 1.

If P has the property, then

$$
c \\ge 1 / e .
$$

PROOF. Let C be the index set.

The sum is small.

$$
Lemma 15 If u < 1, then for a fixed h,
$$

$$
E(u) \\le G(u).
$$

Lemma 15 leads to the following.

### Proposition 16

It holds for all d.

**Related work.** Others did less.

**Lemma 17.** Nothing follows it.

## 3 Discussion

All is open.
"""


@pytest.mark.parametrize(
    ("place", "first", "last"),
    [
        ("Theorem 14", "**Theorem 14** Let c", "c \\ge 1 / e .\n$$"),
        ("Thm. 14", "**Theorem 14** Let c", "c \\ge 1 / e .\n$$"),
        ("Definition 5", "**Definition 5", "that it is good."),
        ("Lemma 15", "$$\nLemma 15 If u", "G(u).\n$$"),
        ("Proposition 16", "### Proposition 16", "for all d."),
        ("Lemma 17", "**Lemma 17.**", "follows it."),
        ("Lemmas 15 and 17", "$$\nLemma 15 If u", "follows it."),
    ],
)
def test_a_statement_goes_from_its_head_to_the_next_statement_proof_or_heading(place: str, first: str, last: str):
    there = text_at(place, STATED)
    assert there.startswith(first)
    assert there.endswith(last)


def test_a_paragraph_that_begins_with_the_name_of_a_statement_is_not_taken_for_it():
    paper = "Theorem 2 follows.\n\nTheorem 2 Let x be small.\n\nTHEOREM II. Let x be large.\n\nTheorem 3.\n"
    assert text_at("Theorem 2", paper) == "Theorem 2 Let x be small."
    assert text_at("Theorem 2", paper.replace("Theorem 2 Let x be small.\n\n", "")) == "THEOREM II. Let x be large."


def test_a_statement_that_nothing_ends_is_cut_at_a_paragraph():
    words = "It is so in general. " * 20
    there = text_at("Lemma 1", "**Lemma 1.** All is well.\n\n" + "\n\n".join([words.strip()] * 30))
    assert LONGEST_STATEMENT / 2 < len(there) <= LONGEST_STATEMENT + 20
    assert there.endswith("general.")


def test_the_table_of_a_number_is_not_that_of_a_number_below_it():
    assert text_at("Table 3", "Table 3.1: Small.\n\n| 1 |\n\nThen:\n\nTable 3: Large.\n\n| 2 |").startswith("Table 3:")
