"""Running LaTeX text as Markdown: styles, citations, references, accents; mathematics stays LaTeX between `$`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from pylatexenc.latex2text import LatexNodes2Text

from p2c.paper.latex_flatten import MARK
from p2c.paper.latex_scan import replace_command

_MATH = re.compile(r"\\\((.*?)\\\)|(?<!\\)\$((?:\\.|[^$\\])+)\$", re.DOTALL)
_HELD = re.compile(f"{MARK}M(\\d+){MARK}")
_CODE = re.compile(f"{MARK}(\\d+){MARK}")
_CITE = (
    r"(?:[Cc]ite(?:[pt]|alp|alt|author|year|yearpar|num|text|nop|textcolor|A|s)?|parencite|textcite|autocite|footcite|"
    r"citealt\*?|citeyearNP|shortcite|citet\*|citep\*|newcite|onlinecite|supercite|nocite)"
)
_REF = r"(?:ref|eqref|autoref|cref|Cref|pageref|nameref|vref|labelcref|subref)"
_DROPPED_WITH_ARGUMENT = (
    r"(?:label|vspace|hspace|vskip|thispagestyle|pagestyle|setcounter|addtocounter|setlength|addtolength|index|"
    r"bibliographystyle|bibliography|addbibresource|graphicspath|hypersetup|usepackage|phantom|hphantom|vphantom|"
    r"titlespacing|captionsetup|cmidrule|pdfinfo|markboth|markright|email|address|affiliation|institute|keywords|"
    r"renewcommand|newcommand|color|selectlanguage|fontsize|linespread|allowdisplaybreaks|enlargethispage|"
    r"addcontentsline|numberwithin|crefname|Crefname|newcounter|stepcounter|refstepcounter|balance|todo)"
)
_STYLES = {
    r"textbf": "**",
    r"textit|emph|textsl|uline|underline": "*",
}
_PLAIN = r"(?:textsc|textrm|textsf|textnormal|textup|textmd|mbox|hbox|text|makebox|fbox|framebox|raggedright|uppercase)"
_OLD_STYLE = re.compile(
    r"\\(?:bf|it|em|rm|sc|sf|sl|tt|bfseries|itshape|scshape|ttfamily|rmfamily|sffamily|normalfont|tiny|scriptsize|"
    r"footnotesize|small|normalsize|large|Large|LARGE|huge|Huge|centering|noindent|indent|raggedright|raggedleft|"
    r"newpage|clearpage|cleardoublepage|pagebreak|linebreak|nolinebreak|nopagebreak|smallskip|medskip|bigskip|vfill|"
    r"hfill|maketitle|tableofcontents|twocolumn|onecolumn|break|sloppy|fussy|protect|relax|par|hline|toprule|midrule|"
    r"bottomrule|leavevmode|ignorespaces|unskip|null|displaystyle|textstyle|appendix|flushleft|onehalfspacing|"
    r"singlespacing|doublespacing|balance)(?![A-Za-z@])[ \t]*"
)


@cache
def _converter() -> LatexNodes2Text:
    return LatexNodes2Text(math_mode="verbatim", strict_latex_spaces=True, keep_comments=True)


def inline(text: str, labels: Mapping[str, str] | None = None, code: list[str] | None = None) -> str:
    """`text` (without block environments) as Markdown; blank lines stay paragraph breaks."""
    held: list[str] = []

    def hold(value: str) -> str:
        held.append(value)
        return f"{MARK}M{len(held) - 1}{MARK}"

    def math(found: re.Match[str]) -> str:
        return hold(f"${' '.join((found[1] or found[2] or '').split())}$")

    def cited(_: str, keys: list[str]) -> str:
        return hold("[" + "; ".join(key.strip() for key in keys[0].split(",")) + "]")

    known = labels or {}
    text = _MATH.sub(math, text)
    text = replace_command(text, _CITE, cited)
    text = replace_command(text, _REF, lambda name, keys: hold(_reference(name, keys[0], known)))
    text = replace_command(text, "url|path|nolinkurl", lambda _, values: hold(values[0]))
    text = replace_command(text, "href", lambda _, values: values[1] + " (" + hold(values[0]) + ")", count=2)
    text = replace_command(text, "textcolor|colorbox", lambda _, values: values[1], count=2)
    text = replace_command(text, "texttt", lambda _, values: "`" + values[0] + "`")
    for names, mark in _STYLES.items():
        text = replace_command(text, names, lambda _, values, mark=mark: _styled(values[0], mark))  # type: ignore[misc]
    text = replace_command(text, _PLAIN, lambda _, values: values[0])
    text = replace_command(text, _DROPPED_WITH_ARGUMENT, lambda _, _values: "")
    text = _OLD_STYLE.sub("", text)
    text = re.sub(r"\\\\(?:\[[^\]]*\])?|\\newline(?![A-Za-z])", "\n", text)
    paragraphs = [_plain(part) for part in re.split(r"\n\s*\n", text)]
    text = "\n\n".join(part for part in paragraphs if part)
    while _HELD.search(text):
        text = _HELD.sub(lambda m: held[int(m[1])], text)
    return _CODE.sub(lambda m: _code(code, int(m[1])), text)


def _plain(paragraph: str) -> str:
    """Accents, quotes, dashes and what other macros there are, by pylatexenc; an unknown macro leaves its groups."""
    text = paragraph.replace("~", " ").replace("\\,", " ").replace("\\ ", " ").replace("\\/", "").replace("\\@", "")
    text = re.sub(r"\\-", "", text)
    text = text.replace("<<", "«").replace(">>", "»")
    text = text.replace("``", "“").replace("''", "”")
    text = re.sub(r"(?<!-)---(?!-)", "—", text)
    text = re.sub(r"(?<!-)--(?!-)", "–", text)
    text = str(_converter().latex_to_text(text))
    return " ".join(text.split())


def _styled(value: str, mark: str) -> str:
    inner = value.strip()
    if not inner or "\n\n" in inner:
        return value
    return f"{' ' if value[0].isspace() else ''}{mark}{inner}{mark}{' ' if value[-1].isspace() else ''}"


def _reference(name: str, keys: str, labels: Mapping[str, str]) -> str:
    shown = []
    for key in (part.strip() for part in keys.split(",")):
        kind, _, number = labels.get(key, "").partition(" ")
        if not number:
            shown.append(f"[{key}]")
        elif name in ("autoref", "cref", "Cref", "vref"):
            shown.append(f"{kind} {number}")
        else:
            shown.append(f"({number})" if name == "eqref" else number)
    return ", ".join(shown)


def _code(code: list[str] | None, number: int) -> str:
    if code is None or number >= len(code):
        return ""
    text = code[number]
    return f"```text{text}```" if text.startswith("\n") else f"`{text}`"
