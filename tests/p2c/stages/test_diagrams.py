"""Mermaid: cleaned, and read statement by statement as Mermaid does."""

import pytest

from p2c.stages.diagrams import clean, problem

CLASSES = "classDiagram\n    class Model {\n        +fit(x: array) None\n    }\n    Main --> Model\n"
SEQUENCE = "sequenceDiagram\n    participant M as Main\n    M->>Model: fit(x)\n    Model-->>M: result\n"


@pytest.mark.parametrize("text", [f"```mermaid\n{CLASSES}```", CLASSES.replace("\n", "\\n"), f"\n\n{CLASSES}\n\n"])
def test_fences_and_literal_line_breaks_are_taken_away(text: str):
    assert clean(text) == CLASSES


@pytest.mark.parametrize(
    "body",
    [
        "Animal <|-- Duck",
        'Customer "1" --> "*" Ticket : buys',
        "class Square~Shape~{\n  int id\n  List~int~ position\n  setPoints(List~int~ points) void\n}",
        'class main_py["main.py"]\nmain_py ..> Model : uses',
        "class data.loader {\n  <<module>>\n  +load(n: int) list[float]\n}",
        "Shape : +area() float*\n<<interface>> Shape",
        "class Config {\n  +seed: int\n  +load(path: str) Config }",
        "namespace Shapes {\n  class Circle\n  class Square {\n    +side: float\n  }\n}",
        'direction LR\nclass A\nnote "a note"\nnote for A "of A"',
        "A o-- B\nC *-- D\nE --|> F\nG ..|> H\nI -- J\nK <--> L\nM ()-- N",
        "class A:::warm\nclassDef warm fill:#f96\nstyle A fill:#fff",
        "class Config { +seed: int }",
        "class A { <<interface>>\n  +f() int\n}\nclass B { +x: int\n  +y: int }",
        "namespace outer {\n  class A\n  namespace `src/models` {\n    class B\n  }\n}\nA --> B",
        'class A\nnote for A "of two\n  lines {x}"\nA --> B',
        "accDescr {\n  for readers\n}\nclass A",
        "%% a comment\nclass A {\n  %% another\n  +x: dict[str, tuple[int, int]]\n}",
    ],
)
def test_class_diagrams_that_mermaid_reads_pass(body: str):
    assert problem(f"classDiagram\n{body}\n", "classDiagram") == ""


@pytest.mark.parametrize(
    "body",
    [
        "loop each\nA->>+B: go\nB-->>-A: done\nend",
        "participant A as the first\nactor U\nU->>A: hello\nA-)U: async\nA-xU: lost\nA--xU: lost",
        "command line->>main.py: python main.py --smoke",
        "alt is smoke\nA->>B: a\nelse is full\nA->>B: b\nend",
        "par one\nA->>B: a\nand two\nA->>C: b\nend\ncritical x\nA->>B: c\noption y\nA->>B: d\nend",
        "Note over A,B: both\nA->>B: x\nNote right of A: a\nnote left of B: b",
        "box Purple Team\nparticipant A\nend\nA->>B: x\nrect rgb(0, 0, 0)\nB->>A: y\nend",
        "autonumber\ntitle: Run\nactivate A\nA->>A: self\ndeactivate A",
        "create participant C\nA->>C: new\ndestroy C\nA-xC: gone",
        "opt maybe\nbreak stop\nA->>B: x = f(a, b: c) -> d\nend\nend",
        "A<<->>B: both ways",
        "A->>B:",
        "A->>B: costs #35;1; C->>D: and #59; more",
        "A->>B: step # the rest is a comment; so is this",
        "optimizer->>model: step(loss: float)",
    ],
)
def test_sequence_diagrams_that_mermaid_reads_pass(body: str):
    assert problem(f"sequenceDiagram\n{body}\n", "sequenceDiagram") == ""


def test_comments_behind_statements_are_taken_away():
    assert clean("\ufeffclassDiagram %% ours\nA --> B %% uses\nclass C {\n+x %% a\n} %% end") == (
        "classDiagram\nA --> B\nclass C {\n+x\n}\n"
    )
    kept = 'classDiagram\n%% alone\nclass A\nnote "100 %% sure"\n'
    assert clean(kept) == kept


