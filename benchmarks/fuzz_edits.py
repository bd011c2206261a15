"""Fuzzes the reading and the applying of a model's edits.

    python -m benchmarks.fuzz_edits --cases 1000000 --seed 1 --workers 2

Every case is an answer to a small tree of a real-looking program: honest, in one of many habits, or damaged. It must
not crash; each file is untouched or changed as a whole, and parses afterwards if it did before; nothing is outside of
the tree; every refusal has a reason; no file is both refused and changed; an honest answer never comes out as something
else than it says; and no case takes long. A finding names its case, which `--only N` repeats.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from benchmarks.fuzz_answers import Case, case, trees
from p2c.repair.apply import Applied, apply
from p2c.repair.edits import parse
from p2c.repair.syntax import problem
from p2c.repair.text import read_text
from sandbox.tree import Tree, check_path

LIMIT_SECONDS = 1.0
"""Processor time of one case."""
_PART = 2_000
"""Cases that a worker takes at a time."""


@dataclass
class Tally:
    """What came of some cases."""

    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    slowest: float = 0.0
    seconds: float = 0.0

    def add(self, other: Tally) -> None:
        """Take in what another one counted."""
        self.cases += other.cases
        self.outcomes += other.outcomes
        self.findings += other.findings
        self.slowest = max(self.slowest, other.slowest)
        self.seconds += other.seconds


def run(seed: int, numbers: Sequence[int], bases: Sequence[Tree]) -> Tally:
    """The cases of these numbers."""
    tally = Tally(len(numbers))
    for number in numbers:
        made = case(bases, Random(f"{seed}/{number}"))  # noqa: S311 - chooses test cases
        begun = time.perf_counter()  # reading the processor's time takes longer than a case, on some machines
        try:
            result = apply(made.tree, parse(made.answer, made.tree.files))
            wrong = objections(made, result)
        except Exception:  # noqa: BLE001 - whatever it is, it is a finding
            result, wrong = None, [traceback.format_exc(limit=-3)]
        seconds = time.perf_counter() - begun
        if seconds > LIMIT_SECONDS:
            seconds = _again(made)
        tally.seconds += seconds
        tally.slowest = max(tally.slowest, seconds)
        if seconds > LIMIT_SECONDS:
            wrong.append(f"it took {seconds:.1f} s")
        tally.findings += [f"case {number} ({made.habit}): {reason}" for reason in wrong]
        tally.outcomes[_outcome(made, result)] += 1
    return tally


def _again(made: Case) -> float:
    """Processor time of a case that took long by the clock, where others may have been at work."""
    begun = time.process_time()
    apply(made.tree, parse(made.answer, made.tree.files))
    return time.process_time() - begun


def objections(made: Case, result: Applied) -> list[str]:
    """What is wrong with the result of a case; empty where all is well."""
    before, after = made.tree.files, result.tree.files
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    found = [] if changed == set(result.changed) else ["`changed` is not what has changed"]
    for path in sorted(changed & after.keys()):
        try:
            check_path(path)
        except ValueError:
            found.append(f"{path!r} is outside the tree")
        sources = [path] if path in before else sorted(before.keys() - after.keys())  # it may be one of these, renamed
        if (
            all(problem(source, before[source]) is None for source in sources)
            and problem(path, after[path]) is not None
        ):
            found.append(f"{path} no longer parses")
        if path in before and not _same_style(before[path], after[path]):
            found.append(f"{path} has other line endings or another end")
    found += [f"a refusal of {r.what} without a reason" for r in result.refusals if not r.reason.strip()]
    blocks = {r.path for r in result.refusals if r.what.startswith(("block", "the file"))}
    found += [f"{path} is refused and changed" for path in sorted(changed & {p for p in blocks if p})]
    if made.expected is not None and not result.refusals:
        found += _differences(made, result, changed)
    return found


def _differences(made: Case, result: Applied, changed: set[str]) -> list[str]:
    """Where an honest answer became something else than it says."""
    wanted = made.expected.files if made.expected is not None else {}
    if made.exact:
        return [
            f"{path} is not what the answer says" for path in changed if result.tree.files.get(path) != wanted[path]
        ]
    lines = {
        path: {x.strip() for c in (made.tree.files[path], wanted[path]) for x in read_text(c).lines} for path in changed
    }
    return [
        f"{path} has a line that stands nowhere"
        for path in changed
        if any(x.strip() not in lines[path] for x in read_text(result.tree.files[path]).lines)
    ]


def _same_style(before: bytes, after: bytes) -> bool:
    """Whether line endings and the end of the file are as they were, where the file had any."""
    old, new = read_text(before), read_text(after)
    if not before.strip() or not new.lines:
        return True
    kinds = {e for e in old.endings if e}
    return {e for e in new.endings if e} <= (kinds or {"\n"}) and bool(old.endings[-1]) == bool(new.endings[-1])


def _outcome(made: Case, result: Applied | None) -> str:
    kind = "damaged" if made.expected is None else "honest"
    if result is None:
        return f"{kind}: crashed"
    if result.changed:
        return f"{kind}: applied" + (" in part" if result.refusals else "")
    return f"{kind}: refused" if result.refusals else f"{kind}: no change"


def _part(work: tuple[int, range]) -> Tally:
    return run(work[0], work[1], _BASES)


_BASES: tuple[Tree, ...] = ()


def _begin() -> None:
    global _BASES  # noqa: PLW0603 - read once in each worker
    _BASES = trees()


def fuzz(cases: int, seed: int, workers: int) -> Tally:
    """All cases, by so many processes; says now and then how far it is."""
    parts = [(seed, range(start, min(cases, start + _PART))) for start in range(0, cases, _PART)]
    tally, begun = Tally(), time.monotonic()
    with multiprocessing.Pool(workers, _begin) as pool:
        for number, part in enumerate(pool.imap_unordered(_part, parts)):
            tally.add(part)
            print(*part.findings, sep="\n", end="\n" if part.findings else "", flush=True)
            if number % 25 == 24:
                took = time.monotonic() - begun
                print(f"{tally.cases:,} cases, {len(tally.findings)} findings, {took:.0f} s", flush=True)
    return tally


def main() -> int:
    """The command; its exit status is 1 where something was found."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--cases", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--only", type=int, help="one case, shown")
    chosen = options.parse_args()
    if chosen.only is not None:
        return _show(chosen.seed, chosen.only)
    begun = time.monotonic()
    tally = fuzz(chosen.cases, chosen.seed, chosen.workers)
    for outcome, count in sorted(tally.outcomes.items()):
        print(f"{outcome}: {count:,}")
    print(
        f"{tally.cases:,} cases, seed {chosen.seed}: {len(tally.findings)} findings; {time.monotonic() - begun:.0f} s, "
        f"{1000 * tally.seconds / max(1, tally.cases):.2f} ms a case, the slowest {1000 * tally.slowest:.0f} ms"
    )
    return 1 if tally.findings else 0


def _show(seed: int, number: int) -> int:
    _begin()
    made = case(_BASES, Random(f"{seed}/{number}"))  # noqa: S311 - chooses test cases
    print(made.habit, *made.tree.files, sep="\n")
    print(made.answer)
    print("-" * 60)
    tally = run(seed, [number], _BASES)
    print(*tally.findings, dict(tally.outcomes), sep="\n")
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
