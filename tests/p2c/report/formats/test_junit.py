"""JUnit XML, read back by junitparser and held against what Jenkins' strict schema knows."""

import re
import xml.etree.ElementTree as ET

import junitparser

from p2c.policy import Policy, decide
from p2c.report.formats.junit import WORKS_FOR, render
from sandbox.controller import LADDER
from sandbox.verdict import Rung

# Facts of junit-10.xsd of Jenkins' xUnit plugin: every attribute that it knows of the elements we write.
KNOWN = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
    "system-out": set(),
    "system-err": set(),
}
TIME = re.compile(r"\d{0,3}(\d{3})*\.\d{3}")


def _suite(text):
    (suite,) = junitparser.JUnitXml.fromstring(text.encode())
    return suite


def _states(suite):
    return {case.name: [type(result).__name__ for result in case.result] for case in suite}


def test_every_verdict_is_well_formed_and_holds_only_what_the_strictest_schema_knows(any_verdict):
    text = render(any_verdict)
    root = ET.fromstring(text.encode())  # noqa: S314 - we wrote it ourselves
    for element in root.iter():
        assert set(element.attrib) <= KNOWN[element.tag]
    assert all(TIME.fullmatch(one.get("time", "0.000")) for one in root.iter())
    assert text.encode("utf-8")
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", text)
    assert len(text) < 200_000


def test_the_counts_are_those_of_the_cases(any_verdict):
    suite = _suite(render(any_verdict))
    results = [result for case in suite for result in case.result]
    assert suite.tests == len(list(suite))
    assert suite.failures == sum(isinstance(one, junitparser.Failure) for one in results)
    assert suite.errors == sum(isinstance(one, junitparser.Error) for one in results)
    assert suite.skipped == sum(isinstance(one, junitparser.Skipped) for one in results)


def test_a_failure_is_at_its_rung_with_its_evidence_and_later_rungs_are_skipped(made):
    suite = _suite(render(made("failed")))
    assert _states(suite) == {
        "parses": [], "installs": [], "imports": [], "starts": [], "runs": ["Failure"], "replays": ["Skipped"],
        "static": ["Failure"],
    }  # fmt: skip
    cases = {case.name: case for case in suite}
    (failure,) = cases["runs"].result
    assert failure.message == "lib/net.py:40: RuntimeError: mat1 and mat2 cannot be multiplied"
    assert failure.type == "RuntimeError"
    assert 'File "/workspace/main.py", line 9' in failure.text
    assert cases["installs"].time == 1.625
    assert {one.name: one.value for one in suite.properties()}["p2c.rung"] == "starts"


def test_what_passes_has_no_failure(made):
    assert set(map(str, _states(_suite(render(made("passed")))).values())) == {"[]"}


def test_a_sandbox_that_failed_is_an_error_and_no_failure_of_the_code(made):
    states = _states(_suite(render(made("infrastructure"))))
    assert states["sandbox"] == ["Error"]
    assert all(kinds in ([], ["Skipped"]) for name, kinds in states.items() if name != "sandbox")


def test_what_is_missing_is_named(made):
    suite = _suite(render(made("blocked")))
    (failure,) = {case.name: case for case in suite}["runs"].result
    assert "missing data: data/train.csv" in failure.text


def test_what_the_policy_lets_pass_is_skipped_so_that_no_reader_overrules_it(made):
    verdict = made("failed").model_copy(update={"findings": ()})
    decided = verdict.model_copy(update={"decision": decide(verdict, Policy(min_rung=Rung.imports))})
    assert _states(_suite(render(decided)))["runs"] == ["Skipped"]


def test_what_only_the_policy_refuses_is_a_case_of_its_own(made):
    verdict = made("passed")
    decision = verdict.decision.model_copy(update={"exit_status": 1, "reason": "2 findings of advice"})
    suite = _suite(render(verdict.model_copy(update={"decision": decision})))
    (failure,) = {case.name: case for case in suite}["policy"].result
    assert failure.message == "2 findings of advice"


def test_every_step_of_the_ladder_works_for_the_rung_that_it_has_there():
    assert {step.name: step.rung for step in LADDER} == WORKS_FOR
