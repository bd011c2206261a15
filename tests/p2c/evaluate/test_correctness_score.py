"""n samples make a mean with its spread; invalid ones are counted, and critiques are merged by place."""

from __future__ import annotations

import pytest

from p2c.evaluate.answers import Severity
from p2c.evaluate.sample import Sample, SampleCritique
from p2c.evaluate.score import summarise
from p2c.evaluate.words import score_details, score_line


def said(severity: str, file: str | None, function: str | None = None, component: str = "the update") -> SampleCritique:
    return SampleCritique(
        component=component, severity=Severity(severity), file=file, file_exists=None if file is None else True,
        function=function, critique=f"{severity} in {file}",
    )  # fmt: skip


def valid(number: int, score: int, *critiques: SampleCritique) -> Sample:
    return Sample(number=number, state="valid", score=score, asked=1, critiques=critiques)


def invalid(number: int) -> Sample:
    return Sample(number=number, state="invalid", asked=2, problem="score 7")


def test_mean_and_spread_are_those_of_the_valid_samples():
    score = summarise([valid(1, 3), valid(2, 4), valid(3, 5)])
    assert (score.mean, score.standard_deviation, score.lowest, score.highest) == (4, 1, 3, 5)
    assert score.counts == {1: 0, 2: 0, 3: 1, 4: 1, 5: 1}
    assert score_line(score) == "correctness 4.00 of 5, standard deviation 1.00 (3 of 3 samples valid)"


def test_invalid_samples_are_counted_and_bound_what_the_mean_could_have_been():
    score = summarise([valid(1, 3), valid(2, 3), invalid(3), invalid(4)])
    assert (score.asked_for, score.valid, score.invalid, score.not_made) == (4, 2, 2, 0)
    assert score.mean == 3
    assert (score.mean_from, score.mean_to) == (2, 4)
    assert any("2 samples invalid" in line and "2.00 and 4.00" in line for line in score_details(score))


def test_without_a_valid_sample_there_is_no_score_instead_of_a_division_by_zero():
    score = summarise([invalid(1), invalid(2)])
    assert (score.mean, score.standard_deviation, score.lowest) == (None, None, None)
    assert score_line(score) == "no score (0 of 2 samples valid)"


def test_one_sample_has_no_spread():
    assert summarise([valid(1, 4)]).standard_deviation is None


def test_samples_that_were_not_made_are_no_invalid_ones():
    score = summarise([valid(1, 4), Sample(number=2, state="not_made", problem="--max-cost")])
    assert (score.valid, score.invalid, score.not_made) == (1, 0, 1)
    assert (score.mean_from, score.mean_to) == (4, 4)


def test_critiques_of_one_function_are_one_however_it_is_written():
    samples = [
        valid(1, 3, said("high", "mean.py", "mean")),
        valid(2, 3, said("high", "mean.py", "def mean(xs)")),
        valid(3, 4, said("low", "mean.py", "mean()"), said("low", "main.py")),
    ]
    merged = summarise(samples).critiques
    assert [(one.file, one.function, one.severity, one.samples) for one in merged] == [
        ("mean.py", "mean", Severity.high, (1, 2, 3)),
        ("main.py", None, Severity.low, (3,)),
    ]
    assert merged[0].severities == {Severity.high: 2, Severity.low: 1}
    assert merged[0].critiques == ("high in mean.py", "low in mean.py")  # the same words once


def test_what_no_file_implements_is_merged_by_component():
    samples = [
        valid(1, 2, said("high", None, component="Bayesian  mean")),
        valid(2, 2, said("medium", None, component="bayesian mean"), said("low", None, component="plots")),
    ]
    merged = summarise(samples).critiques
    assert [(one.file, one.samples) for one in merged] == [(None, (1, 2)), (None, (2,))]
    assert merged[0].severity is Severity.high  # of equals, the graver


@pytest.mark.parametrize("severity", ["high", "medium"])
def test_what_many_samples_raise_comes_before_what_one_raises(severity: str):
    samples = [valid(n, 3, said(severity, "common.py")) for n in (1, 2, 3)] + [valid(4, 3, said(severity, "rare.py"))]
    assert [one.file for one in summarise(samples).critiques] == ["common.py", "rare.py"]
