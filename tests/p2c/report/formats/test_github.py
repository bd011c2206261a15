"""GitHub's annotations, read back by the rules of its runner (actions/runner, ActionCommand.cs)."""

from collections import Counter

from p2c.report.formats.github import annotate, stop_and_resume, without_commands
from p2c.report.plain import plain

# What a runner does is this project's own reading of its source.
KINDS = ("error", "warning", "notice")


def _unescape(text, *more):
    for code, sign in (("%0D", "\r"), ("%0A", "\n"), *more, ("%25", "%")):
        text = text.replace(code, sign)
    return text


def _command(line):
    """The command that a runner sees in a line: name, properties, data; None for a line of text."""
    stripped = line.lstrip()
    if stripped.startswith("::") and "::" in stripped[2:]:
        head, _, data = stripped[2:].partition("::")
        name, _, given = head.partition(" ")
        pairs = [one.partition("=") for one in given.strip().split(",") if one]
        properties = {key: _unescape(value, ("%3A", ":"), ("%2C", ",")) for key, _, value in pairs}
        return name, properties, _unescape(data)
    if "##[" in line:
        return line.partition("##[")[2].partition("]")[0], {}, ""
    return None


def _commands(text):
    return [_command(line) for line in text.splitlines()]


def test_every_line_is_an_annotation_and_no_more_of_a_kind_than_github_shows(any_verdict):
    commands = _commands(annotate(any_verdict))
    assert None not in commands
    assert set(Counter(name for name, _, _ in commands)) <= set(KINDS)
    assert all(number <= 10 for number in Counter(name for name, _, _ in commands).values())
    assert all(set(properties) <= {"title", "file", "line", "col"} for _, properties, _ in commands)


def test_a_hostile_message_arrives_as_what_it_is(made):
    verdict = made("hostile")
    commands = _commands(annotate(verdict, "a,b:c/"))
    failure = next(one for one in commands if one[1]["title"].startswith("p2c failure"))
    assert failure[1]["file"] == plain("a,b:c/" + verdict.failure.file)
    assert failure[1]["line"] == "40"
    assert failure[2] == plain(f"{verdict.failure.exception}: {verdict.failure.message}")


def test_an_annotation_names_file_line_and_column(made):
    lines = annotate(made("failed"), "generated/").splitlines()
    assert "::error title=p2c ruff/F821,file=generated/lib/net.py,line=12,col=5::Undefined name `z`" in lines


def test_what_does_not_fit_is_counted(made):
    last = [one for one in _commands(annotate(made("hostile"))) if one[0] == "error"][-1]
    assert last[2] == "17 more are in the verdict file"  # 25 findings and the failure; nine of them are shown


def test_a_sandbox_that_failed_is_one_error_without_a_file(made):
    ((name, properties, data),) = _commands(annotate(made("infrastructure")))
    assert (name, set(properties)) == ("error", {"title"})
    assert "no space left" in data


def test_the_stop_token_is_another_one_each_time():
    tokens = {stop_and_resume() for _ in range(20)}
    assert len(tokens) == 20
    stop, resume = tokens.pop()
    assert stop == f"::stop-commands::{resume.strip(':')}"
    assert len(resume.strip(":")) == 32


def test_json_keeps_its_content_and_loses_the_older_form_of_a_command():
    import json

    text = json.dumps({"out": "##[add-mask]x"}, indent=2)
    assert "##[" not in without_commands(text)
    assert json.loads(without_commands(text)) == json.loads(text)
