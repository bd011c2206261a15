"""The correctness score of n samples: mean, spread, what the invalid ones could change, and the critiques merged."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence

from p2c.evaluate.answers import Severity
from p2c.evaluate.sample import Sample, SampleCritique
from p2c.types import Value

LOWEST, HIGHEST = 1, 5
_WEIGHT = {Severity.high: 9, Severity.medium: 3, Severity.low: 1}


class MergedCritique(Value):
    """What the valid samples say of one function of one file, or of one component that no file implements."""

    file: str | None
    file_exists: bool | None
    function: str | None
    severity: Severity
    """The one that most of its samples give; of equals, the graver."""
    samples: tuple[int, ...]
    """The numbers of the samples that raise it."""
    severities: dict[Severity, int]
    """How many critiques give which severity."""
    components: tuple[str, ...]
    critiques: tuple[str, ...]
    """In the samples' own words, in their order."""
    reference: tuple[str, ...] = ()
    """`file` or `file:function` of the authors' repository that they were compared with."""


class Score(Value):
    """Correctness, 1 to 5, of n samples of one question."""

    asked_for: int
    """Samples that were wanted."""
    valid: int
    invalid: int
    not_made: int
    """The budget ended before them."""
    mean: float | None
    """Of the valid samples; None without any."""
    standard_deviation: float | None
    """Of the valid samples (n - 1 in the denominator); None for less than two."""
    lowest: int | None
    highest: int | None
    counts: dict[int, int]
    """Score -> number of valid samples."""
    mean_from: float | None
    """The mean if every invalid sample had been a 1; None where no sample was made."""
    mean_to: float | None
    """The mean if every invalid sample had been a 5."""
    samples: tuple[Sample, ...]
    critiques: tuple[MergedCritique, ...]
    """The gravest and the most often raised first."""


def summarise(samples: Sequence[Sample]) -> Score:
    """The score of `samples`, every one of which is counted as what it is."""
    scores = [sample.score for sample in samples if sample.score is not None]
    states = Counter(sample.state for sample in samples)
    invalid, made = states["invalid"], states["valid"] + states["invalid"]
    total = sum(scores)
    return Score(
        asked_for=len(samples),
        valid=states["valid"],
        invalid=invalid,
        not_made=states["not_made"],
        mean=statistics.fmean(scores) if scores else None,
        standard_deviation=statistics.stdev(scores) if len(scores) > 1 else None,
        lowest=min(scores, default=None),
        highest=max(scores, default=None),
        counts={score: scores.count(score) for score in range(LOWEST, HIGHEST + 1)},
        mean_from=(total + invalid * LOWEST) / made if made else None,
        mean_to=(total + invalid * HIGHEST) / made if made else None,
        samples=tuple(samples),
        critiques=merge(samples),
    )


def merge(samples: Sequence[Sample]) -> tuple[MergedCritique, ...]:
    """The critiques of all samples by file and function; those without a file, by component."""
    groups: dict[tuple[str, str], list[tuple[int, SampleCritique]]] = {}
    for sample in samples:
        for one in sample.critiques:
            groups.setdefault(_place(one), []).append((sample.number, one))
    merged = [_merged(group) for group in groups.values()]
    merged.sort(key=lambda one: (-len(one.samples) * _WEIGHT[one.severity], one.file or "", one.function or ""))
    return tuple(merged)


def _place(one: SampleCritique) -> tuple[str, str]:
    if one.file is None:
        return "", " ".join(one.component.lower().split())
    return one.file, _function(one.function) or ""


def _function(name: str | None) -> str | None:
    """`Model.forward` of `Model.forward()` and `def forward(self, x)`; models write it either way."""
    bare = (name or "").strip().removeprefix("async ").removeprefix("def ").removeprefix("class ").partition("(")[0]
    return bare.strip() or None


def _merged(group: Sequence[tuple[int, SampleCritique]]) -> MergedCritique:
    critiques = [one for _, one in group]
    counts = Counter(one.severity for one in critiques)
    first = critiques[0]
    places = [":".join(part for part in (c.reference_file, c.reference_function) if part) for c in critiques]
    return MergedCritique(
        file=first.file,
        file_exists=first.file_exists,
        function=_function(first.function) if first.file else None,
        severity=max(counts, key=lambda severity: (counts[severity], _WEIGHT[severity])),
        samples=tuple(dict.fromkeys(number for number, _ in group)),
        severities={severity: counts[severity] for severity in Severity if counts[severity]},
        components=tuple(dict.fromkeys(one.component for one in critiques)),
        critiques=tuple(dict.fromkeys(one.critique for one in critiques)),
        reference=tuple(dict.fromkeys(place for place in places if place)),
    )