def test_settings_may_take_several_lines_and_lines_are_counted_on():
    settings = "%%{init: {\n  'theme': 'base'\n}}%%\n"
    assert problem(f"{settings}classDiagram\nA --> B", "classDiagram") == ""
    assert "line 5: it is no class" in problem(f"{settings}classDiagram\nA => B", "classDiagram")


def test_front_matter_and_version_are_allowed():
    assert problem("---\ntitle: t\n---\nsequenceDiagram\nA->>B: go", "sequenceDiagram") == ""
    assert problem("%% a comment\nclassDiagram-v2\nAnimal <|-- Duck", "classDiagram") == ""


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        ("", "classDiagram", "is empty"),
        ("Here is the diagram", "classDiagram", "its first line must be `classDiagram`"),
        (SEQUENCE, "classDiagram", "its first line must be"),
        ("classDiagram\n%% nothing", "classDiagram", "names no class"),
        ("classDiagram\nclass A {\n+x", "classDiagram", "line 2 opens braces"),
        ("classDiagram\nclass A {\n+x: dict{str, int}\n}", "classDiagram", "line 3: a member holds braces"),
        ("classDiagram\nclass A {\n+x\nclass B {\n+y\n}", "classDiagram", "line 4: the class of line 2 is still open"),
        ("classDiagram\nclass A {\n+x\nnamespace N {\n}", "classDiagram", "line 4: the class of line 2 is still open"),
        ("classDiagram\nA --> B\nA uses B", "classDiagram", "line 3: it is no class, member, relation"),
        ("classDiagram\nA => B", "classDiagram", "line 2: it is no class"),
        ("classDiagram\nclass A {\n+f(x: int\n}", "classDiagram", "parentheses"),
        ("classDiagram\nclass A\n}", "classDiagram", "line 3"),
        ("classDiagram\nShape : +x: int", "classDiagram", "must hold no other colon"),
        ("classDiagram\nA --> B : uses: x", "classDiagram", "must hold no other colon"),
        ("classDiagram\nclass link", "classDiagram", "`link` is a word of Mermaid's own"),
        ("classDiagram\nnamespace N {\nclass A\nA --> B\n}", "classDiagram", "a namespace holds classes"),
        ("classDiagram\n<<interface>> Shape\nclass Shape", "classDiagram", "must stand above it"),
        ("sequenceDiagram\nA->> : x", "sequenceDiagram", "it is no participant"),
        ("sequenceDiagram\nA->>end: x", "sequenceDiagram", "'end' begins with a word of Mermaid's own"),
        ("sequenceDiagram\nbox B\nA->>B: x\nend", "sequenceDiagram", "a box holds participants alone"),
        ("sequenceDiagram\nparticipant A", "sequenceDiagram", "no message"),
        ("sequenceDiagram\nloop x\nA->>B: go", "sequenceDiagram", "line 2 opens `loop`, which no `end` closes"),
        ("sequenceDiagram\nA->>B: go\nend", "sequenceDiagram", "line 3: `end` closes nothing"),
        ("sequenceDiagram\nA->>B go", "sequenceDiagram", "needs a colon"),
        ("sequenceDiagram\nA->>B: load; then train", "sequenceDiagram", "ends a statement at `;`"),
        ("sequenceDiagram\nA-->>-B: done", "sequenceDiagram", "A is deactivated although it is not active"),
        ("sequenceDiagram\nA->>B: x\nelse y", "sequenceDiagram", "`else` stands outside of `alt`"),
        ("sequenceDiagram\nA->>B: x\nThen B computes.", "sequenceDiagram", "line 3: it is no participant"),
        ("classDiagram\nnamespace N {\nclass A", "classDiagram", "line 2 opens braces"),
        ("classDiagram\nclass A %% of ours\nA --> A", "classDiagram", "line 2: it is no class"),
        ("sequenceDiagram\nA->>Model(): x", "sequenceDiagram", "write the call behind the colon"),
        ("sequenceDiagram\nparticipant net@v2\nA->>B: x", "sequenceDiagram", "line 2: it is no participant"),
        ("sequenceDiagram\nA-->>)B: x", "sequenceDiagram", "line 2"),
        ("sequenceDiagram\nA=>B: x", "sequenceDiagram", "line 2: it is no participant"),
    ],
)
def test_what_mermaid_does_not_read_is_said_with_its_line(text: str, kind: str, why: str):
    assert why in problem(text, kind)  # type: ignore[arg-type]
