"""LaTeX tables as pipe tables, algorithms as readable pseudo-code."""

from __future__ import annotations

import re
from collections.abc import Callable

from p2c.paper.latex_scan import argument, arguments, option
from p2c.paper.tables import pipe_table

Inline = Callable[[str], str]

_RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot|morecmidrules|hhline\{[^}]*\}|"
    r"cline\s*\{[^}]*\}|cmidrule\s*(?:\([^)]*\))?\s*(?:\[[^\]]*\])?\s*\{[^}]*\}|specialrule(?:\{[^}]*\}){3}|"
    r"addlinespace(?:\[[^\]]*\])?|rowcolor(?:\[[^\]]*\])?\{[^}]*\}|cellcolor(?:\[[^\]]*\])?\{[^}]*\}|"
    r"arrayrulecolor\{[^}]*\}|noalign\s*\{[^}]*\})|\\(?:cr|tabularnewline)(?![A-Za-z])"
)


def table(body: str, inline: Inline) -> str:
    r"""The body of a `tabular` (its column specification already taken off) as a pipe table.

    A cell over several columns stands in the first of them.
    """
    rows: list[list[str]] = []
    body = re.sub(r"\\tabularnewline(?![A-Za-z])", r"\\\\", body)
    for line in _split(_RULES.sub(" ", body), "\\\\"):
        cells: list[str] = []
        for cell in _split(re.sub(r"\A\s*(?:\[[^\]]*\]|\*)", "", line), "&"):
            text, width = _cell(cell)
            cells.extend([_flat(inline(text)), *[""] * (width - 1)])
        if any(cells):
            rows.append(cells)
    return pipe_table(rows)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _cell(cell: str) -> tuple[str, int]:
    r"""The text of a cell and how many columns it spans; `\multirow` and `\makecell` give their content."""
    width = 1
    found = re.search(r"\\multicolumn\s*(?=\{)", cell)
    if found:
        number, at = argument(cell, found.end())
        _, at = argument(cell, at)
        text, at = argument(cell, at)
        width = int(number) if number.strip().isdigit() else 1
        cell = cell[: found.start()] + text + cell[at:]
    found = re.search(r"\\multirow\s*(?=[\[{])", cell)
    if found:
        _, at = option(cell, found.end())
        _, at = argument(cell, at)
        _, at = option(cell, at)
        _, at = argument(cell, at)
        text, at = argument(cell, at)
        cell = cell[: found.start()] + text + cell[at:]
    found = re.search(r"\\(?:makecell|thead|shortstack|rotatebox)\s*(?=[\[{])", cell)
    if found:
        parts, at = arguments(cell, found.end())
        cell = cell[: found.start()] + (parts[-1] if parts else "").replace("\\\\", " ") + cell[at:]
    return cell, width


def _split(text: str, mark: str) -> list[str]:
    """`text` at each `mark` that stands in no group and no inner environment."""
    parts: list[str] = [""]
    depth, at = 0, 0
    while at < len(text):
        if depth == 0 and text.startswith(mark, at):
            parts.append("")
            at += len(mark)
            continue
        step = 2 if text[at] == "\\" else 1
        piece = text[at : at + step]
        if text.startswith("\\begin", at):
            depth += 1
        elif text.startswith("\\end{", at):
            depth -= 1
        elif piece == "{":
            depth += 1
        elif piece == "}":
            depth -= 1
        parts[-1] += piece
        at += step
    return parts


# ---------------------------------------------------------------- algorithms

