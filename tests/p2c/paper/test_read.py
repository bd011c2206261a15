"""What a file is is told by its bytes; what is no paper is refused with a reason."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from p2c.errors import PaperError
from p2c.paper.read import read_paper

WORDS = "Words of a paper that is long enough to be one, with several sentences. " * 5


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.pdf", b"", "empty"),
        ("header.pdf", b"%PDF-1.5\n", "header and nothing else"),
        ("page.pdf", b"<!DOCTYPE html><html><body>403</body></html>", "HTML"),
        ("text.pdf", b"plain words", "no PDF"),
        ("broken.pdf", b"%PDF-1.7\n" + b"1 0 obj garbage " * 40, "damaged|no pages"),
        ("photo.tex", b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG"),
        ("paper.docx", b"PK\x03\x04" + bytes(100), "ZIP archive or an Office document"),
        ("data.bin", bytes(range(256)) * 4, "binary"),
        ("page.html", b"<html><head></head></html>", "HTML page"),
        ("short.md", b"# Title\n\nToo short.", "words"),
        ("table.csv", b"a,b\n1,2\n", "not read"),
        ("cut.json", b'{"title": "x", "pdf_parse": {"body_te', "cut off"),
        ("long_number.json", b'{"year": ' + b"1" * 5000 + b"}", "a number that no paper has"),
        ("bad.json", b'{"title": nope, "a": 1}', "not valid JSON"),
        ("list.json", b"[1, 2, 3]", "a list"),
        ("other.json", b'{"lines": []}', "`lines`.*pdf_parse.body_text"),
        ("wrong.json", b'{"pdf_parse": {"body_text": [1, 2]}}', "pdf_parse.body_text.0"),
        ("void.json", b'{"pdf_parse": {"body_text": []}}', "no body text"),
        ("cut.gz", gzip.compress(b"x" * 1000)[:20], "cut off"),
        ("nothing.gz", gzip.compress(b"no latex here"), "neither a tar"),
    ],
)
def test_what_is_no_paper_is_refused_with_a_reason(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(PaperError, match=reason) as caught:
        read_paper(tmp_path / name)
    assert name in str(caught.value)
    assert caught.value.exit_status == 2
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PaperError, match="no such file"):
        read_paper(tmp_path / "absent.pdf")


def test_deeply_nested_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text("[" * 200_000)
    with pytest.raises(PaperError):
        read_paper(tmp_path / "deep.json")


def test_markdown_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bad name – Größe (v2).md"
    path.write_text(
        f"# The Title\n\nSome Author\n\n## Abstract\n\nShort.\n\n## 1 Method\n\n{WORDS}\n\n```\n# no heading\n```\n\n"
        "### 1.1 Detail\n\nx\n\n## References\n\n[1] y\n"
    )
    paper = read_paper(path)
    assert (paper.title, paper.abstract, paper.source) == ("The Title", "Short.", "markdown")
    assert [(s.title, s.level, s.kind) for s in paper.sections] == [
        ("Front matter", 1, "body"),
        ("1 Method", 1, "body"),
        ("1.1 Detail", 2, "body"),
        ("References", 1, "references"),
    ]
    assert "# no heading" in paper.sections[1].text


def _s2orc() -> dict[str, object]:
    return {
        "paper_id": "x",
        "title": "A Title",
        "abstract": "",
        "pdf_parse": {
            "abstract": [{"text": "The abstract.", "section": "Abstract"}],
            "body_text": [
                {"text": "First.", "section": "Introduction", "sec_num": "1"},
                {
                    "text": "See Table 1 and EQUATION.",
                    "section": "Setting",
                    "sec_num": "1.1",
                    "ref_spans": [{"start": 4, "end": 11, "ref_id": "TABREF0"}],
                    "eq_spans": [{"start": 16, "end": 24, "ref_id": "EQREF0", "latex": "a^2"}],
                },
            ],
            "back_matter": [{"text": "Thanks.", "section": "Acknowledgements"}],
            "ref_entries": {
                "TABREF0": {
                    "text": "Scores.",
                    "type_str": "table",
                    "content": "<table><tr><td colspan='2'>A</td><td>B</td></tr>"
                    "<tr><td>1</td><td>2</td><td>3</td></tr></table>",
                },
                "FIGREF0": {"text": "Figure 2: A plot.", "type_str": "figure"},
            },
            "bib_entries": {"BIBREF0": {"raw_text": "Knuth. TeX. 1984."}},
        },
    }


def test_s2orc_json_is_read_with_tables_and_equations_in_place(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(_s2orc()))
    paper = read_paper(tmp_path / "p.json")
    assert (paper.title, paper.abstract, paper.source) == ("A Title", "The abstract.", "json")
    assert [(s.title, s.level, s.kind) for s in paper.sections] == [
        ("1 Introduction", 1, "body"),
        ("1.1 Setting", 2, "body"),
        ("Acknowledgements", 1, "acknowledgements"),
        ("Figures and tables", 1, "body"),
        ("References", 1, "references"),
    ]
    setting = paper.sections[1].text
    assert setting.startswith("See Table 1 and \n\n$$\na^2\n$$")
    assert "| A |  | B |\n| --- | --- | --- |\n| 1 | 2 | 3 |\n\n**Caption.** Scores." in setting
    assert [(figure.label, figure.caption) for figure in paper.figures] == [("Figure 2", "A plot.")]


def test_the_cleaned_form_of_papercoder_is_read(tmp_path: Path) -> None:
    cleaned = _s2orc()
    parse = cleaned["pdf_parse"]
    assert isinstance(parse, dict)
    del parse["bib_entries"]
    for paragraph in parse["body_text"]:
        paragraph.pop("ref_spans", None)
        paragraph.pop("eq_spans", None)
    (tmp_path / "p.json").write_text(json.dumps(cleaned))
    paper = read_paper(tmp_path / "p.json")
    assert [s.title for s in paper.sections] == [
        "1 Introduction",
        "1.1 Setting",
        "Acknowledgements",
        "Figures and tables",
    ]
    assert "| 1 | 2 | 3 |" in paper.sections[-1].text


def test_the_digest_tells_papers_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\n{WORDS}")
    first, again, other = (read_paper(tmp_path / name).digest for name in ("a.md", "a.md", "b.md"))
    assert first == again != other
    assert len(first) == 64


def test_what_only_a_pdf_needs_is_not_loaded_for_other_papers(tmp_path: Path) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text(f"# A Title\n\n## Abstract\n\n{WORDS}\n\n## 1 Method\n\n{WORDS}\n")
    program = (
        "import sys, pathlib, p2c.cli.generate\n"
        "from p2c.paper.read import read_paper\n"
        "read_paper(pathlib.Path(sys.argv[1]))\n"
        "print([name for name in ('pymupdf', 'onnxruntime') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(paper)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
