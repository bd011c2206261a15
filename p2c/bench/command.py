"""The ordinary command that runs one entry, as a user would type it."""

from __future__ import annotations

from pathlib import Path

from p2c.bench.entry import Entry


def command_of(entry: Entry, folder: Path, max_cost: float | None) -> tuple[str, ...]:
    """The words after `p2c`.

    Args:
        folder: the run folder.
        max_cost: dollars that the run may spend in all; None: no limit.
    """
    options = entry.options
    words = ["repair" if entry.kind == "repository" else "generate"]
    given = {
        "smoke": options.smoke,
        "timeout": options.timeout,
        "runtime": options.runtime,
        "model": None if options.no_model or entry.recorded else options.model,
        "recorded": entry.recorded,
        "max-attempts": options.max_attempts,
        "max-cost": None if options.no_model else max_cost,
        "max-minutes": options.max_minutes,
        "candidates": options.candidates,
        "edit-format": options.edit_format,
    }
    words += [f"--{name}={_word(value)}" for name, value in given.items() if value is not None]
    words += [f"--allow={name}" for name in options.allow]
    words += ["--no-model"] if options.no_model else []
    words += ["--figures"] if options.figures else []
    return *words, f"--output={folder}", "--", str(entry.path)


def _word(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
