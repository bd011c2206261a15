"""Recorded replies to the prompts about the broken repositories: kept from a run, and renewed when prompts change.

    python -m benchmarks.broken_replies --keep OUT    # those of a run of `p2c bench` over the set become the recorded
    python -m benchmarks.broken_replies --renew       # the recorded ones, made anew for the prompts of today

A reply is found by its question, else by its step and in order; so a change of words in the prompts throws none away,
and `--renew` only makes the keys and tokens in their headers anew. Where fixers or prompts have changed so that a
repository asks more, or otherwise, its replies have to be recorded again: `--keep` after a run with a model.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.broken_set import REPLIES, cases, write_set
from p2c.bench.child import p2c
from p2c.bench.places import RUNS
from p2c.bench.result import Bench
from p2c.errors import UsageError
from p2c.model.exchanges import read_exchanges
from p2c.model.recorded import save_recording

RUN_SECONDS = 3600.0
EXCHANGES = "exchanges.jsonl"


def keep(out: Path, replies: Path) -> tuple[str, ...]:
    """Put the replies of a run of `p2c bench` in the place of the recorded ones, a folder a repository.

    A repository of the run that asked no model loses its recorded replies; one that is not in the run keeps them.

    Args:
        out: the output folder of `p2c bench`.

    Returns:
        The repositories that asked, sorted.

    Raises:
        UsageError: `out` is no such folder.
    """
    runs = sorted(run for run in (out / RUNS).glob("*") if run.is_dir())
    if not runs:
        raise UsageError(f"{out} holds no runs; name the output folder of p2c bench")
    asked = []
    for run in runs:
        target = replies / run.name
        shutil.rmtree(target, ignore_errors=True)
        file = run / EXCHANGES
        if any(exchange.reply is not None for exchange in read_exchanges(file)):
            save_recording(file, target)
            asked.append(run.name)
    return tuple(asked)


def run_bench(manifest: Path, out: Path, options: Sequence[str] = ()) -> Bench:
    """What `p2c bench` makes of a set, without an endpoint: what is not recorded is not asked.

    Raises:
        UsageError: it gave no result.
    """
    command = [*p2c(), "bench", str(manifest), f"--output={out}", "--json", *options]
    names = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "P2C_MODEL")
    without = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(command, stdout=subprocess.PIPE, env=without, check=False, timeout=RUN_SECONDS)
    if not done.stdout.strip():
        raise UsageError(f"p2c bench gave no result (exit status {done.returncode}); what it said stands above")
    return Bench.model_validate_json(done.stdout)


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder for a set and its runs, gone afterwards."""
    return tempfile.TemporaryDirectory(prefix="p2c-broken-")


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.broken_replies", description="Keep or renew replies.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--keep", type=Path, metavar="OUT", help="the output folder of a run of p2c bench over the set")
    what.add_argument("--renew", action="store_true", help="run the recorded replies through again, and keep those")
    chosen = parser.parse_args(arguments)
    try:
        asked = _renewed() if chosen.renew else keep(chosen.keep, REPLIES)
    except UsageError as error:
        parser.error(str(error))
    print(f"replies for {len(asked)} repositories in {REPLIES}")
    return 0


def _renewed() -> tuple[str, ...]:
    with scratch() as name:
        recorded = [case for case in cases() if (REPLIES / case.name).is_dir()]
        run_bench(write_set(Path(name, "set"), recorded, REPLIES), Path(name, "out"))
        return keep(Path(name, "out"), REPLIES)


if __name__ == "__main__":
    sys.exit(main())
