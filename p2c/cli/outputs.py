"""Where `p2c verify` writes: the verdict, the reports, and what GitHub's steps offer; checked before anything runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from p2c.errors import UsageError
from p2c.report.formats import FORMATS, render
from p2c.report.formats.github import annotate, without_commands
from p2c.report.formats.place import prefix_of
from sandbox.verdict import Verdict

STDOUT = "-"
_SUMMARY_BYTES = 1024 * 1024
"""GitHub takes so much for a step's summary."""


class ReportFile(click.ParamType[tuple[str, Path]]):
    """A report to write: `junit=FILE`, `sarif=FILE`, ..."""

    name = "report"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path]:
        """The format and the file."""
        name, separator, file = str(value).partition("=")
        if name not in FORMATS or not separator or not file:
            self.fail(f"{value!r} is no report; write FORMAT=FILE, FORMAT one of {', '.join(FORMATS)}", param, ctx)
        return name, Path(file)


@dataclass(frozen=True)
class Outputs:
    """The places that a verdict goes to.

    Attributes:
        verdict: a file, or `-` for standard output.
        reports: format and file.
        annotate: whether workflow commands are printed for GitHub.
        is_read: whether GitHub reads along, so that nothing else that is printed may be a workflow command.
        step_summary: GitHub's file for the step's summary, which is added to.
        prefix: from the checkout's root to the repository.
    """

    verdict: str
    reports: tuple[tuple[str, Path], ...] = ()
    annotate: bool = False
    is_read: bool = False
    step_summary: Path | None = None
    prefix: str = ""

    @classmethod
    def choose(
        cls,
        repository: Path,
        output: str | None,
        reports: tuple[tuple[str, Path], ...],
        *,
        annotate: bool | None,
        baseline: Path | None,
        environ: Mapping[str, str],
    ) -> Outputs:
        """The places that the user and the CI system named.

        Args:
            annotate: None: where GitHub runs it.
            baseline: a file that must not be written over.

        Raises:
            UsageError: one of them cannot be written to, is inside the repository, or is named twice.
        """
        folder = repository.resolve()
        verdict = output or _usual_place(folder, baseline)
        files = {"the verdict": Path(verdict)} if verdict != STDOUT else {}
        for name, path in reports:
            if f"the {name} report" in files:
                raise UsageError(f"--report {name}=FILE is given twice; one file a format")
            files[f"the {name} report"] = path
        _check(files, folder, baseline)
        is_github = environ.get("GITHUB_ACTIONS") == "true"
        summary = environ.get("GITHUB_STEP_SUMMARY") if is_github else None
        return cls(
            verdict=verdict,
            reports=reports,
            annotate=is_github if annotate is None else annotate,
            is_read=is_github or annotate is True,
            step_summary=Path(summary) if summary else None,
            prefix=prefix_of(folder, environ),
        )

    def write(self, verdict: Verdict) -> None:
        """Write every file; what goes to standard output is left to `printed`. Raises UsageError."""
        if self.verdict != STDOUT:
            _write("verdict", Path(self.verdict), as_json(verdict))
        for name, path in self.reports:
            _write(f"{name} report", path, render(name, verdict, self.prefix))
        if self.step_summary is not None:
            _append(self.step_summary, render("summary", verdict, self.prefix))

    def printed(self, verdict: Verdict) -> str:
        """The verdict as JSON, where it goes to standard output; else nothing."""
        return without_commands(as_json(verdict)) if self.verdict == STDOUT else ""

    def annotations(self, verdict: Verdict) -> str:
        """The workflow commands to print; nothing where none are wanted."""
        return annotate(verdict, self.prefix) if self.annotate else ""


def as_json(verdict: Verdict) -> str:
    """The content of `verdict.json`."""
    return verdict.model_dump_json(indent=2) + "\n"


def _usual_place(folder: Path, baseline: Path | None) -> str:
    """`verdict.json` here, or beside the repository that one stands in; another name where that is the baseline."""
    is_inside = Path.cwd().resolve().is_relative_to(folder)
    place = folder.with_name(f"{folder.name}-verdict.json") if is_inside else Path("verdict.json")
    return str(place.with_stem(f"{place.stem}-now") if _is_same(place, baseline) else place)


def _check(files: Mapping[str, Path], folder: Path, baseline: Path | None) -> None:
    taken: dict[str, str] = {}
    for what, path in files.items():
        real = os.path.realpath(path)
        if Path(real).is_relative_to(folder):
            raise UsageError(
                f"{what} would be written to {path}, inside the repository, which is never written to; "
                f"name another place{_hint(what)}"
            )
        if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
            raise UsageError(f"{what} cannot be written to {path}; name another place{_hint(what)}")
        if _is_same(path, baseline):
            raise UsageError(f"{what} would be written over the baseline {path}; name another place{_hint(what)}")
        if real in taken and not path.is_char_device():
            raise UsageError(f"{what} and {taken[real]} would both be written to {path}; name two files")
        taken[real] = what


def _hint(what: str) -> str:
    return " with -o FILE, or - for standard output" if what == "the verdict" else ""


def _is_same(path: Path, other: Path | None) -> bool:
    return other is not None and os.path.realpath(path) == os.path.realpath(other)


def _write(what: str, path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"the {what} cannot be written to {path}: {error.strerror}; name another place") from error


def _append(path: Path, text: str) -> None:
    content = text.encode("utf-8", "replace")[: _SUMMARY_BYTES // 2].decode("utf-8", "ignore").encode()
    try:
        with path.open("ab") as stream:
            stream.write(content + b"\n")
    except OSError as error:
        raise UsageError(f"the step's summary cannot be written to {path}: {error.strerror}") from error
