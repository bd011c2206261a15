"""Display formulas by the places of their glyphs: fractions, roots, limits, indices, cases; the rest in order."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest

from p2c.paper.pdf_cmex import big_symbol, is_extension
from p2c.paper.pdf_formula import formula_lines, linear
from p2c.paper.pdf_fractions import with_fractions
from p2c.paper.pdf_lines import lines_of
from p2c.paper.pdf_regions import page_rules
from p2c.paper.pdf_words import Word, page_words


def _word(text: str, x0: float, baseline: float, size: float = 10.0, *, width: float = 0.0) -> Word:
    x1 = x0 + (width or 0.5 * size * len(text))
    return Word(text, x0, baseline - 0.8 * size, x1, baseline + 0.2 * size, baseline, size, False, False, False, "F1")


def _big(text: str, x0: float, top: float, height: float, width: float = 14.0) -> Word:
    """A symbol of TeX's extension font: it hangs from its baseline."""
    return replace(_word(text, x0, top, width=width), hangs=True, extent=(top, top + height))


def test_a_loss_with_a_fraction_and_a_sum_is_written_in_a_line() -> None:
    words = [
        _word("\u2212", 114, 100, width=9.5),
        _word("1", 126, 92.6),
        _word("N", 124, 107.5, width=9),
        _word("N", 141, 87.3, 7),
        _big("∑", 137.5, 90.3, 14),
        _word("n", 137, 112, 7),
        _word("=1", 141, 112, 7),
        _word("y", 155, 100),
        _word("n", 160.2, 101.7, 7),
        _word("log(x", 167, 100),
        _word("n", 192.2, 101.7, 7),
        _word(")", 196, 100),
    ]
    assert formula_lines(words, [(124, 96.7, 133, 97.2)]) == [r"-\frac{1}{N} \sum_{n=1}^{N} y_{n} \log(x_{n})"]


def test_fractions_and_roots_stand_in_one_another() -> None:
    words = [
        _word("a", 30, 100),
        _word("=", 40, 100),
        _word("1", 66, 93),
        replace(_word("√", 55, 102.5, width=8), hangs=True, extent=(102.5, 112.5)),
        _word("d", 63.5, 110),
        _word("k", 68.6, 111.5, 7),
    ]
    rules = [(55, 97, 73, 97.4), (63, 102.3, 73, 102.7)]
    assert formula_lines(words, rules) == [r"a = \frac{1}{\sqrt{d_{k}}}"]


def test_a_comma_behind_a_root_is_not_under_it() -> None:
    root = replace(_word("√", 250, 91, width=8.3), hangs=True, extent=(91, 101))
    words = [
        root,
        _word("d", 258.4, 98.5, width=5),
        _word("k", 263.5, 100, 7, width=4.3),
        _word(",", 268.4, 98.5, width=2.5),
    ]
    assert formula_lines(words, [(258.2, 91, 268.6, 91.4)]) == [r"\sqrt{d_{k}},"]


def test_limits_of_neighbouring_sums_are_told_apart_at_the_white_between_them() -> None:
    words = [
        _big("∑", 50, 90, 14),
        _big("∑", 72, 90, 14),
        _word("i", 50, 112, 7),
        _word("\u2208S", 53.5, 112, 7),
        _word("j", 69, 112, 7),
        _word("\u2208T", 72.5, 112, 7),
        _word("x", 90, 100),
    ]
    assert formula_lines(words, []) == [r"\sum_{i∈S} \sum_{j∈T} x"]


def test_what_arg_max_ranges_over_stands_below_both_words() -> None:
    words = [_word("arg", 50, 100), _word("max", 67, 100), _word("z∈Z", 60, 108, 7), _word("f", 85, 100)]
    assert formula_lines(words, []) == [r"\arg \max_{z∈Z} f"]


def test_an_upper_and_a_lower_index_belong_to_the_same_letter_and_indices_have_indices() -> None:
    words = [
        _word("x", 50, 100),
        _word("2", 55.2, 96, 7),
        _word("i", 55.2, 103, 7),
        _word("j", 58.5, 104.5, 5),
        _word("+", 66, 100),
        _word("1", 76, 100),
    ]
    assert formula_lines(words, []) == ["x_{i_{j}}^{2} + 1"]


