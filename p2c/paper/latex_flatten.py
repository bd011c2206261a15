r"""One LaTeX text out of many files: `\input` and its kin replaced by what they name, comments taken out."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

from p2c.paper.latex_scan import argument
from p2c.paper.latex_source import Source, decode

_VERBATIM = re.compile(
    r"\\begin\s*\{(verbatim\*?|Verbatim|lstlisting|minted|alltt|pyglist)\}(.*?)\\end\s*\{\1\}", re.DOTALL
)
_FILECONTENTS = re.compile(
    r"\\begin\s*\{filecontents\*?\}(?:\[[^\]]*\])?\{([^}]+)\}(.*?)\\end\s*\{filecontents\*?\}", re.DOTALL
)
_VERB = re.compile(r"\\(?:verb\*?|lstinline(?:\[[^\]]*\])?)([^A-Za-z\s{*])(.*?)\1")
_COMMENT_ENV = re.compile(r"\\begin\s*\{comment\}.*?\\end\s*\{comment\}|\\iffalse\b.*?\\fi\b", re.DOTALL)
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(\n[ \t]*)?")
_INPUT = re.compile(r"\\(input|include|subfile|subfileinclude|import|subimport|InputIfFileExists)(?![A-Za-z@])\s*")
_DEEPEST = 20
MARK = "\x00"


@dataclass
class Flat:
    """A flattened source, with what was set aside while flattening."""

    text: str = ""
    code: list[str] = field(default_factory=list)
    """Verbatim listings and inline code; `MARK n MARK` stands for the n-th in the text."""
    files: dict[str, str] = field(default_factory=dict)
    """Files that the text itself holds (`filecontents`)."""
    notes: list[str] = field(default_factory=list)
    read: dict[str, bytes] = field(default_factory=dict)
    """The files that were read, by name."""


def flatten(source: Source, main: str) -> Flat:
    """The whole text of `main` in `source`."""
    flat = Flat()
    flat.text = _file(source, main, flat, ())
    return flat


def _file(source: Source, name: str, flat: Flat, above: tuple[str, ...]) -> str:
    data = source.read(name) or b""
    flat.read[name] = data
    text = decode(data)
    text = _FILECONTENTS.sub(lambda m: _keep(flat, m[1], m[2]), text)
    text = _VERBATIM.sub(lambda m: f"\n\n{_aside(flat, _listing(m[2]))}\n\n", text)
    text = _VERB.sub(lambda m: _aside(flat, m[2]), text)
    text = without_comments(text)
    if above:
        inner = re.search(r"\\begin\s*\{document\}(.*?)(?:\\end\s*\{document\}|\Z)", text, re.DOTALL)
        text = inner[1] if inner else text
    else:
        text = re.split(r"\\end\s*\{document\}", text, maxsplit=1)[0]
    parts: list[str] = []
    at = 0
    while found := _INPUT.search(text, at):
        parts.append(text[at : found.start()])
        wanted, at = _wanted(text, found)
        parts.append(_included(source, wanted, flat, (*above, name)))
    parts.append(text[at:])
    return "".join(parts)


def _wanted(text: str, found: re.Match[str]) -> tuple[str, int]:
    """The file that an input command names, and the place after the command."""
    if found[1] in ("import", "subimport"):
        folder, at = argument(text, found.end())
        name, at = argument(text, at)
        return posixpath.join(folder.strip(), name.strip()), at
    if text.startswith("{", found.end()):
        name, at = argument(text, found.end())
    else:  # plain TeX: the name ends at a space
        bare = re.compile(r"[^\s\\{}]+").match(text, found.end())
        name, at = (bare[0], bare.end()) if bare else ("", found.end())
    return name.strip().strip('"'), at


def _included(source: Source, name: str, flat: Flat, above: tuple[str, ...]) -> str:
    if not name or len(above) > _DEEPEST:
        return ""
    if name.startswith("/") or ".." in name.split("/"):
        flat.notes.append(f"`{name}` lies outside the source and was not read.")
        return ""
    near = posixpath.join(posixpath.dirname(above[-1]), name)
    for candidate in (name, f"{name}.tex", near, f"{near}.tex"):
        if candidate not in above and source.read(candidate) is not None:
            return _file(source, candidate, flat, above)
    flat.notes.append(f"`{name}` is included but is not in the source; its text is missing.")
    return ""


def without_comments(text: str) -> str:
    """`text` without `%` comments (each takes its line end along, as in TeX) and `comment` environments."""
    text = _COMMENT.sub(lambda m: m[1] + _comment_end(text, m), text)
    return _COMMENT_ENV.sub("", text)


def _comment_end(text: str, found: re.Match[str]) -> str:
    alone = (
        text.rfind("\n", 0, found.start()) + 1 == found.start()
        or not text[text.rfind("\n", 0, found.start()) + 1 : found.start()].strip()
    )
    if found[2] is None or alone:
        return ""
    return "" if text[found.start() - 1 : found.start()] in "{}" else "\n"


def _keep(flat: Flat, name: str, content: str) -> str:
    flat.files[name] = content
    return ""


def _aside(flat: Flat, code: str) -> str:
    flat.code.append(code)
    return f"{MARK}{len(flat.code) - 1}{MARK}"


def _listing(body: str) -> str:
    """A listing without the environment's own arguments; it keeps its line ends, which tell it from inline code."""
    return "\n" + re.sub(r"\A(?:\[[^\]]*\])?(?:\{[a-z+]+\})?[ \t]*\n", "", body).rstrip() + "\n"
