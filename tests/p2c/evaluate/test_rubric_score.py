"""Grades go up the tree by weight; what was not graded makes a range, never a silent 0."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from p2c.evaluate.grade import LeafGrade
from p2c.evaluate.rubric import rubric_from
from p2c.evaluate.tally import RubricScore, score_rubric
from p2c.evaluate.words import rubric_details, rubric_line

MET, UNMET = LeafGrade(state="graded", score=1, by="model"), LeafGrade(state="graded", score=0, by="model")
INVALID = LeafGrade(state="invalid", reason="no JSON")


@pytest.fixture
def scored(rubric_data) -> Callable[..., RubricScore]:
    return lambda **grades: score_rubric(rubric_from(rubric_data), grades, variant="full", pruned=0)


def test_the_score_of_a_group_is_the_weighted_mean_of_its_children(scored):
    result = scored(update=MET, empty=UNMET, runs=MET, table=UNMET)
    method, experiments = result.root.sub_tasks
    assert method.score_from == pytest.approx(2 / 3)
    assert experiments.score_from == pytest.approx(1 / 2)
    assert result.score == pytest.approx((3 * 2 / 3 + 1 * 1 / 2) / 4)
    assert result.score == result.score_from == result.score_to
    assert result.met == 2


def test_an_invalid_grade_is_a_range_and_is_counted(scored):
    result = scored(update=MET, empty=INVALID, runs=MET, table=UNMET)
    assert result.score is None
    assert result.score_from == pytest.approx(0.75 * 2 / 3 + 0.125)
    assert result.score_to == pytest.approx(0.75 + 0.125)
    assert result.states == {"graded": 3, "invalid": 1}
    assert rubric_line(result) == "rubric between 62.5 % and 87.5 % (2 of 4 leaves met)"
    assert "1 leaf without a valid grade" in list(rubric_details(result))


def test_everything_met_is_one_and_nothing_is_zero(scored):
    assert scored(update=MET, empty=MET, runs=MET, table=MET).score == pytest.approx(1)
    assert scored(update=UNMET, empty=UNMET, runs=UNMET, table=UNMET).score == 0


def test_what_weighs_nothing_leaves_the_score_known(node):
    root = rubric_from(node("root", sub_tasks=[node("a", 0), node("b", 2)]))
    result = score_rubric(root, {"a": LeafGrade(state="weightless"), "b": MET}, variant="full", pruned=0)
    assert (result.score, result.score_from, result.score_to) == (1, 1, 1)


def test_leaves_are_counted_by_category(scored):
    result = scored(update=MET, empty=UNMET, runs=MET, table=INVALID)
    counts = {name: (found.met, found.graded, found.leaves) for name, found in result.by_category.items()}
    assert counts == {"Code Development": (1, 2, 2), "Code Execution": (1, 1, 1), "Result Match": (0, 0, 1)}
    assert "Result Match: 0 of 1 met, 1 without a grade" in list(rubric_details(result))