def test_rows_behind_an_open_brace_are_cases_and_braces_that_are_printed_are_marked() -> None:
    words = [
        _word("u", 30, 102.5),
        _word("=", 40, 102.5),
        _big("{", 50, 87, 27, width=8),
        _word("{a}", 60, 95),
        _word("if", 85, 95),
        _word("0", 60, 110),
        _word("else.", 85, 110),
        _word("(5)", 200, 102.5),
    ]
    assert formula_lines(words, []) == [r"u = \begin{cases} \{a\} if \\ 0 else. \end{cases} (5)"]


def test_two_rows_in_tall_parentheses_stand_one_above_the_other() -> None:
    words = [
        _word("f", 20, 100),
        _word("=", 30, 100),
        _big("(", 40, 82.5, 30, width=7),
        _word("n", 56, 93),
        _word("k", 48, 107),
        _word("+", 56, 107),
        _word("1", 64, 107),
        _big(")", 70, 82.5, 30, width=7),
        _word("n", 80, 100),
    ]
    assert formula_lines(words, []) == [r"f = ({n \atop k + 1}) n"]
    lone = [word for word in words if word.baseline != 93]
    assert r"\atop" not in "".join(formula_lines(lone, []))


def test_what_is_not_understood_keeps_its_rows_from_top_to_bottom() -> None:
    words = [_word("c", 10, 130), _word("a", 10, 100), _word("odd", 200, 114, 6), _word("b", 20, 100)]
    assert formula_lines(words, []) == ["a b", "odd", "c"]
    assert formula_lines(words[::-1], []) == ["a b", "odd", "c"]


def test_a_small_fraction_in_a_line_of_text_is_one_and_an_underline_is_none() -> None:
    words = [
        _word("(low)", 28, 91),  # its brackets reach down to the fraction's height
        _word("needs", 10, 100),
        _word("1", 40, 96, 6),
        _word("n", 40, 103, 6),
        _word("steps", 50, 100),
        _word("below", 10, 112),
    ]
    whole = with_fractions(words, [(40, 97.3, 43.2, 97.6), (50, 101.5, 75, 102)], linear, largest=8.5)
    assert [line.text for line in lines_of(whole)] == ["(low)", r"needs \frac{1}{n} steps", "below"]


@pytest.mark.parametrize("kind", ["stroke", "bitmap"])
def test_the_line_of_a_fraction_is_found_however_it_was_drawn(make_pdf: Callable[..., Path], kind: str) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        if kind == "stroke":
            page.draw_line((100, 200), (112, 200), width=0.4)
        else:
            dot = pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, 8, 1))
            dot.clear_with(0)
            page.insert_image((100, 199.8, 112, 200.3), pixmap=dot, keep_proportion=False)
        page.draw_rect((300, 300, 340, 340))

    with pymupdf.open(make_pdf(draw)) as document:
        ((x0, y0, x1, y1),) = page_rules(document[0])
    assert (round(x0), round(y0), round(x1), round(y1)) == (100, 200, 112, 200)


