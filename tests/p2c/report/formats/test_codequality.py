"""GitLab's Code Quality report, by the rules of its documentation."""

import json

from p2c.report.formats.codequality import render


def test_every_verdict_gives_what_gitlab_requires(any_verdict):
    issues = json.loads(render(any_verdict, "generated/"))
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["path"].startswith("generated/")
        assert issue["location"]["lines"]["begin"] >= 1
        assert "\n" not in issue["description"]
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


def test_the_worst_comes_first_with_its_place(made):
    first = json.loads(render(made("failed")))[0]
    assert (first["severity"], first["location"]) == ("critical", {"path": "lib/net.py", "lines": {"begin": 40}})


def test_a_sandbox_that_failed_says_nothing_about_the_code(made):
    assert json.loads(render(made("infrastructure"))) == []
