"""`config.yaml`: YAML 1.1's traps, and what counts as a change."""

import pytest
import yaml

from p2c.stages.config_file import outline, problem, read_answer, with_real_numbers, without_smoke


@pytest.mark.parametrize(
    ("written", "value"), [("1e-9", 1e-9), ("1E9", 1e9), ("-2.5e3", -2.5e3), ("1.e-3", 1e-3), ("3.0e+2", 300.0)]
)
def test_every_float_is_read_as_a_float(written: str, value: float):
    text, _ = with_real_numbers(f"lr: {written}  # Section 4\n")
    assert yaml.safe_load(text) == {"lr": value}
    assert text.endswith("  # Section 4\n")


def test_what_is_text_on_purpose_stays_text():
    text = "# eps: 1e-9\nname: 'run 1e-9'\nquoted: \"1e-9\"\nother: 1e-9x\nblock: |\n  1e-9\n"
    assert with_real_numbers(text) == (text, ())


def test_numbers_in_lists_and_below_aliases_are_rewritten_once():
    text, rewritten = with_real_numbers("base: &b\n  rates: [1e-3, 2.0, 5e-4]\ncopy: *b\n")
    assert yaml.safe_load(text)["copy"]["rates"] == [1e-3, 2.0, 5e-4]
    assert rewritten == ("1e-3 as 1.0e-3", "5e-4 as 5.0e-4")


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "empty"), ("- a\n", "a list"), ("just words", "plain text"), ("a: [1", "is not YAML"), ("1: x\n", "no text"),
     ("a: 2020-13-45\n", "is not YAML"), ("a: !!python/object/apply:os.system [ls]\n", "is not YAML")],
)  # fmt: skip
def test_what_cannot_be_a_configuration_is_said(text: str, why: str):
    assert why in problem(text)


def test_a_few_lines_that_stand_for_billions_of_values_are_refused_unread():
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    merges = [f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 10)}]}}" for n in range(1, 12)]
    assert "more than 20,000 values" in problem("\n".join(["a0: &a0 [1]", *levels]))
    assert "more than 20,000 values" in problem("\n".join(["m0: &m0 {x: 1}", *merges]))
    assert "refers to itself" in problem("a: &a [*a]\n")
    assert problem("base: &b {x: 1}\ncopy: {<<: *b, y: 2}\nagain: *b\n") == ""


def test_the_smoke_mapping_is_asked_for():
    assert without_smoke("lr: 1\nsmoke:\n  lr: 2\n") == ""
    assert "`smoke`" in without_smoke("lr: 1\n")
    assert "`smoke`" in without_smoke("smoke: true\n")


def test_the_answer_is_what_the_fence_holds():
    assert read_answer("Here it is:\n```yaml\na: 1\n```\nDone.") == "a: 1\n"
    assert read_answer("a: 1") == "a: 1\n"
    assert read_answer("\ufeffa: 1\n") == "a: 1\n"


def test_numbers_and_comments_are_no_change_but_names_switches_and_words_are():
    base = outline("lr: 0.1 # Table 1\nuse: true\nkind: mlp\nsizes: [1, 2]\n")
    assert outline("lr: 5\nuse: true\nkind: mlp\nsizes: [3, 4]\n") == base
    for other in (
        "rate: 0.1\nuse: true\nkind: mlp\nsizes: [1, 2]\n",
        "lr: 0.1\nuse: false\nkind: mlp\nsizes: [1, 2]\n",
        "lr: 0.1\nuse: true\nkind: cnn\nsizes: [1, 2]\n",
        "lr: 0.1\nuse: true\nkind: mlp\nsizes: [1]\n",
    ):
        assert outline(other) != base
