"""What the ingestion bench counts: found, missing, leaked."""

from __future__ import annotations

import pytest

from benchmarks.ingestion_section import Broken, Reading, Row, section
from benchmarks.paper_parts import Found, blocks, leaked, parts
from p2c.paper.measure import in_order_places, measure, words_of
from p2c.types import Paper, Section

LATEX = """The model is trained.

| Model | BLEU |
| --- | --- |
| Ours [key] | $28.4$ |
| Base | $1.0\\cdot10^{20}$ |

**Table 1.** Scores of the models on the test set.

$$
\\hat{\\mathbf{y}} = \\frac{W_\\text{out}x}{b} \\tag{1}
$$

```text
for each step t do

  update the weights with the gradient
end for
```

**Algorithm 1.** Training."""
READ = """The model is trained.

| Model | BLEU |
| --- | --- |
| Ours [7] | 28.4 |
| Base | 1.0 · 10^{20} |

**Caption.** Table 1: Scores of the models on the test set.

$$
ŷ = \\frac{W_{out}x}{b} (1)
$$

**Caption.** Algorithm 1 Training.

```text
1: for each step t do
2:   update the weights with the gradient
3: end for
```"""


def _paper(text: str, title: str = "1 Method") -> Paper:
    section_ = Section(title=title, level=1, text=text)
    return Paper(title="T", abstract="", sections=(section_,), source="pdf", digest="0")


def test_everything_is_found_in_another_spelling() -> None:
    found = parts(_paper(READ), _paper(LATEX))
    assert (found.tables, found.cells) == (Found(1, 1), Found(6, 6))
    assert (found.captions, found.algorithms, found.equations) == (Found(2, 2), Found(1, 1), Found(1, 1))


def test_nothing_is_found_in_running_text() -> None:
    found = parts(_paper("The model is trained. " * 40), _paper(LATEX))
    assert (found.tables, found.cells) == (Found(0, 1), Found(0, 6))
    assert (found.captions, found.algorithms, found.equations) == (Found(0, 2), Found(0, 1), Found(0, 1))


@pytest.mark.parametrize(
    ("cut", "lost"),
    [
        ("| Ours [7] | 28.4 |\n", "cells"),
        ("2:   update the weights with the gradient\n", "algorithms"),
        ("\\frac{W_{out}x}{b}", "equations"),
        (" on the test set", "captions"),
    ],
)
def test_a_part_that_lost_some_of_itself_is_told(cut: str, lost: str) -> None:
    found = getattr(parts(_paper(READ.replace(cut, "")), _paper(LATEX)), lost)
    assert found.found < found.total


def test_a_table_that_was_read_stands_for_one_only() -> None:
    two = LATEX + "\n\n| Model | BLEU |\n| --- | --- |\n| Ours | $28.4$ |"
    assert parts(_paper(READ), _paper(two)).tables == Found(1, 2)


def test_a_fence_with_blank_lines_is_one_block() -> None:
    assert sum(block.startswith("```") for block in blocks(_paper(LATEX))) == 1
    assert list(blocks(_paper("one\n\ntwo\nmore"))) == ["one", "two\nmore"]


def test_a_chain_is_a_longest_common_subsequence() -> None:
    wanted, found = ["a", "b", "c", "a", "d", "e"], ["c", "a", "b", "a", "e", "d"]
    kept = sorted(in_order_places(wanted, found))
    assert len(kept) == 4
    words = iter(found)
    assert all(wanted[place] in words for place in kept)
    assert in_order_places([], found) == in_order_places(wanted, []) == frozenset()


def test_words_that_stand_elsewhere_are_told_from_lost_ones() -> None:
    moved = "the first sentence of it all. then comes another longer one with many more words in it."
    truth = "then comes another longer one with many more words in it. the first sentence of it all."
    result = measure(_paper(moved), _paper(truth))
    assert result.words == pytest.approx(11 / 17)
    assert result.elsewhere == pytest.approx(6 / 17)
    lost = measure(_paper("then comes another longer one with many more words in it."), _paper(truth))
    assert (lost.words, lost.elsewhere) == (pytest.approx(11 / 17), 0)


def test_words_of_a_reference_leak_in_runs_only() -> None:
    entry = words_of("Vaswani, Shazeer, Parmar: Attention is all you need. Advances in neural systems.")
    body = words_of("As shown, attention is all you need advances in practice. Neural systems are large.")
    assert leaked(body, [entry]) == len(["attention", "is", "all", "you", "need", "advances", "in"])
    assert leaked(words_of("Nothing of it."), [entry]) == 0
    assert leaked(["x", *entry], [entry]) == len(entry)


def _row(name: str, truth: str, text: str, seconds: float) -> Row:
    true = _paper("one two three four five six seven eight nine ten")
    read = _paper(text)
    return Row(name, truth, Reading(read, 0, seconds, 0.5), measure(read, true), parts(read, true), None, 0)


def test_the_section_holds_the_worst_paper_against_each_limit() -> None:
    rows = [
        _row("good", "LaTeX", "one two three four five six seven eight nine ten", 3.0),
        _row("bad", "LaTeX", "one two three four five six seven eight", 12.0),
    ]
    made = section(rows, [("other", Reading(rows[0].reading.paper, 0, 4.0, 0.4))], [Broken("b.pdf", "read", False)], [])
    by_name = {target.what.partition(",")[0]: target for target in made.targets}
    assert by_name["body words in order"].value == pytest.approx(0.8)
    assert by_name["body words in order"].beside.startswith("bad")
    assert not by_name["the slowest paper"].met
    assert by_name["the slowest known paper"].met
    assert not by_name["broken files without the right answer"].met
    assert by_name["section headings that were not found"].met
    assert [len(row) for row in made.tables[0].rows] == [8, 8, 8]
