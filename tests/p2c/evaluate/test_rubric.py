"""A rubric in PaperBench's form is read strictly: whatever is wrong with it is said, with the node."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from p2c.errors import RubricError
from p2c.evaluate.rubric import MOST_DEPTH, Category, code_development, read_rubric, rubric_from, shares


def test_paperbenchs_fields_are_read_and_result_analysis_is_result_match(rubric_file: Path):
    root = read_rubric(rubric_file)
    leaves = {leaf.id: leaf for leaf in root.leaves()}
    assert list(leaves) == ["update", "empty", "runs", "table"]
    assert leaves["table"].category is Category.result
    assert leaves["table"].finegrained == "Experimental Setup"
    assert leaves["runs"].category is Category.execution


def test_a_leafs_share_is_the_product_of_relative_weights_and_all_make_one(rubric_data):
    found = shares(rubric_from(rubric_data))
    assert found == pytest.approx({"update": 3 / 4 * 2 / 3, "empty": 3 / 4 / 3, "runs": 1 / 8, "table": 1 / 8})
    assert sum(found.values()) == pytest.approx(1)


def test_code_dev_keeps_code_development_and_what_leads_to_it_so_that_weights_count_anew(rubric_data):
    kept = code_development(rubric_from(rubric_data))
    assert [child.id for child in kept.sub_tasks] == ["method"]
    assert shares(kept) == pytest.approx({"update": 2 / 3, "empty": 1 / 3})


def test_code_dev_of_a_rubric_without_code_development_is_an_error(node):
    with pytest.raises(RubricError, match="Code Development"):
        code_development(rubric_from(node("root", task_category="Code Execution")))


def test_code_dev_of_a_rubric_whose_code_development_weighs_nothing_is_an_error_and_no_score_of_0(node):
    group = node("group", sub_tasks=[node("code", 0), node("run", 1, task_category="Code Execution")])
    with pytest.raises(RubricError, match="only leaves of weight 0"):
        code_development(rubric_from(group))


def test_code_dev_counts_a_group_that_is_left_with_weights_of_0_as_not_met_as_paperbench_does(node):
    group = node("group", 1, sub_tasks=[node("a", 0), node("run", 1, task_category="Code Execution")])
    kept = code_development(rubric_from(node("root", sub_tasks=[group, node("b", 1)])))
    assert shares(kept) == {"a": 0, "b": 0.5}


def test_text_that_no_file_can_hold_is_replaced_before_anything_is_paid_for(node, tmp_path: Path):
    (tmp_path / "rubric.json").write_text(json.dumps(node("a\ud800", requirements="half \udcff, none \0")))
    read = read_rubric(tmp_path / "rubric.json")
    assert (read.id, read.requirements) == ("a\ufffd", "half \ufffd, none ")
    read.model_dump_json()


def test_a_single_leaf_is_a_rubric(node):
    assert shares(rubric_from(node("only"))) == {"only": 1.0}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": ""}, "no text"),
        ({"id": 7}, "`id`"),
        ({"requirements": None}, "`requirements`"),
        ({"weight": -1}, "0 or more"),
        ({"weight": "2"}, "text, not a number"),
        ({"weight": True}, "true or false, not a number"),
        ({"weight": None}, "no `weight`"),
        ({"weight": math.nan}, "0 or more"),
        ({"weight": math.inf}, "0 or more"),
        ({"weight": 10**400}, "at most 1,000,000,000"),
        ({"weight": 1.7e308}, "at most 1,000,000,000"),
        ({"task_category": "Vibes"}, "'Vibes'"),
        ({"task_category": None}, "without a `task_category`"),
        ({"sub_tasks": "none"}, "text, not a list"),
        ({"sub_tasks": ["leaf"]}, "is text, not an object"),
        ({"finegrained_task_category": 3}, "`finegrained_task_category`"),
    ],
)
def test_what_is_wrong_with_a_node_is_said(changes: dict[str, Any], said: str, node):
    data = node("root", sub_tasks=[{**node("a"), **changes}, node("b")])
    with pytest.raises(RubricError, match=said):
        rubric_from(data)


def test_a_group_has_no_category_and_all_that_is_wrong_is_said_at_once(node):
    data = node("root", sub_tasks=[node("a"), node("b", -1)], task_category="Code Development")
    with pytest.raises(RubricError) as raised:
        rubric_from(data)
    assert "only leaves have one" in str(raised.value)
    assert "node 'b' has the `weight` -1" in str(raised.value)


def test_an_id_that_stands_twice_as_in_two_of_paperbenchs_rubrics_is_told_apart_and_both_count(node):
    data = node("root", sub_tasks=[node("a", 3), node("b", sub_tasks=[node("a"), node("a#2"), node("a")])])
    found = shares(rubric_from(data))
    assert found == pytest.approx({"a": 3 / 4, "a#2": 1 / 12, "a#2#2": 1 / 12, "a#3": 1 / 12})


def test_weights_of_nothing_are_an_error_only_where_they_count(node):
    with pytest.raises(RubricError, match="only sub-tasks of weight 0"):
        rubric_from(node("root", sub_tasks=[node("a", 0), node("b", 0)]))
    idle = node("idle", 0, sub_tasks=[node("a", 0)])
    assert shares(rubric_from(node("root", sub_tasks=[idle, node("b")]))) == {"a": 0, "b": 1}


def test_a_tree_without_an_end_of_depth_is_refused_and_does_not_crash(node):
    data = node("leaf")
    for level in range(MOST_DEPTH + 5):
        data = node(f"n{level}", sub_tasks=[data])
    with pytest.raises(RubricError, match=f"{MOST_DEPTH} levels deep"):
        rubric_from(data)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_is_no_json_is_a_typed_error(tmp_path: Path, content: bytes):
    (tmp_path / "rubric.json").write_bytes(content)
    with pytest.raises(RubricError, match="no JSON"):
        read_rubric(tmp_path / "rubric.json")


@pytest.mark.parametrize("data", [[], 3, None, "text"])
def test_json_that_is_no_tree_is_a_typed_error(tmp_path: Path, data: object):
    (tmp_path / "rubric.json").write_text(json.dumps(data))
    with pytest.raises(RubricError, match="not an object"):
        read_rubric(tmp_path / "rubric.json")


def test_a_missing_file_is_a_typed_error(tmp_path: Path):
    with pytest.raises(RubricError, match="cannot be read"):
        read_rubric(tmp_path / "rubric.json")
