"""The Markdown summary, read back by a CommonMark parser: nothing that a program says is markup."""

import re

from markdown_it import MarkdownIt

from p2c.report.formats.markdown import block, code, render

PARSER = MarkdownIt("commonmark").enable("table")
OURS = {"<details><summary>Evidence</summary>\n", "</details>\n"}


def _tokens(text):
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def test_no_verdict_brings_links_html_or_headings_of_its_own(any_verdict):
    tokens = list(_tokens(render(any_verdict, "generated/")))
    kinds = [token.type for token in tokens]
    assert not {"link_open", "image", "html_inline", "softbreak"} & set(kinds)
    assert {token.content for token in tokens if token.type == "html_block"} <= OURS
    assert kinds.count("heading_open") == 1
    assert kinds.count("fence") <= 1


def test_what_a_program_says_stands_in_code_only(made):
    outside = [token.content for token in _tokens(render(made("hostile"))) if token.type == "text"]
    assert not any("evil" in text or "owned" in text or "@all" in text for text in outside)


def test_tables_keep_their_columns(any_verdict):
    widths, rows = [], 0
    for token in PARSER.parse(render(any_verdict)):
        if token.type == "tr_open":
            rows = 0
        elif token.type in ("td_open", "th_open"):
            rows += 1
        elif token.type == "tr_close":
            widths.append(rows)
    assert set(widths) <= {4, 5}
    text = render(any_verdict)
    assert all(line.count("|") in (5, 6) for line in text.splitlines() if re.match(r"\| .* \|$", line))


def test_it_is_small_whatever_was_printed(any_verdict):
    assert len(render(any_verdict).encode()) < 200_000


def test_it_says_what_happened_and_why_the_step_ends_as_it_does(made):
    text = render(made("failed"))
    assert "p2c: not verified, failed, rung 3 (starts)" in text
    assert "**Exit status 1**: `failed, rung 3 (starts) reached`" in text
    assert "| `smoke` | starts | failed | 2.0 s | `RuntimeError` |" in text


def test_a_fence_is_longer_than_any_in_the_text():
    assert code("a ``` b") == "````a ``` b````"
    assert code("`") == "`` ` ``"
    assert block("x\n`````\ny")[0] == "``````text"
