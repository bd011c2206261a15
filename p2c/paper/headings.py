"""What a heading says: its number, its depth, and the kind of section it begins. Shared by all readers."""

from __future__ import annotations

import re
from typing import Literal

SectionKind = Literal["body", "appendix", "references", "acknowledgements"]

NUMBER = re.compile(
    r"^(?:(?:Section|§)\s*)?((?:\d{1,2}|[A-Z])(?:\.\d{1,2})*)(?:[.):]?\s+(?=\S)|(?<=\d)\.(?=[^\W\d_a-z]))"
)
"""A heading's number, with or without a space behind its full stop (`1.Introduction`)."""
ROMAN = re.compile(r"^([IVX]{1,5})\.\s+(?=\S)")
_APPENDIX = re.compile(r"^(?:appendi(?:x|ces)|supplementa(?:ry|l)\b|приложени)", re.IGNORECASE)
_REFERENCES = re.compile(
    r"^(?:references?|bibliography|literature(?: cited)?|works cited|(?:список )?литератур[аы]|"
    r"literatur(?:verzeichnis)?|références|bibliographie|referencias)\b[\s.:]*(?:and notes)?$",
    re.IGNORECASE,
)
_THANKS = re.compile(r"^(?:acknowledge?ments?|благодарност[ьи]|danksagung|remerciements)\b", re.IGNORECASE)
_ABSTRACT = re.compile(r"^(?:abstract|аннотация|zusammenfassung|résumé|resumen|summary)\s*[.:—–-]*$", re.IGNORECASE)
_KNOWN = re.compile(
    r"^(?:abstract|introduction|background|related works?|methods?|methodology|experiments?|results?|discussion|"
    r"conclusions?(?: and future work)?|future work|limitations|references|bibliography|appendix|acknowledge?ments?|"
    r"введение|заключение|аннотация|литература)$",
    re.IGNORECASE,
)


def bare(title: str) -> str:
    """`title` without its number."""
    return ROMAN.sub("", NUMBER.sub("", title, count=1), count=1).strip()


def depth(title: str) -> int | None:
    """The level that the number of a heading tells (`3.1` is 2), or None without a number."""
    numbered = NUMBER.match(title)
    if numbered:
        return min(numbered[1].count(".") + 1, 6)
    return 1 if ROMAN.match(title) else None


def is_abstract(title: str) -> bool:
    """Whether the heading is that of the abstract."""
    return bool(_ABSTRACT.match(title.strip()))


def is_known(title: str) -> bool:
    """Whether the heading is one that papers have, numbered or not."""
    return bool(_KNOWN.match(bare(title)))


def kind_of(title: str, before: SectionKind = "body") -> SectionKind:
    """The kind of section that `title` begins, after a section of the kind `before`."""
    name = bare(title).strip(" *.:") or title
    if _REFERENCES.match(name):
        return "references"
    if _THANKS.match(name):
        return "acknowledgements"
    if _APPENDIX.match(name) or _APPENDIX.match(title):
        return "appendix"
    lettered = bool(re.match(r"^[A-Z](?:\.\d+)*\.?\s", title)) and depth(title) is not None
    if before in ("references", "appendix") or (before == "acknowledgements" and lettered):
        return "appendix"
    return "body"
