"""A paper for a model fits, by a rule, and says what is left out; the method is never cut."""

from functools import cache

import pytest

from p2c.errors import ContextTooLong
from p2c.paper.fit import ORDER, Fitted, fit, tokens
from p2c.paper.render import to_markdown
from p2c.types import Paper, Section

WORDS = 100
LARGE = 1_000_000


def _mark(title: str) -> str:
    return f"<{title.replace(' ', '_')}>"


def _section(title: str, kind: str = "body", level: int = 1) -> Section:
    text = f"{_mark(title)} " + "word " * (WORDS - 1)
    return Section(title=title, level=level, text=text, kind=kind)  # type: ignore[arg-type]


def _paper(*sections: Section) -> Paper:
    return Paper(title="T", abstract="The abstract.", sections=sections, source="pdf", digest="0", notes=("Noted.",))


PAPER = _paper(
    _section("1 Introduction"),
    _section("2 Related work"),
    _section("2.1 Training of networks", level=2),
    _section("3 Method"),
    _section("3.1 Analysis of the complexity", level=2),
    _section("4 Experiments"),
    _section("4.1 Experimental setup", level=2),
    _section("4.2 Results on MNIST", level=2),
    _section("5 Discussion"),
    _section("Broader impact"),
    _section("References", "references"),
    _section("A Proofs", "appendix"),
    _section("B Hyper-parameters", "appendix"),
    _section("C Further tables", "appendix"),
    _section("Acknowledgements", "acknowledgements"),
)
FIRST_TO_GO = (
    "References",
    "Acknowledgements",
    "C Further tables",
    "A Proofs",
    "Broader impact",
    "2.1 Training of networks",
    "2 Related work",
    "5 Discussion",
    "B Hyper-parameters",
    "1 Introduction",
    "4.2 Results on MNIST",
    "4 Experiments",
)


def _left_out(text: str) -> set[str]:
    return {section.title for section in PAPER.sections if _mark(section.title) not in text}


@cache
def _ever_shorter() -> tuple[Fitted, ...]:
    """The paper whole, and then each time with one token less than the last one has."""
    found = [fit(PAPER, LARGE)]
    while True:
        try:
            found.append(fit(PAPER, found[-1].tokens - 1))
        except ContextTooLong:
            return tuple(found)


def test_a_paper_that_fits_is_whole_and_nothing_is_said() -> None:
    whole = fit(PAPER, LARGE)
    assert whole.text == to_markdown(PAPER)
    assert (whole.cuts, whole.notes()) == ((), ())


def test_what_matters_least_goes_first_and_no_more_than_need_be() -> None:
    shorter = _ever_shorter()
    assert [tuple(cut.title for cut in one.cuts) for one in shorter] == [
        FIRST_TO_GO[:count] for count in range(len(FIRST_TO_GO) + 1)
    ]
    for one in shorter[1:]:
        assert one.tokens == tokens(one.text) <= one.limit
        assert _left_out(one.text) == {cut.title for cut in one.cuts}


def test_each_cut_is_said_in_its_place_at_the_end_and_to_people() -> None:
    fitted = _ever_shorter()[5]
    for cut in fitted.cuts:
        assert f"# {cut.title}\n\n> [This section ({WORDS} words) was left out.]" in fitted.text
        assert f"{cut.title} ({WORDS} words)" in fitted.text.rpartition("Left out were:")[2]
        assert f"left out: {cut.title} ({WORDS} words)" in fitted.notes()
    assert len(fitted.notes()) == 1 + len(fitted.cuts) == 6
    assert "four ASCII characters a token" in fitted.notes()[0]
    assert "Noted." in fitted.text


def test_the_method_is_never_left_out_but_the_lack_of_room_is_said() -> None:
    shortest = _ever_shorter()[-1]
    never = {"3 Method", "3.1 Analysis of the complexity", "4.1 Experimental setup"}
    assert never.isdisjoint(_left_out(shortest.text))
    with pytest.raises(ContextTooLong, match=r"method alone .* P2C_CONTEXT_TOKENS"):
        fit(PAPER, shortest.tokens - 1)


def test_a_role_can_be_left_out_though_there_is_room() -> None:
    fitted = fit(PAPER, LARGE, without={"references"})
    assert [cut.title for cut in fitted.cuts] == ["References"]
    assert _left_out(fitted.text) == {"References"}
    assert [cut.title for cut in fit(PAPER, LARGE, without=ORDER).cuts] == list(FIRST_TO_GO)


def test_main_results_are_results_only_among_experiments() -> None:
    theory = _paper(_section("1 Introduction"), _section("2 Main results"), _section("3 Proof of Theorem 2"))
    assert [cut.title for cut in fit(theory, LARGE, without=ORDER).cuts] == ["1 Introduction"]
    trials = _paper(_section("3 Method"), _section("4 Experiments"), _section("4.1 Main results", level=2))
    assert [cut.title for cut in fit(trials, LARGE, without=ORDER).cuts] == ["4.1 Main results", "4 Experiments"]


def test_russian_headings_have_roles_too() -> None:
    paper = _paper(_section("1 Введение"), _section("2 Постановка задачи"), _section("3 Заключение"))
    assert [cut.title for cut in fit(paper, LARGE, without=ORDER).cuts] == ["3 Заключение", "1 Введение"]


def test_tokens_are_estimated_on_the_high_side_of_other_alphabets() -> None:
    assert tokens("four" * 10) == 10
    assert tokens("\u0441\u043b\u043e\u0432") == 2
    assert tokens("") == 0
