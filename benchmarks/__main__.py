"""`make bench`: run the measurements, write results.json and RESULTS.md. See README.md."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    broken_section,
    cold,
    disk,
    edit,
    frugal,
    inference,
    ingestion,
    judged,
    known,
    limits,
    output,
    preload,
    repair_turn,
    together,
    warm,
)
from benchmarks.child import without_names
from benchmarks.frame import Bench, InputMissing, Measurement
from benchmarks.images import Images
from benchmarks.machine import describe
from benchmarks.report import render
from benchmarks.results import Results, Section, load, save
from sandbox.engine import connect
from sandbox.setup.image import ensure_image

MEASUREMENTS: tuple[Measurement, ...] = (
    edit.MEASUREMENT,
    warm.MEASUREMENT,
    known.MEASUREMENT,
    cold.MEASUREMENT,
    preload.MEASUREMENT,
    output.MEASUREMENT,
    limits.MEASUREMENT,
    together.MEASUREMENT,
    repair_turn.MEASUREMENT,
    disk.MEASUREMENT,
    inference.MEASUREMENT,
    judged.MEASUREMENT,
    frugal.MEASUREMENT,
    ingestion.MEASUREMENT,
    broken_section.MEASUREMENT,
)
HERE = Path(__file__).parent
INPUTS: Mapping[str, str] = {
    "truth": "the truth of requirement inference: a file",
    "repos": "a folder with its repositories; may be given more than once",
    "index_names": "names on the package index, one a line (further columns by tabs): for inference's peers",
    "cases": "a folder with the judged repositories of outcomes.toml; may be given more than once",
    "verdicts": "a folder that keeps their verdicts",
    "without": "what cannot be had on this machine, see outcomes.py",
    "papers": "a folder of PDFs with their LaTeX or S2ORC JSON beside them; may be given more than once",
    "papercoder": "a clone of PaperCoder's repository, for frugal; without one git fetches it",
}
"""What only the user can name, as options or as P2C_BENCH_TRUTH and so on (with ":" between several)."""
PAPERS = HERE.parents[1] / "shared" / "papers"
"""Where papers are looked for if none are named: beside the project, as its tests do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 when every target that was measured is met, else 1."""
    chosen = _parser().parse_args(arguments)
    if chosen.list:
        print("\n".join(f"{one.name:12} {one.title}" for one in MEASUREMENTS))
        return 0
    client = connect()
    chosen.output.mkdir(parents=True, exist_ok=True)
    kept = chosen.output / "results.json"
    results = load(kept)
    wanted = [one for one in MEASUREMENTS if not chosen.only or one.name in chosen.only]
    with Images(client, ensure_image(client)) as images:
        bench = Bench(client, images, chosen.rounds, _inputs(chosen))
        for number, one in enumerate(wanted, 1):
            bench.say(f"[{number}/{len(wanted)}] {one.title}")
            try:
                results = results.with_section(run(one, bench))
            except InputMissing as error:  # what an earlier run found of it stays
                print(f"skipped {one.title}: {error}")
                continue
            save(results, kept)
            (chosen.output / "RESULTS.md").write_text(render(results), "utf-8")
    return 0 if tell(results, [one.name for one in wanted]) else 1


def run(measurement: Measurement, bench: Bench) -> Section:
    """Its section; where it fails as a whole, one that says why, so that the others go on."""
    began = time.monotonic()
    try:
        section = measurement.run(bench)
    except InputMissing:
        raise
    except Exception as error:  # noqa: BLE001 - one measurement's failure must not cost the others
        traceback.print_exc()
        said = without_names(str(error))[:300]
        section = Section(
            name=measurement.name,
            title=measurement.title,
            method="",
            command="",
            failed=f"{type(error).__name__}: {said}",
        )
    rounds = f" --rounds {bench.rounds}" if bench.rounds else ""
    more = f" {measurement.needs}" if measurement.needs else ""
    return section.model_copy(
        update={
            "command": f"make bench ARGS='--only {measurement.name}{rounds}{more}'",
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "seconds": round(time.monotonic() - began, 1),
            "machine": describe(bench.client),
        }
    )


def tell(results: Results, names: Sequence[str]) -> bool:
    """Print the targets of the sections `names`; whether all are met."""
    good = True
    for section in (one for one in results.sections if one.name in names):
        if section.failed:
            good = False
            print(f"{section.title}: not measured: {section.failed}")
        for target in section.targets:
            good &= target.met
            print(f"{'met   ' if target.met else 'MISSED'} {section.title}: {target.what}")
    return good


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure p2c beside what else could be used.")
    names = [one.name for one in MEASUREMENTS]
    parser.add_argument("--only", type=_listed(names), help=f"some of: {', '.join(names)} (comma-separated)")
    parser.add_argument("--rounds", type=int, help="rounds of every measurement, for a quick look")
    parser.add_argument("--output", type=Path, default=HERE, help="folder of RESULTS.md and results.json")
    for name, help_text in INPUTS.items():
        option = "--" + name.replace("_", "-")
        given = os.environ.get(f"P2C_BENCH_{name.upper()}", "")
        usual = [one for one in given.split(os.pathsep) if one]
        parser.add_argument(option, action="append", default=usual, dest=name, help=help_text)
    parser.add_argument("--list", action="store_true", help="print the measurements, and end")
    return parser


def _listed(names: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        asked = tuple(text.split(","))
        for one in asked:
            if one not in names:
                raise argparse.ArgumentTypeError(f"there is no measurement {one!r}; there are: {', '.join(names)}")
        return asked

    return read


def _inputs(chosen: argparse.Namespace) -> Mapping[str, tuple[str, ...]]:
    named = {name: tuple(given) for name in INPUTS if (given := getattr(chosen, name))}
    return {"papers": (str(PAPERS),), **named} if PAPERS.is_dir() else named


if __name__ == "__main__":
    sys.exit(main())
