"""What a paper says, however it writes it: numbers and words."""

import pytest

from p2c.stages.numbers import holds, numbers_in
from p2c.stages.quotes import is_quoted

PAPER = """We train with a batch size of 25,000 source to-
kens. We used the Adam optimizer [17] with $\\beta_1 = 0.9$, $\\beta_2 = 0.98$ and $\\epsilon = 10^{-9}$. We varied the
learning rate over the course of training, with warmup_steps = 4000."""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a batch of 4,000", 4000), ("4{,}000 steps", 4000), ("$10^{-4}$", 1e-4), ("10\N{MINUS SIGN}9", 1e-9),
        ("10⁻⁹", 1e-9), ("1e-8", 1e-8), ("10-4", 1e-4),
        ("$2 \\cdot 10^{-7}$", 2e-7), ("$9.68\\times10^{-3}$", 9.68e-3), ("3 \N{MULTIPLICATION SIGN} 10^-4", 3e-4),
        ("1.0E-04", 1e-4), ("$31\\,\\%$", 0.31), ("10 %", 10), ("ten repetitions", 10), ("within one third", 1 / 3),
        ("$\\frac{1}{3}$", 1 / 3), ("1/7", 1 / 7), ("64k tokens", 64_000), ("$2^{16}$", 65_536), ("j^{-2}", 2),
        (".5", 0.5), ("$d_{model}=512$", 512), ("0.1", 0.1), ("\N{MINUS SIGN}0.5", -0.5), ("1.5M", 1.5e6), ("twice", 2),
        ("4.5 million pairs", 4.5e6),
    ],
)  # fmt: skip
def test_a_number_is_read_however_it_is_written(text: str, number: float):
    assert holds(numbers_in(text), number)


@pytest.mark.parametrize(("text", "number"), [("512", 51), ("0.98", 98), ("10^{-4}", 4), ("4,000", 40), ("Table 2", 3)])
def test_a_part_of_a_number_is_another_number(text: str, number: float):
    assert not holds(numbers_in(text), number)


@pytest.mark.parametrize(
    "quote",
    [
        "a batch size of 25,000 source tokens",
        "the Adam optimizer with β1 = 0.9, β2 = 0.98",
        "We used the Adam optimizer ... warmup_steps = 4000",
        "Learning rate over the course of training.",
    ],
)
def test_words_of_the_paper_are_found_however_they_were_set(quote: str):
    assert is_quoted(quote, PAPER)


@pytest.mark.parametrize("text", ["size $d_{\\text{model}}=512$", "size $\\dmodel=512$", "size d model = 512"])
@pytest.mark.parametrize("quote", ["size d_model = 512", "size $d_{model} = 512$"])
def test_a_word_below_a_letter_is_found_however_the_paper_has_it(text: str, quote: str):
    assert is_quoted(quote, text)


@pytest.mark.parametrize(
    "quote",
    [
        "we use a dropout rate of 0.1",
        "with β1 = 0.9, β2 = 0.999",
        "",
        "...",
        "the SGD optimizer with momentum and decay",
    ],
)
def test_words_that_the_paper_does_not_have_are_not_found(quote: str):
    assert not is_quoted(quote, PAPER)
