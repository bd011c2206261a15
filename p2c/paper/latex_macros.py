"""The author's own macros, collected and expanded, in text and in mathematics."""

from __future__ import annotations

import re
from dataclasses import dataclass

from p2c.paper.latex_scan import argument, group, option, skip_blank

_DEFINITION = re.compile(
    r"\\(?:(?P<new>(?:re)?newcommand|providecommand|DeclareRobustCommand|NewDocumentCommand)\*?\s*(?=[{\\])"
    r"|(?P<operator>DeclareMathOperator)(?P<star>\*?)\s*(?=[{\\])"
    r"|(?P<paired>DeclarePairedDelimiter)\s*(?=[{\\])"
    r"|(?P<env>(?:re)?newenvironment)\*?\s*(?=\{)"
    r"|(?P<theorem>newtheorem)\*?\s*(?=\{)"
    r"|(?:long\s*\\|global\s*\\)*(?P<def>[egx]?def)\s*(?=\\))"
)
_KEPT = re.compile(
    r"(?:sub)*section|paragraph|chapter|part|begin|end|item|caption|label|ref|cite\w*|title|author|date|maketitle|"
    r"footnote|input|include|bibliography|thanks|and|today|appendix|normalsize|small|the\w+"
)
_MOST = 50_000
"""Expansions after which a text is left as it is: a macro that calls itself."""
_LONGEST = 20_000_000


@dataclass(frozen=True)
class Macro:
    """One macro: how many arguments, the default of the first when optional, and the text."""

    count: int
    default: str | None
    body: str


@dataclass
class Definitions:
    """What the preamble and the text define."""

    macros: dict[str, Macro]
    environments: dict[str, tuple[Macro, str]]
    theorems: dict[str, str]
    """Environment name to printed name (`thm` to `Theorem`)."""


def collect(text: str) -> tuple[Definitions, str]:
    """The definitions in `text`, and `text` without them."""
    text = re.sub(r"\\xspace(?![A-Za-z@])", "", text)  # spaces behind macros are kept here anyway
    found = Definitions({}, {}, {})
    parts: list[str] = []
    at = 0
    while match := _DEFINITION.search(text, at):
        parts.append(text[at : match.start()])
        at = max(_define(text, match, found), match.end())
    parts.append(text[at:])
    return found, "".join(parts)


def expand(text: str, definitions: Definitions) -> str:
    """`text` with all macros and environments of `definitions` replaced by what they stand for."""
    text = _environments(text, definitions)
    macros = {name: macro for name, macro in definitions.macros.items() if _usable(name, macro)}
    if not macros:
        return text
    pattern = re.compile(r"\\(" + "|".join(sorted(map(re.escape, macros), key=len, reverse=True)) + r")(?![A-Za-z@])")
    done: list[str] = []
    for _ in range(_MOST):
        match = pattern.search(text)
        if match is None or len(text) > _LONGEST:
            break
        done.append(text[: match.start()])
        replaced, at = _apply(text, match.end(), macros[match[1]])
        text = replaced + text[at:]
    return "".join(done) + text


def _usable(name: str, macro: Macro) -> bool:
    internal = "@" in macro.body or re.search(r"\\(?:if|else|fi|expandafter|csname|futurelet)", macro.body)
    itself = re.search(rf"\\{re.escape(name)}(?![A-Za-z@])", macro.body)
    return not (_KEPT.fullmatch(name) or internal or itself)


def _apply(text: str, at: int, macro: Macro) -> tuple[str, int]:
    values: list[str] = []
    if macro.default is not None:
        given, after = option(text, at)
        values.append(given if after != at else macro.default)
        at = after
    while len(values) < macro.count:
        value, at = argument(text, at)
        values.append(value)
    if macro.count == 0 and text.startswith("{}", at):
        at += 2
    body = re.sub(r"#(\d)", lambda m: values[int(m[1]) - 1] if int(m[1]) <= len(values) else "", macro.body)
    glue = " " if re.search(r"\\[A-Za-z]+$", body) and text[at : at + 1].isalpha() else ""
    return body + glue, at


def _environments(text: str, definitions: Definitions) -> str:
    for name, (opening, closing) in definitions.environments.items():
        if name in opening.body or "@" in opening.body or "\\if" in opening.body:
            continue
        pattern = re.compile(r"\\begin\s*\{" + re.escape(name) + r"\}")
        for _ in range(1000):
            match = pattern.search(text)
            if match is None:
                break
            begun, at = _apply(text, match.end(), opening)
            text = text[: match.start()] + begun + text[at:]
        text = re.sub(r"\\end\s*\{" + re.escape(name) + r"\}", lambda _m, closing=closing: closing, text)  # type: ignore[misc]
    return text


def _define(text: str, match: re.Match[str], found: Definitions) -> int:
    """Notes one definition; returns the place after it."""
    first, at = argument(text, match.end())
    name = first.strip().lstrip("\\")
    if match["theorem"]:
        return _theorem(text, at, name, found)
    if match["env"]:
        count, default, at = _signature(text, at)
        opening, at = argument(text, at)
        closing, at = argument(text, at)
        found.environments[name] = (Macro(count, default, opening), closing)
        return at
    if match["operator"]:
        body, at = argument(text, at)
        found.macros[name] = Macro(0, None, rf"\operatorname{match['star']}{{{body}}}")
        return at
    if match["paired"]:
        left, at = argument(text, at)
        right, at = argument(text, at)
        found.macros[name] = Macro(1, None, rf"\left{left} #1 \right{right}")
        return at
    return _def(text, at, name, found) if match["def"] else _newcommand(text, at, name, match[0], found)


def _newcommand(text: str, at: int, name: str, command: str, found: Definitions) -> int:
    if "NewDocumentCommand" in command:
        signature, at = argument(text, at)
        body, at = argument(text, at)
        if re.fullmatch(r"[\sm]*", signature):
            found.macros[name] = Macro(signature.count("m"), None, body)
        return at
    count, default, at = _signature(text, at)
    body, at = argument(text, at)
    if not ("provide" in command and name in found.macros):
        found.macros[name] = Macro(count, default, body)
    return at


def _signature(text: str, at: int) -> tuple[int, str | None, int]:
    number, at = option(text, at)
    count = int(number) if number.strip().isdigit() else 0
    default: str | None = None
    if count and text.startswith("[", skip_blank(text, at)):
        default, at = option(text, at)
    return count, default, at


def _def(text: str, at: int, name: str, found: Definitions) -> int:
    parameters = re.compile(r"[^{]*").match(text, at)
    pattern = parameters[0].strip() if parameters else ""
    body = group(text, parameters.end() if parameters else at)
    if body is None:
        return at
    if re.fullmatch(r"(?:#\d)*", pattern):  # delimited parameters are rare, and are left alone
        found.macros[name] = Macro(pattern.count("#"), None, body[0])
    return body[1]


def _theorem(text: str, at: int, name: str, found: Definitions) -> int:
    _, at = option(text, at)
    printed, at = argument(text, at)
    _, at = option(text, at)
    found.theorems[name] = printed
    return at
