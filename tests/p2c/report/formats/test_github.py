"""GitHub's annotations, read back by the rules of its runner."""

import json
from collections import Counter

from p2c.report.formats.github import annotate, stop_and_resume, without_commands
from p2c.report.plain import plain

KINDS = ("error", "warning", "notice")


def test_every_line_is_an_annotation_and_no_more_of_a_kind_than_github_shows(any_verdict, github_reads):
    text = annotate(any_verdict)
    commands = github_reads(text)
    assert len(commands) == len(text.splitlines())
    assert set(Counter(name for name, _, _ in commands)) <= set(KINDS)
    assert all(number <= 10 for number in Counter(name for name, _, _ in commands).values())
    assert all(set(properties) <= {"title", "file", "line", "col"} for _, properties, _ in commands)


def test_a_hostile_message_arrives_as_what_it_is(made, github_reads):
    verdict = made("hostile")
    commands = github_reads(annotate(verdict, "a,b:c/"))
    failure = next(one for one in commands if one[1]["title"].startswith("p2c failure"))
    assert failure[1]["file"] == plain("a,b:c/" + verdict.failure.file)
    assert failure[1]["line"] == "40"
    assert failure[2] == plain(f"{verdict.failure.exception}: {verdict.failure.message}")


def test_an_annotation_names_file_line_and_column(made, github_reads):
    lines = annotate(made("failed"), "generated/").splitlines()
    assert "::error title=p2c ruff/F821,file=generated/lib/net.py,line=12,col=5::Undefined name `z`" in lines


def test_what_does_not_fit_is_counted(made, github_reads):
    last = [one for one in github_reads(annotate(made("hostile"))) if one[0] == "error"][-1]
    assert last[2] == "17 more are in the verdict file"  # 25 findings and the failure; nine of them are shown


def test_a_sandbox_that_failed_is_one_error_without_a_file(made, github_reads):
    ((name, properties, data),) = github_reads(annotate(made("infrastructure")))
    assert (name, set(properties)) == ("error", {"title"})
    assert "no space left" in data


def test_the_stop_token_is_another_one_each_time():
    tokens = {stop_and_resume() for _ in range(20)}
    assert len(tokens) == 20
    stop, resume = tokens.pop()
    assert stop == f"::stop-commands::{resume.strip(':')}"
    assert len(resume.strip(":")) == 32


def test_json_keeps_its_content_and_loses_the_older_form_of_a_command():
    text = json.dumps({"out": "##[add-mask]x"}, indent=2)
    assert "##[" not in without_commands(text)
    assert json.loads(without_commands(text)) == json.loads(text)
