"""`--resolve-names` and `--accept-names` as a user gives them: nothing is exchanged before a person has seen it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def planned(p2c_command, endpoint, tiny_paper: Path, tmp_path: Path) -> Path:
    """A run folder whose configuration names a data set."""
    folder = tmp_path / "run"
    assert p2c_command("plan", tiny_paper, "-o", folder, "-q", endpoint=endpoint).status == 0
    config = folder / "plan/config.yaml"
    config.write_text(config.read_text() + "dataset: SQuAD  # assumption: the usual one\n")
    return folder


def test_plan_shows_the_names_last_and_changes_nothing(p2c_command, planned, full_hub):
    before = (planned / "plan/config.yaml").read_text()
    ran = p2c_command("plan", planned, "--resolve-names")
    assert ran.status == 0
    assert "rajpurkar/squad  9,000 downloads" in ran.stderr
    assert "--accept-names" in ran.stderr.splitlines()[-1]
    assert (planned / "plan/config.yaml").read_text() == before


def test_what_was_accepted_stands_in_the_plan_that_is_shown(p2c_command, planned, full_hub):
    p2c_command("plan", planned, "--resolve-names", "-q")
    ran = p2c_command("plan", planned, "--accept-names")
    assert ran.status == 0
    assert "rajpurkar/squad" in ran.stdout
    assert "rajpurkar/squad for SQuAD" in ran.stderr


def test_generate_stops_for_review_and_goes_on_with_what_was_accepted(
    p2c_command, planned, full_hub, endpoint, tiny_paper
):
    words = ("generate", tiny_paper, "-o", planned, "--until", "coding", "--json")
    asked = len(endpoint.prompts)
    stopped = p2c_command(*words, "--resolve-names", endpoint=endpoint)
    assert stopped.status == 0, stopped.stderr
    assert json.loads(stopped.stdout)["until"] == "names"
    assert len(endpoint.prompts) == asked
    went_on = p2c_command(*words, "--accept-names", endpoint=endpoint)
    assert went_on.status == 0, went_on.stderr
    assert json.loads(went_on.stdout)["until"] == "coding"
    assert "rajpurkar/squad" in endpoint.prompts[-1]


def test_a_hub_that_is_not_there_is_exit_status_3_and_one_line(p2c_command, planned, hub):
    hub.status = 500
    ran = p2c_command("plan", planned, "--resolve-names", "-q")
    assert ran.status == 3
    assert "status 500" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (planned / "plan/names.yaml").exists()


@pytest.mark.parametrize("command", ["plan", "generate"])
@pytest.mark.usefixtures("without_the_extra")
def test_without_the_extra_it_is_said_before_anything_is_paid_for(p2c_command, endpoint, tiny_paper, command):
    folder = tiny_paper.with_name("run")
    ran = p2c_command(command, tiny_paper, "-o", folder, "--resolve-names", endpoint=endpoint)
    assert ran.status == 3
    assert "pip install 'p2c[names]'" in ran.stderr
    assert endpoint.prompts == []
    assert not folder.exists()
