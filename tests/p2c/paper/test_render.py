"""A paper for people is whole; a paper for a model fits, and says what it leaves out."""

import pytest

from p2c.paper.render import for_model, to_markdown
from p2c.types import Paper, Section


@pytest.fixture
def paper() -> Paper:
    """A paper of 400 words a section."""

    def section(title: str, kind: str = "body", level: int = 1) -> Section:
        text = "\n\n".join(f"{title} " + "word " * 99 for _ in range(4))
        return Section(title=title, level=level, text=text, kind=kind)  # type: ignore[arg-type]

    sections = (
        section("Introduction"),
        section("References", "references"),
        section("Method", level=2),
        section("Acknowledgements", "acknowledgements"),
        section("A Proofs", "appendix"),
        section("B Tables", "appendix"),
    )
    return Paper(title="T", abstract="The abstract.", sections=sections, source="pdf", digest="0", notes=("Noted.",))


def test_the_whole_paper_ends_with_acknowledgements_and_references(paper: Paper) -> None:
    text = to_markdown(paper)
    headings = [line for line in text.split("\n") if line.startswith("#")]
    assert headings == [
        "# T",
        "## Abstract",
        "## Introduction",
        "### Method",
        "## A Proofs",
        "## B Tables",
        "## Acknowledgements",
        "## References",
    ]
    assert text.endswith("Noted.\n")
    assert text == to_markdown(paper)


def test_a_paper_that_fits_is_not_trimmed(paper: Paper) -> None:
    assert for_model(paper, 100_000) == to_markdown(paper)


@pytest.mark.parametrize(
    ("tokens", "gone"),
    [
        (3600, ["References"]),
        (2900, ["References", "Acknowledgements"]),
        (2200, ["B Tables", "References", "Acknowledgements"]),
        (1600, ["A Proofs", "B Tables", "References", "Acknowledgements"]),
    ],
)
def test_what_matters_least_goes_first_and_each_cut_is_said(paper: Paper, tokens: int, gone: list[str]) -> None:
    text = for_model(paper, tokens)
    assert len(text) <= 3 * tokens
    for title in ("Introduction", "Method", "A Proofs", "B Tables", "Acknowledgements", "References"):
        assert (f"{title} word" in text) == (title not in gone)
        assert f"# {title}\n" in text
    assert text.count("was left out to fit") == len(gone)


def test_when_that_is_not_enough_the_body_is_cut_from_its_end(paper: Paper) -> None:
    text = for_model(paper, 800)
    assert len(text) <= 2400
    assert "Introduction word" in text
    assert "Method word" not in text or "rest of this section" in text


def test_even_a_tiny_context_gets_a_note(paper: Paper) -> None:
    assert "left out" in for_model(paper, 60)
