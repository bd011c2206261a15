"""Mermaid: cleaned, and lightly checked to be of its kind."""

import pytest

from p2c.stages.diagrams import clean, problem

CLASSES = "classDiagram\n    class Model {\n        +fit(x: array) None\n    }\n    Main --> Model\n"
SEQUENCE = "sequenceDiagram\n    participant M as Main\n    M->>Model: fit(x)\n    Model-->>M: result\n"


@pytest.mark.parametrize("text", [f"```mermaid\n{CLASSES}```", CLASSES.replace("\n", "\\n"), f"\n\n{CLASSES}\n\n"])
def test_fences_and_literal_line_breaks_are_taken_away(text: str):
    assert clean(text) == CLASSES


def test_real_diagrams_pass():
    assert problem(CLASSES, "classDiagram") == ""
    assert problem(SEQUENCE, "sequenceDiagram") == ""
    assert problem("%% a comment\nclassDiagram-v2\nAnimal <|-- Duck", "classDiagram") == ""
    assert problem("---\ntitle: t\n---\nsequenceDiagram\nloop each\nA->>+B: go\nend", "sequenceDiagram") == ""


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        ("", "classDiagram", "is empty"),
        ("Here is the diagram", "classDiagram", "its first line must be `classDiagram`"),
        (SEQUENCE, "classDiagram", "its first line must be"),
        ("classDiagram\n%% nothing", "classDiagram", "names no class"),
        ("classDiagram\nclass A {\n+x", "classDiagram", "braces"),
        ("sequenceDiagram\nparticipant A", "sequenceDiagram", "no message"),
        ("sequenceDiagram\nloop x\nA->>B: go", "sequenceDiagram", "opens 1 blocks"),
    ],
)
def test_what_is_no_diagram_of_its_kind_is_said(text: str, kind: str, why: str):
    assert why in problem(text, kind)  # type: ignore[arg-type]
