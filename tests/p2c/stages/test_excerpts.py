"""What of the paper the writer of a file reads: each place once, whole where it can be, and no more than fits."""

from __future__ import annotations

from p2c.stages.excerpts import LONGEST_EXCERPT, excerpts
from p2c.types import Claim

PAPER = """# Means | of numbers

## 2 Method

The mean is a sum (eq. 1).

## 3 Experiments

On nine numbers we obtain 5.0.
"""
MEAN = Claim(claim="the mean | by a sum", place="Section 2", file="mean.py", name="mean")
GONE = Claim(claim="the median", place="Section 8", file="mean.py", name="median")


def test_a_file_that_holds_data_reads_the_tables_sections_and_equations_that_are_named_for_it():
    table = "Table 1. Means.\n\n| n | mean |\n| --- | --- |\n| 9 | 5.0 |"
    paper = f"{PAPER}\n{table}\n\n$$m = s / n \\tag{{2}}$$\n\n## 4 Limits\n\nNone.\n"
    for text in (
        excerpts((), paper, "The numbers of Table 1.", ""),
        excerpts((), paper, "`TABLE_1`: the rows.", "From Table 1, once more Table 1."),
        excerpts((MEAN,), paper, "The mean.", "## Constraints\nAs in Tab. 1."),
    ):
        assert text.count("| 9 | 5.0 |") == 1
    assert "None." in excerpts((), paper, "The limits (Sec. 4).", "")
    assert excerpts((), paper, "The limits.", "See Section 4.") == ""
    assert excerpts((MEAN,), paper, "As Section 4 says.", "") == excerpts((MEAN,), paper)
    assert "m = s / n" in excerpts((MEAN,), paper, "Divides as eq. (2) says.", "")


def test_a_section_reads_as_it_stands_whatever_of_it_was_named_before():
    paper = f"{PAPER}\n$$a = b \\tag{{7}}$$\n\nHere b is small.\n\n$$c = d \\tag{{8}}$$\n\nThe end.\n"
    section = excerpts((MEAN.model_copy(update={"place": "Section 3"}),), paper)
    places = [MEAN.model_copy(update={"place": place}) for place in ("eq. (8)", "Section 3", "eq. (7)", "eq. (8)")]
    assert excerpts(places, paper) == section
    both = excerpts([places[2], places[0]], paper)
    assert both.index("tag{7}") < both.index("b is small") < both.index("tag{8}") < both.index("The end")
    assert both.count("b is small") == 1


def test_a_table_that_is_named_is_whole_though_the_section_around_it_was_cut_before_it():
    paper = f"{PAPER}\n{'Many words. ' * 600}\n\nTable 1. Means.\n\n| n | mean |\n| --- | --- |\n| 9 | 5.0 |\n"
    whole = MEAN.model_copy(update={"place": "Section 3"})
    assert "| 9 | 5.0 |" not in excerpts((whole,), paper)
    assert "| 9 | 5.0 |" in excerpts((whole,), paper, "Holds Table 1.")


def test_a_section_that_does_not_fit_leaves_room_for_the_statement_that_is_claimed_after_it():
    many = {word: "\n\n".join(f"{word} {n} of many. {'Words. ' * 30}".strip() for n in range(60)) for word in "AB"}
    paper = f"# S\n\n## 1 First\n\n{many['A']}\n\n## 2 Sums\n\n**Theorem 2.** It ends.\n\n## 3 End\n\n{many['B']}\n"
    for places in (("Section 1", "Theorem 2"), ("Section 1, Theorem 2", "Section 3")):
        text = excerpts([MEAN.model_copy(update={"place": place}) for place in places], paper)
        assert text.startswith("**Theorem 2.** It ends.\n\n## 1 First\n\nA 0 of many.")
        assert text.count("[cut here: ") == " ".join(places).count("Section")
        assert LONGEST_EXCERPT * 0.9 < len(text) <= LONGEST_EXCERPT
    assert text.index("A 9 of many") < text.index("## 3 End") < text.index("B 9 of many")


def test_many_statements_share_the_room_and_a_section_keeps_a_third():
    paper = "".join(f"**Lemma {n}.** {f'So it is {n}. ' * 90}\n\n" for n in range(1, 9))
    paper += f"**Lemma 9.** Short.\n\n## 2 All\n\n{'It is long. ' * 900}\n"
    named = [MEAN.model_copy(update={"place": f"Lemma {n}"}) for n in range(1, 10)]
    text = excerpts([MEAN, *named], paper)
    assert all(f"So it is {n}." in text for n in range(1, 9))
    assert "**Lemma 9.** Short.\n\n## 2 All" in text
    assert len(text.partition("## 2 All")[2]) >= LONGEST_EXCERPT // 3 - 100
    assert len(text) <= LONGEST_EXCERPT


def test_even_very_many_statements_are_no_more_than_fits():
    paper = "".join(f"**Lemma {n}.** {f'So it is {n}. ' * 30}\n\n" for n in range(1, 200))
    named = [MEAN.model_copy(update={"place": f"Lemma {n}"}) for n in range(1, 200)]
    assert len(excerpts(named, paper)) <= LONGEST_EXCERPT
    assert "So it is 40." in excerpts(named[:40], paper)


def test_what_a_cut_section_still_has_is_read_there_and_what_it_lost_before_it():
    words = "\n\n".join(f"Word {n}. {'Words. ' * 30}".strip() for n in range(60))
    paper = f"# On sums\n\n## 2 Sums\n\n**Lemma 1.** Begins.\n\n{words}\n\n**Lemma 2.** Ends.\n"
    stated = [MEAN.model_copy(update={"place": place}) for place in ("Lemma 2", "Section 2")]
    text = excerpts(stated, paper)
    assert text.startswith("**Lemma 2.** Ends.\n\n## 2 Sums\n\n**Lemma 1.** Begins.\n\nWord 0.")


def test_what_is_named_is_cut_like_what_is_claimed():
    rows = "\n".join(f"| {n} | 0.5 |" for n in range(2_000))
    text = excerpts((MEAN,), f"{PAPER}\nTable 1. Rows.\n\n{rows}\n", "Holds Table 1.")
    assert len(text) <= 2 * LONGEST_EXCERPT
    assert "| 99 | 0.5 |" in text


def test_a_writer_reads_each_place_once_and_no_more_than_fits():
    both = (MEAN, MEAN.model_copy(update={"claim": "again"}), MEAN.model_copy(update={"place": "Section 3"}))
    text = excerpts(both, PAPER)
    assert text.count("The mean is a sum") == 1
    assert "nine numbers" in text
    assert excerpts((GONE,), PAPER) == ""
    long = PAPER.replace("a sum", "a sum " * 3000)
    assert len(excerpts((MEAN,), long)) <= LONGEST_EXCERPT
    assert "cut here" in excerpts((MEAN,), long)
