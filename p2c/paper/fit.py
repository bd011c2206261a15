"""A paper for a model's context: whole where it fits, else without whole sections, by a rule that is said.

The rule, first to go first: references; acknowledgements; appendices, from the last; statements (impact, ethics,
funding); related work; conclusion and discussion; appendices on settings and algorithms, from the last; introduction;
results and analyses, from the last. What else there is (the method: models, algorithms, data, training, settings) is
never left out: where even that does not fit, that is an error. Each section that was left out has its heading and a
note in its place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from p2c.errors import ContextTooLong
from p2c.paper.headings import SectionKind, bare
from p2c.paper.render import head, heading, in_order, joined, notes_of
from p2c.types import Paper, Section
from sandbox.words import counted

Role = Literal[
    "references",
    "acknowledgements",
    "appendix",
    "statement",
    "related work",
    "conclusion",
    "appendix on settings",
    "introduction",
    "results",
    "method",
]
"""What a section is to a programmer; all but `method` may be left out, in this order."""
ORDER: tuple[Role, ...] = get_args(Role)[:-1]
COUNTED = "estimated: four ASCII characters a token, two others"
"""How tokens are counted: no tokenizer is a dependency, and a model's own is seldom known."""

_SETTINGS = re.compile(
    r"(?i)hyper-?\s?param|\b(?:set-?up|settings?|details?|implementation|training|data|datasets?|corpus|corpora|preprocess\w*|"
    r"metrics?|measures?|protocol|configuration|problem|algorithms?|pseudo-?code)\b"
    r"|постановк|параметр|данны|алгоритм|настройк"
)
"""What the code is made from, wherever it stands."""
_ROLES: tuple[tuple[Role, re.Pattern[str]], ...] = (
    (
        "statement",
        re.compile(
            r"(?i)(?:broader |societal )?impacts?\b|ethic|reproducibility statement|funding|conflicts? of interest|"
            r"(?:author )?contributions?\b|(?:data|code) availability"
        ),
    ),
    ("related work", re.compile(r"(?i)(?:related|previous|prior) works?\b|literature review|обзор|связанные работы")),
    (
        "conclusion",
        re.compile(
            r"(?i)conclu|(?:general )?discussion|future (?:work|directions)|limitations?\b|summary|заключени|выводы"
        ),
    ),
    ("introduction", re.compile(r"(?i)introduction|motivation|введени")),
    (
        "results",
        re.compile(
            r"(?i)(?!(?:our |the )?(?:main|theoretical) results?\b)"  # of their own, they state the method
            r"(?:.*\b)?(?:results?|evaluations?|ablations?|analys[ie]s|experiments?|comparisons?|visuali[sz]ations?)\b|"
            r"(?:.*\s)?(?:эксперимент|результат)"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Cut:
    """A section that was left out."""

    title: str
    words: int
    role: Role


@dataclass(frozen=True, slots=True)
class Fitted:
    """A paper's text for a model, and what is not in it."""

    text: str
    tokens: int
    """As `tokens` counts them."""
    limit: int
    cuts: tuple[Cut, ...] = ()
    """In the order in which they were made."""

    def notes(self) -> tuple[str, ...]:
        """For people: what was left out, why, how many words, a line each; nothing where the paper is whole."""
        if not self.cuts:
            return ()
        words = sum(cut.words for cut in self.cuts)
        return (
            f"the model does not get all of it: {counted(len(self.cuts), 'section')} ({counted(words, 'word')}) left "
            f"out, so that it has {self.tokens:,} tokens of the {self.limit:,} that it may have ({COUNTED})",
            *(f"left out: {cut.title} ({counted(cut.words, 'word')})" for cut in self.cuts),
        )


def tokens(text: str) -> int:
    """About how many tokens `text` has: four ASCII characters are one, or two others (formulas, other alphabets)."""
    ascii_only = len(text.encode("ascii", "ignore"))
    return -(-ascii_only // 4) + -(-(len(text) - ascii_only) // 2)


def fit(paper: Paper, max_tokens: int, *, without: Collection[Role] = ()) -> Fitted:
    """The paper in at most `max_tokens` tokens, trimmed by the rule of this module.

    Args:
        without: roles that are left out even where there is room for them, for example `references`.

    Raises:
        ContextTooLong: title, abstract and what is never left out have more tokens than that.
    """
    sections = in_order(paper)
    roles = _roles(sections)
    shown = [_whole(section) for section in sections]
    cuts: list[Cut] = []

    def text() -> str:
        return joined([head(paper), *shown, *_left_out(cuts), *notes_of(paper)])

    def leave_out(index: int, role: Role) -> None:
        section = sections[index]
        if not section.text.strip():
            return
        words = len(section.text.split())
        cuts.append(Cut(section.title, words, role))
        shown[index] = f"{heading(section)}\n\n> [This section ({words:,} words) was left out.]"

    for index in _first_to_go(roles):
        if roles[index] in without or tokens(text()) > max_tokens:
            leave_out(index, roles[index])
    made = text()
    if tokens(made) > max_tokens:
        raise ContextTooLong(
            f"the paper's method alone has about {tokens(made):,} tokens ({COUNTED}), and the model's context has room "
            f"for {max_tokens:,}; everything else ({counted(len(cuts), 'section')}) was left out already. Use a model "
            "with a larger window and set P2C_CONTEXT_TOKENS to it"
        )
    return Fitted(made, tokens(made), max_tokens, tuple(cuts))


def _first_to_go(roles: Sequence[Role]) -> list[int]:
    """The indices of all sections that may be left out, first to go first; within a role from the last."""
    return [i for role in ORDER for i in reversed(range(len(roles))) if roles[i] == role]


def _roles(sections: Sequence[Section]) -> list[Role]:
    """What each section is, by its kind and title; where the title does not say, by the section that it is part of."""
    above: list[tuple[int, Role, SectionKind]] = []
    found: list[Role] = []
    for section in sections:
        while above and (above[-1][0] >= section.level or above[-1][2] != section.kind):
            above.pop()
        role = _role(section, above[-1][1] if above else None)
        above.append((section.level, role, section.kind))
        found.append(role)
    return found


def _role(section: Section, parent: Role | None) -> Role:
    if section.kind == "references" or section.kind == "acknowledgements":  # noqa: PLR1714 - mypy narrows no tuple
        return section.kind
    title = bare(section.title).strip(" *.:") or section.title
    on_settings = bool(_SETTINGS.search(title))
    if section.kind == "appendix":
        return "appendix on settings" if on_settings or parent == "appendix on settings" else "appendix"
    if parent is not None and parent != "results":
        return parent
    named = next((role for role, pattern in _ROLES if pattern.match(title)), None)
    if named is not None and (named in ("statement", "related work") or not on_settings):
        return named
    return "method" if on_settings else parent or "method"


def _whole(section: Section) -> str:
    return f"{heading(section)}\n\n{section.text}" if section.text else heading(section)


def _left_out(cuts: Sequence[Cut]) -> list[str]:
    """What the model is told at the end: that not all of the paper is here, and what is not."""
    if not cuts:
        return []
    named = "; ".join(f"{cut.title} ({cut.words:,} words)" for cut in cuts)
    return [f"> Not all of the paper is given here. Left out were: {named}."]
