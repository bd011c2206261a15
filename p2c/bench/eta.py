"""How long a set still takes, from how long its finished entries took."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import fmean

from p2c.bench.entry import Entry

_STILL = 0.25
"""Of what a run has had: so much is still to come, at the least."""


class Eta:
    """Durations by class and kind. An entry that ended without a word on the code teaches nothing."""

    def __init__(self) -> None:
        self._took: dict[tuple[str, ...], list[float]] = {}

    def learn(self, entry: Entry, seconds: float) -> None:
        """Note what a finished entry took, in all its processes."""
        for group in _groups(entry):
            self._took.setdefault(group, []).append(seconds)

    def expected(self, entry: Entry) -> float | None:
        """Seconds for all of an entry: the mean of its class, else of its kind, else of all; None: nobody knows."""
        known = next((self._took[group] for group in _groups(entry) if group in self._took), None)
        return None if known is None else fmean(known)

    def left(
        self, waiting: Iterable[tuple[Entry, float]], running: Iterable[tuple[Entry, float]], jobs: int
    ) -> float | None:
        """Seconds until all are done, never negative; None: unknown.

        Args:
            waiting, running: entries with the seconds that they have had.
            jobs: how many go at once.
        """
        rests: dict[bool, list[float]] = {False: [], True: []}
        for runs, group in ((False, waiting), (True, running)):
            for entry, had in group:
                expected = self.expected(entry)
                if expected is None:
                    return None
                rests[runs].append(max(expected - had, _STILL * had))
        every = [*rests[False], *rests[True]]
        return max([sum(every) / max(1, jobs), *every], default=0.0)


def _groups(entry: Entry) -> tuple[tuple[str, ...], ...]:
    """The narrowest first."""
    return (entry.kind, entry.options.class_), (entry.kind,), ()
