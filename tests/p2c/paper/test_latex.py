"""LaTeX papers: files, folders and archives; structure, macros, mathematics, tables, algorithms, references."""

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest

from p2c.errors import PaperError
from p2c.paper.read import read_paper
from p2c.paper.render import to_markdown
from p2c.types import Paper

Read = Callable[..., Paper]

FRAME = r"""\documentclass{article}
%s
\title{A \textbf{Small} Paper\thanks{Money.}}
\author{Nobody}
\begin{document}
\maketitle
\begin{abstract}We add numbers. %% not said
Quickly.\end{abstract}
%s
\end{document}
Text behind the end.
"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a paper with the given body, preamble and further files."""

    def reader(body: str, preamble: str = "", **options: object) -> Paper:
        (tmp_path / "main.tex").write_text(FRAME % (preamble, body), encoding="utf-8")
        return read_paper(tmp_path / "main.tex", **options)

    return reader


def test_title_abstract_and_sections(read: Read) -> None:
    paper = read(
        "\\section{One}\nText~one.\n\\subsection*{Two}\nMore.\n\\section{Three}\nEnd.\n\\appendix\n\\section{Extra}\nA.\n"
        "\\section*{Acknowledgments}\nThanks."
    )
    assert paper.title == "A Small Paper"
    assert paper.abstract == "We add numbers. Quickly."
    assert [(s.title, s.level, s.kind, s.text) for s in paper.sections] == [
        ("1 One", 1, "body", "Text one."),
        ("Two", 2, "body", "More."),
        ("2 Three", 1, "body", "End."),
        ("A Extra", 1, "appendix", "A."),
        ("Acknowledgments", 1, "acknowledgements", "Thanks."),
    ]


def test_macros_are_expanded_in_text_and_mathematics(read: Read) -> None:
    paper = read(
        r"\section{S} \sys{} solves $\argmin_x \norm{x}$ with \pair[c]{d}; $\vx$.",
        r"\newcommand{\sys}{FastSolve\xspace}\DeclareMathOperator*{\argmin}{arg\,min}"
        r"\newcommand{\norm}[1]{\lVert #1\rVert}"
        r"\newcommand{\pair}[2][a]{(#1,#2)}\def\vx{\mathbf{x}}",
    )
    assert paper.sections[0].text == (
        r"FastSolve solves $\operatorname*{arg\,min}_x \lVert x\rVert$ with (c,d); $\mathbf{x}$."
    )


def test_a_macro_that_calls_itself_does_not_hang(read: Read) -> None:
    assert read(r"\section{S} Words \a end.", r"\newcommand{\a}{\b}\newcommand{\b}{x\a}").sections


def test_equations_keep_their_latex_and_their_numbers(read: Read) -> None:
    paper = read(
        "\\section{S} By \\eqref{eq:b}:\n\\begin{equation}\\label{eq:a} a=b \\end{equation}\n"
        "\\begin{align} c &= d \\nonumber \\\\ e &= f \\label{eq:b} \\end{align}\n\\[ g \\]"
    )
    assert paper.sections[0].text.split("\n\n") == [
        "By (2):",
        "$$\na=b \\tag{1}\n$$",
        "$$\n\\begin{aligned}\nc &= d  \\\\ e &= f\n\\end{aligned} \\tag{2}\n$$",
        "$$\ng\n$$",
    ]


def test_comments_go_and_verbatim_stays(read: Read) -> None:
    text = (
        read(
            "\\section{S} 50\\% kept. % gone\n\\begin{verbatim}\n% kept $x$\n  y = 1\n\\end{verbatim}\n\\verb|a_b| too."
        )
        .sections[0]
        .text
    )
    assert "50% kept." in text
    assert "gone" not in text
    assert "```text\n% kept $x$\n  y = 1\n```" in text
    assert "`a_b` too." in text


def test_lists_nest(read: Read) -> None:
    text = (
        read(
            r"\section{S}\begin{enumerate}\item one\item two\begin{itemize}\item[Why] inner\end{itemize}\end{enumerate}"
        )
        .sections[0]
        .text
    )
    assert text == "1. one\n2. two\n\n   - **Why** inner"


def test_tables_become_pipe_tables(read: Read) -> None:
    text = (
        read(
            r"\section{S} Table~\ref{t}.\begin{table}\caption{Results.}\label{t}\resizebox{\textwidth}{!}{"
            r"\begin{tabular}{l|cc}"
            r"\toprule & \multicolumn{2}{c}{Score} \\ \cmidrule(lr){2-3} A \& B & \textbf{1.0} & $x_1$ \\ \bottomrule"
            r"\end{tabular}}\end{table}"
        )
        .sections[0]
        .text
    )
    assert "Table 1." in text
    assert "|  | Score |  |\n| --- | --- | --- |\n| A & B | **1.0** | $x_1$ |" in text
    assert "**Table 1.** Results." in text


