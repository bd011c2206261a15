"""A paper for people is whole."""

from p2c.paper.render import to_markdown
from p2c.types import Paper, Section


def test_the_whole_paper_ends_with_acknowledgements_and_references() -> None:
    sections = (
        Section(title="Introduction", level=1, text="First."),
        Section(title="References", level=1, text="- [a] A book.", kind="references"),
        Section(title="Method", level=2, text=""),
        Section(title="Acknowledgements", level=1, text="Thanks.", kind="acknowledgements"),
        Section(title="A Proofs", level=1, text="QED.", kind="appendix"),
    )
    paper = Paper(
        title="T", abstract="The abstract.", sections=sections, source="pdf", digest="0", notes=("Noted.", "Twice.")
    )
    assert to_markdown(paper) == (
        "# T\n\n## Abstract\n\nThe abstract.\n\n## Introduction\n\nFirst.\n\n### Method\n\n## A Proofs\n\nQED.\n\n"
        "## Acknowledgements\n\nThanks.\n\n## References\n\n- [a] A book.\n\n"
        "> Notes on reading the paper: Noted. Twice.\n"
    )
