"""Nothing is exchanged without a person's word: a file to review, then the ids that were accepted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from p2c.cli.names import settle_names
from p2c.errors import HubError, UsageError
from p2c.run.folder import RunFolder

NAMES, CONFIG = "plan/names.yaml", "plan/config.yaml"


@pytest.fixture
def folder(tmp_path: Path, config: str) -> Iterator[RunFolder]:
    with RunFolder.open(tmp_path / "run") as opened:
        opened.write(CONFIG, config)
        yield opened


def settle(folder: RunFolder, *, resolve: bool = False, accept: bool = False) -> bool:
    return settle_names(folder, resolve=resolve, accept=accept, quiet=False)


def test_resolving_writes_a_file_shows_the_candidates_and_changes_nothing(folder, full_hub, config, capsys):
    assert settle(folder, resolve=True) is False
    assert folder.read(CONFIG) == config
    said = capsys.readouterr().err
    assert "rajpurkar/squad  9,000 downloads, 90 likes" in said
    assert "--accept-names" in said
    listed = yaml.safe_load(folder.read(NAMES))
    assert listed["schema_version"] == "1"
    assert [(one["name"], one["use"]) for one in listed["names"]] == [
        ("bert-base-uncased", "google-bert/bert-base-uncased"),
        ("google-bert/bert-base-uncased", None),
        ("SQuAD", "rajpurkar/squad"),
    ]


def test_accepting_puts_the_ids_in_place_says_so_and_keeps_comments(folder, full_hub, config, capsys):
    settle(folder, resolve=True)
    assert settle(folder, accept=True) is True
    assert "google-bert/bert-base-uncased for bert-base-uncased; rajpurkar/squad for SQuAD." in capsys.readouterr().err
    expected = config.replace("name: bert-base", "name: google-bert/bert-base").replace("SQuAD ", "rajpurkar/squad ")
    assert folder.read(CONFIG) == expected


def test_what_a_person_writes_into_the_file_is_what_is_accepted_and_the_hub_is_not_asked_again(folder, full_hub):
    settle(folder, resolve=True)
    folder.write(NAMES, folder.read(NAMES).replace("use: rajpurkar/squad", "use: my/own").replace(
        "use: google-bert/bert-base-uncased", "use: null"
    ))  # fmt: skip
    full_hub.asked.clear()
    assert settle(folder, resolve=True, accept=True) is True
    assert full_hub.asked == []
    loaded = yaml.safe_load(folder.read(CONFIG))
    assert (loaded["model"]["name"], loaded["data"]["train_dataset"]) == ("bert-base-uncased", "my/own")


def test_accepting_twice_changes_nothing_more_and_asks_nothing(folder, full_hub):
    settle(folder, resolve=True, accept=True)
    once = folder.read(CONFIG)
    full_hub.asked.clear()
    assert settle(folder, resolve=True, accept=True) is True
    assert (folder.read(CONFIG), full_hub.asked) == (once, [])
    assert "accepted in place of SQuAD" in folder.read(NAMES)


def test_a_configuration_that_changed_since_is_not_written_to(folder, full_hub, config):
    settle(folder, resolve=True)
    edited = config.replace("768", "512")
    folder.write(CONFIG, edited)
    with pytest.raises(UsageError, match="has changed since"):
        settle(folder, accept=True)
    assert folder.read(CONFIG) == edited
    before = folder.read(NAMES)
    settle(folder, resolve=True)
    assert folder.read("plan/names.old.yaml") == before


def test_offline_nothing_is_written(folder, hub, config):
    hub.status = 500
    with pytest.raises(HubError):
        settle(folder, resolve=True)
    assert folder.read(CONFIG) == config
    assert not folder.exists(NAMES)


def test_accepting_what_was_never_looked_up_is_a_usage_error(folder):
    with pytest.raises(UsageError, match="--resolve-names"):
        settle(folder, accept=True)


@pytest.mark.parametrize("edit", ["use: [", "use: https://evil/x", "use: ../x", 'use: "a b"'])
def test_a_file_that_was_edited_badly_is_said_and_nothing_is_written(folder, full_hub, config, edit):
    settle(folder, resolve=True)
    folder.write(NAMES, folder.read(NAMES).replace("use: rajpurkar/squad", edit))
    with pytest.raises(UsageError, match=r"names\.yaml"):
        settle(folder, accept=True)
    assert folder.read(CONFIG) == config


def test_where_every_name_is_an_id_there_is_nothing_to_stop_for(folder, full_hub):
    folder.write(CONFIG, "tokenizer: google-bert/bert-base-uncased\n")
    assert settle(folder, resolve=True) is True


def test_a_configuration_without_names_asks_nobody(folder, hub, capsys):
    folder.write(CONFIG, "n: 9\n")
    assert settle(folder, resolve=True) is True
    assert hub.asked == []
    assert "names no model" in capsys.readouterr().err