def test_algorithms_become_indented_pseudo_code(read: Read) -> None:
    text = (
        read(
            r"""\section{S}\begin{algorithm}\caption{Descent}\begin{algorithmic}[1]
\Require step $\eta$
\For{$t=1$ to $T$}
  \State $x \gets x - \eta g$ \Comment{a step}
  \If{$|g| < \epsilon$} \State \textbf{break} \EndIf
\EndFor
\State \Return $x$
\end{algorithmic}\end{algorithm}"""
        )
        .sections[0]
        .text
    )
    assert (
        "```text\nRequire: step $\\eta$\nfor $t=1$ to $T$ do\n  $x \\gets x - \\eta g$ // a step\n"
        "  if $|g| < \\epsilon$ then\n    **break**\n  end if\nend for\nreturn $x$\n```" in text
    )
    assert "**Algorithm 1.** Descent" in text


def test_algorithm2e_blocks_are_indented_by_their_groups(read: Read) -> None:
    text = (
        read(
            r"\section{S}\begin{algorithm}\KwIn{data $D$}"
            r"\For{each $d$}{use $d$\; \If{bad}{stop\;}}\caption{Use}\end{algorithm}"
        )
        .sections[0]
        .text
    )
    assert "Input: data $D$\nfor each $d$ do\n  use $d$\n  if bad then\n    stop" in text


def test_citations_footnotes_accents_and_quotes(read: Read) -> None:
    text = (
        read(r"\section{S} As \citet[p.~3]{knuth84, lamport} na\"{\i}vely said: ``no''---see\footnote{Here.}.")
        .sections[0]
        .text
    )
    assert text == "As [knuth84; lamport] naïvely said: “no”—see.\n\n> Footnote: Here."


def test_inputs_are_flattened_and_none_leads_outside(tmp_path: Path) -> None:
    paper = tmp_path / "paper"
    (paper / "parts").mkdir(parents=True)
    (tmp_path / "secret.tex").write_text("SECRET")
    (paper / "main.tex").write_text(FRAME % ("", "\\input{parts/one}\n\\input{../secret}\n\\include{missing}"))
    (paper / "parts" / "one.tex").write_text("\\section{One}\nFrom a file. \\input{parts/two.tex}")
    (paper / "parts" / "two.tex").write_text("\\subfile{one} And another.")
    (paper / "parts" / "link.tex").symlink_to(tmp_path / "secret.tex")
    read = read_paper(paper)
    assert read.sections[0].text == "From a file. And another."
    assert "SECRET" not in to_markdown(read)
    assert len(read.notes) == 2 or any("outside" in note for note in read.notes)


def test_the_digest_tells_an_edit_in_an_included_file(tmp_path: Path) -> None:
    (tmp_path / "main.tex").write_text(FRAME % ("", "\\input{part}"))
    digests = []
    for text in ("one", "two", "one"):
        (tmp_path / "part.tex").write_text(f"\\section{{S}} {text}")
        digests.append(read_paper(tmp_path / "main.tex").digest)
    assert digests[0] == digests[2] != digests[1]


def test_the_main_file_of_a_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "aaa.tex").write_text("\\section{No main file}")
    (tmp_path / "zzz.tex").write_text(FRAME % ("", "\\section{Main} Text."))
    assert read_paper(tmp_path).sections[0].title == "1 Main"


def test_a_folder_without_tex_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PaperError, match=r"no \.tex"):
        read_paper(tmp_path)


def _archive(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        link = tarfile.TarInfo("passwd.tex")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return path


def test_an_archive_is_read_and_its_links_and_escapes_are_not(tmp_path: Path) -> None:
    body = "\\section{S} Text. \\input{passwd}\\input{../evil}\n\\bibliography{refs}"
    files = {"main.tex": (FRAME % ("", body)).encode(), "../evil.tex": b"EVIL"}
    files["main.bbl"] = (
        b"\\begin{thebibliography}{1}\\bibitem[K(84)]{knuth} D. Knuth. \\newblock TeX.\\end{thebibliography}"
    )
    paper = read_paper(_archive(tmp_path / "src.tar.gz", files))
    assert paper.sections[0].text == "Text."
    assert (paper.sections[1].kind, paper.sections[1].text) == ("references", "- [knuth] D. Knuth. TeX.")
    assert "root:" not in to_markdown(paper)
    assert "EVIL" not in to_markdown(paper)


def test_one_gzipped_tex_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "2101.00001.gz"
    path.write_bytes(gzip.compress((FRAME % ("", "\\section{S} Text.")).encode()))
    assert read_paper(path).sections[0].text == "Text."


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    whole = _archive(tmp_path / "src.tar.gz", {"main.tex": (FRAME % ("", "x" * 5000)).encode()}).read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PaperError, match="cut off"):
        read_paper(tmp_path / "cut.tar.gz")


