"""The Hub is asked over real HTTP through its own client; whatever goes wrong is one clear message."""

from __future__ import annotations

import socket

import pytest

from p2c.errors import HubError
from p2c.names import HuggingFace, resolve_names


def states(config: str) -> dict[str, tuple[str, str | None]]:
    return {one.name: (one.state, one.use) for one in resolve_names(config, HuggingFace()).names}


def test_an_exact_id_is_kept_a_renamed_one_and_a_clear_match_are_proposed(full_hub, config):
    assert states(config) == {
        "bert-base-uncased": ("renamed", "google-bert/bert-base-uncased"),
        "google-bert/bert-base-uncased": ("exact", None),
        "SQuAD": ("match", "rajpurkar/squad"),
    }


def test_candidates_come_with_downloads_and_likes_most_downloads_first(full_hub, config):
    squad = resolve_names(config, HuggingFace()).names[-1]
    assert [(one.id, one.downloads, one.likes) for one in squad.candidates] == [
        ("rajpurkar/squad", 9_000, 90), ("rajpurkar/squad_v2", 8_000, 80), ("copycat/SQuAD", 90, 0),
    ]  # fmt: skip


def test_models_are_looked_up_among_models_and_data_sets_among_data_sets(full_hub, config):
    resolve_names(config, HuggingFace())
    assert "/api/models/bert-base-uncased" in full_hub.asked
    assert any(asked.startswith("/api/datasets?") and "search=SQuAD" in asked for asked in full_hub.asked)
    assert not any(asked.startswith("/api/models?") for asked in full_hub.asked)


def test_several_of_one_name_are_listed_and_none_is_taken(hub):
    hub.datasets = {"a/MNIST": 500, "b/mnist": 400, "c/mnist-fashion": 10}
    (one,) = resolve_names("dataset: MNIST\n", HuggingFace()).names
    assert (one.state, one.use, len(one.candidates)) == ("ambiguous", None, 3)


def test_what_is_only_called_alike_is_listed_and_not_taken(hub):
    hub.models = {"meta-llama/Llama-2-7b-hf": 900}
    (one,) = resolve_names("llm: Llama-2\n", HuggingFace()).names
    assert (one.state, one.use) == ("ambiguous", None)
    assert one.candidates[0].id == "meta-llama/Llama-2-7b-hf"


def test_a_name_is_looked_up_in_the_spellings_that_the_hub_might_have(hub):
    hub.datasets = {"uoft-cs/cifar10": 9_000, "someone/cifar-10": 150}
    hub.models = {"meta-llama/Llama-2-7B": 5_000}
    assert states("dataset: CIFAR-10\nmodel: Llama 2 7B\n") == {
        "CIFAR-10": ("match", "uoft-cs/cifar10"),
        "Llama 2 7B": ("match", "meta-llama/Llama-2-7B"),
    }


def test_what_hardly_anybody_uses_is_listed_and_not_taken(hub):
    hub.models = {"stranger/FactNet": 12}
    (one,) = resolve_names("model: FactNet\n", HuggingFace()).names
    assert (one.state, one.use, one.candidates[0].id) == ("ambiguous", None, "stranger/FactNet")
    assert "12 downloads" in one.reason


def test_what_is_called_so_is_not_taken_where_everybody_uses_what_is_called_alike(hub):
    hub.models = {"google-bert/bert-base-uncased": 60_000, "someone/bert-base": 500}
    (one,) = resolve_names("model: bert-base\n", HuggingFace()).names
    assert (one.state, one.use) == ("ambiguous", None)
    assert [candidate.id for candidate in one.candidates] == ["google-bert/bert-base-uncased", "someone/bert-base"]
    assert "google-bert/bert-base-uncased" in one.reason


@pytest.mark.parametrize("status", [404, 401])
def test_what_is_nowhere_is_unknown(hub, status):
    hub.missing = status
    assert states("dataset: nothing\n") == {"nothing": ("unknown", None)}
    assert states("dataset: Nothing At All\n") == {"Nothing At All": ("unknown", None)}


def test_no_token_is_sent(full_hub, config):
    resolve_names(config, HuggingFace())
    assert set(full_hub.authorizations) == {None}


CONFIGS = pytest.mark.parametrize("config", ["dataset: MNIST\n", "dataset: Two Words\n"], ids=["an id", "a search"])


@CONFIGS
@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_a_hub_that_fails_is_one_message_with_its_status_at_once(hub, status, config):
    hub.status, hub.headers = status, {"Retry-After": "3600", "RateLimit": '"api";r=0;t=3600'}
    with pytest.raises(HubError, match=f"status {status}") as raised:
        resolve_names(config, HuggingFace())
    assert "Nothing was changed" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(hub.asked) <= 2  # none is asked twice


@CONFIGS
def test_a_page_in_place_of_an_answer_is_one_message(hub, config):
    hub.page = "<html><body>Sign in to the network</body></html>"
    with pytest.raises(HubError, match="does not answer as a Hub does"):
        resolve_names(config, HuggingFace())


def test_a_password_in_the_address_is_in_no_message(hub, monkeypatch, capfd):
    monkeypatch.setenv("HF_ENDPOINT", hub.url.replace("http://", "http://me:s3cret-pass@"))
    hub.status = 500
    with pytest.raises(HubError) as raised:
        resolve_names("dataset: Two Words\n", HuggingFace())
    hub.status, hub.datasets = 0, {"a/MNIST": 500}
    names = resolve_names("dataset: MNIST\n", HuggingFace())
    said = capfd.readouterr()
    assert "s3cret-pass" not in f"{raised.value} {names.model_dump_json()} {said.out} {said.err}"


def test_an_address_without_its_scheme_is_said(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "hub.example")
    with pytest.raises(HubError, match="begins with https://"):
        HuggingFace()


def test_hf_hub_offline_is_heeded(hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(HubError, match="HF_HUB_OFFLINE is set"):
        resolve_names("dataset: MNIST\n", HuggingFace())
    assert hub.asked == []


@CONFIGS
def test_a_hub_that_nobody_reaches_is_one_message(monkeypatch, config):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(HubError, match="cannot be reached") as raised:
            resolve_names(config, HuggingFace())
    assert "HF_ENDPOINT" in str(raised.value)


def test_a_hub_that_stays_silent_is_given_up_whatever_the_client_would_try_again(monkeypatch):
    monkeypatch.setattr("p2c.names.hub.SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        for config in ("dataset: MNIST\n", "dataset: Two Words\n"):  # an id, and a search
            with pytest.raises(HubError, match="no answer within"):
                resolve_names(config, HuggingFace())


@pytest.mark.usefixtures("without_the_extra")
def test_without_the_extra_the_message_says_how_to_install_it():
    with pytest.raises(HubError, match=r"pip install 'p2c\[names\]'"):
        HuggingFace()
