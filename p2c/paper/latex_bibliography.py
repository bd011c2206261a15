"""References of a LaTeX source: the compiled `.bbl`, else the cited entries of the `.bib` files."""

from __future__ import annotations

import posixpath
import re

from p2c.paper.latex_flatten import Flat, without_comments
from p2c.paper.latex_inline import inline
from p2c.paper.latex_scan import argument, group
from p2c.paper.latex_source import Source, decode

_COMMAND = re.compile(
    r"\\(?:bibliography|addbibresource)(?:\[[^\]]*\])?\s*\{([^}]*)\}|\\printbibliography(?:\[[^\]]*\])?"
)
_CITED = re.compile(r"\\[A-Za-z]*cite[A-Za-z]*\*?\s*(?:\[[^\]]*\]\s*)*\{([^}]*)\}", re.IGNORECASE)
_FIELDS = ("title", "journal", "booktitle", "publisher", "year", "eprint")


def with_bibliography(flat: Flat, source: Source, main: str) -> str:
    r"""The text of `flat` with its `\bibliography` replaced by a `thebibliography` environment, if one can be had."""
    text = flat.text
    commands = list(_COMMAND.finditer(text))
    if not commands or "\\begin{thebibliography}" in text:
        return text
    names = [name.strip() for command in commands for name in (command[1] or "").split(",") if name.strip()]
    compiled = _compiled(source, main)
    body = compiled or _from_bib(flat, source, names, text)
    if not body:
        flat.notes.append("The bibliography's file is not in the source; references are missing.")
    environment = f"\n\n\\begin{{thebibliography}}{{9}}\n{body}\n\\end{{thebibliography}}\n" if body else ""
    first, last = commands[0], commands[-1]
    return text[: first.start()] + environment + text[last.end() :]


def _compiled(source: Source, main: str) -> str:
    """The entries of the `.bbl` beside `main`."""
    stem = main.removesuffix(".tex")
    for name in (f"{stem}.bbl", posixpath.join(posixpath.dirname(main), "main.bbl"), "output.bbl"):
        data = source.read(name)
        if data:
            text = without_comments(decode(data))
            found = re.search(r"\\bibitem.*?(?=\\end\s*\{thebibliography\}|\Z)", text, re.DOTALL)
            return found[0] if found else ""
    return ""


def _from_bib(flat: Flat, source: Source, names: list[str], text: str) -> str:
    cited = [key.strip() for keys in _CITED.findall(text) for key in keys.split(",")]
    entries: dict[str, str] = {}
    for name in names:
        file = name if name.endswith(".bib") else f"{name}.bib"
        data = source.read(file)
        content = flat.files.get(file) or (decode(data) if data else "")
        entries.update(_entries(content))
    wanted = dict.fromkeys(key for key in cited if key in entries)
    return "\n".join(f"\\bibitem{{{key}}} {entries[key]}" for key in wanted)


def _entries(content: str) -> dict[str, str]:
    """Key and one line (authors, title, where, year) of each entry of a BibTeX file."""
    found: dict[str, str] = {}
    for head in re.finditer(r"@(?!comment|string|preamble)\w+\s*(?=\{)", content, re.IGNORECASE):
        held = group(content, head.end())
        if held is None:
            continue
        key, _, rest = held[0].partition(",")
        fields = _fields(rest)
        authors = fields.get("author", "").replace(" and ", ", ")
        parts = [authors, *(fields[name] for name in _FIELDS if fields.get(name))]
        found[key.strip()] = ". ".join(part for part in parts if part) + "."
    return found


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    at = 0
    while found := re.compile(r"([A-Za-z]+)\s*=\s*").search(text, at):
        if text.startswith("{", found.end()):
            value, at = argument(text, found.end())
        elif text.startswith('"', found.end()):
            end = text.find('"', found.end() + 1)
            value, at = text[found.end() + 1 : end], max(end + 1, found.end() + 1)
        else:
            bare = re.compile(r"[^,\n]*").match(text, found.end())
            value, at = (bare[0], bare.end()) if bare else ("", found.end())
        fields[found[1].lower()] = " ".join(inline(value).replace("*", "").split())
    return fields