def test_references_come_from_a_bib_file_when_nothing_is_compiled(tmp_path: Path) -> None:
    (tmp_path / "refs.bib").write_text(
        '@article{a, author={G{\\"o}del, Kurt and B}, title = "On {P}roofs", year=1931}\n@book{unused, title={No}}'
    )
    (tmp_path / "main.tex").write_text(FRAME % ("", "\\section{S} See \\cite{a}.\\bibliography{refs}"))
    assert read_paper(tmp_path).sections[-1].text == "- [a] Gödel, Kurt, B. On Proofs. 1931."


def test_figures_are_copied_and_pdf_ones_rendered(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        document.new_page(width=100, height=50)
        document.save(tmp_path / "plot.pdf")
    pymupdf.Pixmap(pymupdf.csRGB, (0, 0, 8, 8)).save(tmp_path / "photo.png")
    body = (
        "\\section{S}\\begin{figure}\\includegraphics[width=3cm]{plot}\\caption{A plot of $x$.}\\end{figure}"
        "\\begin{figure}\\includegraphics{photo.png}\\caption{A photo.}\\end{figure}"
    )
    (tmp_path / "main.tex").write_text(FRAME % ("", body))
    paper = read_paper(tmp_path, figures_to=tmp_path / "out")
    assert [(f.label, f.caption, f.image) for f in paper.figures] == [
        ("Figure 1", "A plot of $x$.", "figure-1.png"),
        ("Figure 2", "A photo.", "figure-2.png"),
    ]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"figure-1.png", "figure-2.png"}


def test_several_pictures_of_a_figure_become_one_sheet(tmp_path: Path) -> None:
    for number, colour in enumerate(((255, 0, 0), (0, 255, 0)), 1):
        pixels = pymupdf.Pixmap(pymupdf.csRGB, (0, 0, 40, 40))
        pixels.set_rect(pixels.irect, colour)
        pixels.save(tmp_path / f"p{number}.png")
    body = "\\section{S}\\begin{figure}\\includegraphics{p1}\\includegraphics{p2.png}\\caption{Both.}\\end{figure}"
    (tmp_path / "main.tex").write_text(FRAME % ("", body))
    (figure,) = read_paper(tmp_path, figures_to=tmp_path / "out").figures
    assert figure.image == "figure-1.png"
    sheet = pymupdf.Pixmap((tmp_path / "out" / "figure-1.png").read_bytes())
    assert sheet.width == 2 * sheet.height
    left, right = sheet.pixel(sheet.width // 4, sheet.height // 2), sheet.pixel(3 * sheet.width // 4, sheet.height // 2)
    assert (left[0] > 200 > left[1], right[1] > 200 > right[0]) == (True, True)


def test_a_picture_in_postscript_is_skipped_and_said(tmp_path: Path) -> None:
    (tmp_path / "plot.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n")
    body = (
        "\\section{S}\\begin{figure}\\includegraphics{plot}\\caption{A plot.}\\end{figure}"
        "\\begin{figure}\\includegraphics{lost}\\caption{Another.}\\end{figure}"
    )
    (tmp_path / "main.tex").write_text(FRAME % ("", body))
    paper = read_paper(tmp_path, figures_to=tmp_path / "out")
    assert [figure.image for figure in paper.figures] == [None, None]
    assert "The picture of figure 1 is PostScript (EPS), which is not read." in paper.notes
    assert "The picture of figure 2 is not in the source, or of a kind not read." in paper.notes


def test_other_encodings_are_read(tmp_path: Path) -> None:
    text = FRAME % ("\\usepackage[cp1251]{inputenc}", "\\section{Введение} Текст статьи.")
    (tmp_path / "main.tex").write_bytes(text.encode("cp1251"))
    assert read_paper(tmp_path / "main.tex").sections[0].text == "Текст статьи."


def test_text_that_is_no_latex_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.tex").write_text("just some words")
    with pytest.raises(PaperError, match="no LaTeX"):
        read_paper(tmp_path / "notes.tex")