def test_a_word_behind_an_index_has_its_own_baseline(make_pdf: Callable[..., Path]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        page.insert_text((60, 100), "x", fontsize=11, fontname="tiro")
        page.insert_text((65.5, 101.7), "n", fontsize=8, fontname="tiro")
        page.insert_text((72, 100), "log", fontsize=11, fontname="tiro")

    with pymupdf.open(make_pdf(draw)) as document:
        words = {word.text: round(word.baseline, 1) for word in page_words(document[0])}
    assert words == {"x": 100.0, "n": 101.7, "log": 100.0}


@pytest.mark.parametrize("font", ["ABCDEF+CMEX10", "ABCDEF+LMMathExtension10-Regular"])
def test_the_codes_of_big_symbols_are_read_with_their_depth(font: str) -> None:
    assert is_extension(font)
    assert [big_symbol(code) for code in "PXZ"] == [("∑", 1.0), ("∑", 1.4), ("∫", 2.22)]
    assert [big_symbol(code)[0] for code in "hn0@"] == ["[", "{", "⎛", "⎝"]
    assert not is_extension("CMMI10")


def test_every_size_of_a_big_bracket_has_its_code_and_so_have_its_pieces() -> None:
    brackets = {"(": (0, 16, 18, 32), ")": (1, 17, 19, 33), "[": (2, 20, 34, 104), "{": (8, 26, 40, 110)}
    for bracket, codes in brackets.items():
        assert [big_symbol(chr(code))[0] for code in codes] == [bracket] * 4
    assert [big_symbol(chr(code))[1] for code in (0, 16, 18, 32)] == [1.2, 1.8, 2.4, 3.0]
    assert [big_symbol(char) for char in "\uf8eb\uf8ed\uf8f6\uf8f8"] == [(char, 1.8) for char in "⎛⎝⎞⎠"]


_BY_UNICODE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /big def /CMapType 2 def
1 begincodespacerange <00> <FF> endcodespacerange
5 beginbfchar <00> <0028> <01> <0029> <20> <0028> <21> <0029> <58> <2211> endbfchar
endcmap CMapName currentdict /CMap defineresource pop end end"""


@pytest.mark.parametrize("by_unicode", [False, True], ids=["codes", "Unicode map"])
def test_a_big_left_bracket_is_kept_where_its_code_is_that_of_a_space(
    make_pdf: Callable[..., Path], by_unicode: bool
) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page(width=600, height=800)
        page.insert_text((72, 100), "exp", fontsize=10, fontname="tiro")
        font = page.insert_font(fontname="helv")
        names = "0 /parenleftbig /parenrightbig 32 /parenleftBigg /parenrightBigg 88 /summationdisplay"
        mapped = ""
        if by_unicode:
            place = document.get_new_xref()
            document.update_object(place, "<<>>")
            document.update_stream(place, _BY_UNICODE)
            mapped = f"/ToUnicode {place} 0 R"
        document.update_object(
            font,
            "<</Type/Font/Subtype/Type1/BaseFont/ABCDEF+CMEX10/FirstChar 0/LastChar 89"
            f"/Widths[{'500 ' * 90}]/Encoding<</Type/Encoding/Differences[{names}]>>{mapped}>>",
        )
        (contents, *_) = page.get_contents()
        printed = b"\nBT /helv 10 Tf 1 0 0 1 90 710 Tm <20> Tj 20 0 Td <58> Tj 20 0 Td <0001> Tj 20 0 Td <21> Tj "
        printed += b"20 0 Td [<58> -400 <58>] TJ ET\n"
        document.update_stream(contents, document.xref_stream(contents) + printed)

    with pymupdf.open(make_pdf(draw)) as document:
        words = page_words(document[0])
    assert "".join(word.text for word in words) == "exp(∑())∑∑"
    assert all(word.hangs and word.extent for word in words if word.text != "exp")


@pytest.mark.parametrize(
    ("font", "written"),
    [
        ("CMSY10", r"\mathcal{G}"),
        ("ABCDEF+EUSM7", r"\mathcal{G}"),
        ("MSBM10", r"\mathbb{G}"),
        ("EUFM10", r"\mathfrak{G}"),
        ("CMMI10", "G"),
    ],
)
def test_a_letter_of_an_alphabet_of_its_own_is_not_the_plain_letter(
    make_pdf: Callable[..., Path], font: str, written: str
) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        place = page.insert_font(fontname="helv")
        page.insert_text((72, 100), "G", fontsize=10, fontname="helv")
        document.update_object(place, f"<</Type/Font/Subtype/Type1/BaseFont/{font}/Encoding/WinAnsiEncoding>>")

    with pymupdf.open(make_pdf(draw)) as document:
        words = page_words(document[0])
    assert formula_lines(words, []) == [written]
    assert [line.text for line in lines_of(words)] == [written]