# algorithmic, algorithmicx and algorithm2e; what each opens (+1), continues (0) or closes (-1), and how it reads.
_STEPS: dict[str, tuple[str, int]] = {
    "for": ("for {} do", 1),
    "forall": ("for all {} do", 1),
    "foreach": ("for each {} do", 1),
    "while": ("while {} do", 1),
    "if": ("if {} then", 1),
    "uif": ("if {} then", 1),
    "eif": ("if {} then", 1),
    "loop": ("loop", 1),
    "repeat": ("repeat", 1),
    "procedure": ("procedure {}({})", 1),
    "function": ("function {}({})", 1),
    "elsif": ("else if {} then", 0),
    "elseif": ("else if {} then", 0),
    "else": ("else", 0),
    "until": ("until {}", -1),
    "endfor": ("end for", -1),
    "endwhile": ("end while", -1),
    "endif": ("end if", -1),
    "endloop": ("end loop", -1),
    "endprocedure": ("end procedure", -1),
    "endfunction": ("end function", -1),
}
_STEP = re.compile(
    r"\\(?P<name>(?:End)?(?:For|While|If|Loop|Procedure|Function)|ForAll|ForEach|ElsIf|ElseIf|Else|Repeat|Until|"
    r"(?:END)?(?:FOR|WHILE|IF|LOOP|PROCEDURE|FUNCTION)|FORALL|ELSIF|ELSE|REPEAT|UNTIL|"
    r"State(?:x)?|STATE|Require|REQUIRE|Ensure|ENSURE|KwIn|KwOut|KwData|KwResult|Input|INPUT|Output|OUTPUT|"
    r"uIf|eIf|lIf|lFor|Return|RETURN)(?![A-Za-z@])\s*"
)
_HEADS = {"require": "Require:", "ensure": "Ensure:", "kwin": "Input:", "kwout": "Output:", "kwdata": "Data:"}
_HEADS |= {"kwresult": "Result:", "input": "Input:", "output": "Output:"}


def pseudo_code(body: str, inline: Inline) -> str:
    """The body of an `algorithmic` environment, or of algorithm2e's `algorithm`, one step a line, indented."""
    body = re.sub(r"\\(?:Comment|COMMENT|tcp\*?|tcc\*?)\s*(?=[{(])", r" \\triangleright ", body)
    body = body.replace("\\triangleright", "// ")
    return "\n".join(line for line in _steps(body, inline, 0) if line.strip())


def _steps(body: str, inline: Inline, level: int) -> list[str]:
    lines: list[str] = []
    at = 0
    while True:
        found = _STEP.search(body, at)
        free = body[at : found.start() if found else len(body)]
        lines.extend("  " * level + text for text in _free(free, inline))
        if found is None:
            return lines
        name, at = found["name"].lower(), found.end()
        if name.startswith("state"):
            continue
        if name in _HEADS or name in ("return",):
            head = _HEADS.get(name, "return")
            value, at = _until_step(body, at)
            lines.append("  " * level + f"{head} {_flat(inline(value))}".rstrip())
            continue
        template, change = _STEPS.get(name.removeprefix("l") if name in ("lif", "lfor") else name, ("{}", 0))
        values, at = _values(body, at, template.count("{}"))
        if change <= 0:
            level = max(level - 1, 0)
        lines.append("  " * level + template.format(*(_flat(inline(value)) for value in values)))
        if change > 0 and body.startswith("{", at):  # algorithm2e: the block is the next group
            block, at = argument(body, at)
            lines.extend(_steps(block, inline, level + 1))
        elif change >= 0:
            level += 1


def _values(body: str, at: int, count: int) -> tuple[list[str], int]:
    values: list[str] = []
    for _ in range(count):
        value, at = argument(body, at) if body.startswith("{", at) else ("", at)
        values.append(value)
    return values, at


def _until_step(body: str, at: int) -> tuple[str, int]:
    """A head's text: its group, else all up to the next command or line end."""
    if body.startswith("{", at):
        return argument(body, at)
    found = _STEP.search(body, at)
    end = min(
        found.start() if found else len(body), *(place for place in (body.find("\\;", at),) if place >= 0), len(body)
    )
    return body[at:end], end


def _free(text: str, inline: Inline) -> list[str]:
    parts = re.split(r"\\;|\\\\|\n\s*\n", text)
    return [_flat(inline(part)) for part in parts if part.strip()]
