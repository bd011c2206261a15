"""Runs inside a container: compiles every Python file below the working directory and prints what does not.

Standard library only. One JSON line a broken file: {file, line, column, code, message}. Nothing is executed.
A file that crashes the parser itself crashes a child process, not the others. It begins at the end of the first line
of its standard input, or of the input itself. The command of a further tool, ruff, comes as arguments: it runs beside,
writes to RUFF, and may crash or hang without any harm to the parser's report.
"""

import io
import json
import os
import re
import subprocess
import sys
import tokenize
import warnings
from contextlib import suppress
from pathlib import Path

RUFF = Path("/job/ruff.json")
RUFF_SECONDS = 60

PYTHON_2 = (
    "Missing parentheses in call to 'print'",
    "Missing parentheses in call to 'exec'",
    "multiple exception types must be parenthesized",
    "leading zeros in decimal integer literals are not permitted",
)
CUT_OFF = (
    "was never closed",
    "unterminated triple-quoted",
    "unexpected EOF",
    "unterminated string literal",
    "expected an indented block",
    "expected 'except' or 'finally' block",
    "invalid syntax",
)
FENCE = re.compile(r"^\s*(?:```|~~~)[\w.+-]*\s*$", re.MULTILINE)
CODE_LINE = re.compile(
    r"^\s*(?:(?:async\s+)?def |class |import |from \S+ import|return\b|if .*:$|for .*:$|while .*:$|try:|except.*:$|"
    r"else:|with .*:$|elif .*:$|raise |assert |@|#|pass$|[\w.\[\], ]+\s*[-+*/]?=[^=]|[\w.]+\(.*\)$|[)\]}])"
)
PROSE_LINE = re.compile(r"^\s*(?:[-*\d.]+\s+)?(?:[*_`(\"']*[A-Za-z][\w'`*-]*[,;:]? +){4,}")

SHELL_LINE = re.compile(
    r"^\s*(?:[$%>#]\s+)?(?:sudo\s+)?(?:(?:pip|pip3|python|python3|conda|npm|apt|apt-get|brew|cd|source|git|streamlit|"
    r"flask|uvicorn|bash|sh)\s+[\w./-].*|\./[\w./-]+.*)$"
)


def nature(text: str, error_line: int, message: str) -> tuple[str, str]:
    """A code and a sentence for a file that does not compile."""
    return was_never_code(text, error_line) or is_damaged(text, error_line, message) or ("syntax", "")


def was_never_code(text: str, error_line: int) -> tuple[str, str] | None:
    """What the file is instead of code: an answer of a model that was saved as it came."""
    lines = [line for line in text.splitlines() if line.strip()]
    fences = len(FENCE.findall(text))
    code = sum(1 for line in lines if CODE_LINE.match(line))
    prose = sum(1 for line in lines if PROSE_LINE.match(line) and not CODE_LINE.match(line))
    if len(lines) <= 2 and text.count("\\n") >= 3:
        return "one-line", "the whole file is one line with literal \\n in place of line breaks; write it again"
    if 1 <= len(lines) <= 3 and all(SHELL_LINE.match(line) for line in lines):
        return "shell", "holds a shell command, not Python; write the file again, or delete it"
    if fences % 2:
        return (
            "fence-cut",
            "cut off behind an open Markdown fence (the answer reached its length limit); write it again",
        )
    if fences:
        return "fence", "holds Markdown fences around or between the code; keep only the code"
    if error_line <= 5 and prose > max(1, code):
        return "prose", "holds prose, not Python; write the file again"
    return None


def is_damaged(text: str, error_line: int, message: str) -> tuple[str, str] | None:
    """Python 2, or code that ends in the middle of a statement."""
    if any(message.startswith(start) for start in PYTHON_2):
        return "python2", "is Python 2 code, and Python 3 is what runs it"
    unclosed = "was never closed" in message or "unterminated triple-quoted" in message
    at_end = error_line >= len(text.rstrip().splitlines()) and any(part in message for part in CUT_OFF)
    if (at_end or unclosed) and not text.rstrip(" ").endswith("\n"):
        return "cut-off", "ends in the middle of a statement, as if it had been cut off"
    return None


def check(path: Path) -> dict[str, str | int] | None:
    """None for a file that compiles, else what is wrong with it."""
    data = path.read_bytes()
    try:
        check_encoding(data)
        compile(data, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        line, message = error.lineno or 1, error.msg or "invalid syntax"
        code, sentence = nature(data.decode("utf-8-sig", "replace"), line, message)
        said = f"{message} ({sentence})" if sentence else message
        return {"line": line, "column": error.offset or 0, "code": code, "message": said}
    except ValueError as error:
        return {"line": 1, "column": 0, "code": "not-text", "message": f"{error}; the file is not Python source"}
    except (RecursionError, MemoryError):
        return {"line": 1, "column": 0, "code": "too-deep", "message": "nested too deeply for Python's parser"}
    return None


def check_encoding(data: bytes) -> None:
    """Raise SyntaxError as the interpreter does for a file; `compile` reads comments of bytes leniently (PEP 263)."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        text = f"Non-UTF-8 code starting with '\\x{data[error.start]:02x}' on line {line}, but no encoding declared"
        if not encoding.startswith("utf-8"):
            text = f"encoding problem: {encoding} cannot decode line {line}"
        raise SyntaxError(text, (None, line, 0, None)) from error


def report(path: Path, found: dict[str, str | int]) -> None:
    """Print one broken file."""
    sys.stdout.write(json.dumps({"file": path.as_posix(), **found}) + "\n")
    sys.stdout.flush()


def check_from(paths: list[Path], start: int) -> int | None:
    """Check in a child; the first path that was not done (a crash), or None when all were."""
    progress, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(progress)
        for number in range(start, len(paths)):
            found = check(paths[number])
            if found:
                report(paths[number], found)
            os.write(writer, b".")
        os._exit(0)
    os.close(writer)
    done = start
    while chunk := os.read(progress, 65536):
        done += len(chunk)
    os.close(progress)
    os.waitpid(child, 0)
    return done if done < len(paths) else None


def main() -> None:
    """Check every file; a crash of the parser costs the file that caused it, and no other."""
    warnings.simplefilter("ignore")
    sys.stdin.readline()
    ruff = beside(sys.argv[1:])
    paths = sorted(Path().rglob("*.py"))
    start: int | None = 0
    while start is not None and start < len(paths):
        start = check_from(paths, start)
        if start is not None:
            crash: dict[str, str | int] = {"line": 1, "column": 0, "code": "too-deep"}
            report(paths[start], {**crash, "message": "crashes Python's own parser"})
            start += 1
    sys.stdout.write(json.dumps({"checked": len(paths), "ruff": ended(ruff)}) + "\n")


def beside(command: list[str]) -> subprocess.Popen[bytes] | None:
    """Start the other tool."""
    try:
        with RUFF.open("wb") as report:
            return subprocess.Popen(command, stdout=report, stderr=subprocess.PIPE)
    except OSError:
        return None


def ended(tool: subprocess.Popen[bytes] | None) -> str:
    """Why its report is of no use; an empty string when it ended well."""
    if tool is None:
        return "it cannot be started"
    said = b""
    with suppress(subprocess.TimeoutExpired):
        _, said = tool.communicate(timeout=RUFF_SECONDS)
    if tool.returncode is None:
        tool.kill()
        return f"it was not done after {RUFF_SECONDS} s"
    return "" if tool.returncode == 0 else f"exit status {tool.returncode}: {said[-300:].decode('utf-8', 'replace')}"


if __name__ == "__main__":
    main()
