"""What people read when a call fails for good: what, where, and what to try; never a key."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from p2c.errors import ModelError, ModelRefused
from p2c.model.redact import scrub
from p2c.model.settings import ModelSettings
from p2c.model.trouble import address_advice
from p2c.model.types import Message

SAID = [Message(role="user", content="write it")]
KEY = "sk-secret-0123456789"
Open = Callable[..., Any]


@pytest.mark.parametrize(
    ("refusal", "advice"),
    [
        ((401, f"Incorrect API key provided: {KEY}"), "check OPENAI_API_KEY"),
        ((401, f"bad header: Authorization: Bearer {KEY}"), "check OPENAI_API_KEY"),
        ((401, "Incorrect API key provided: sk-secre******6789"), "check OPENAI_API_KEY"),
        ((402, "no money"), "balance"),
        ((403, "no access"), "what the key may use"),
        ((404, "The model `some-model` does not exist"), r"no model 'some-model' .*check --model"),
        ((405, "Method Not Allowed"), "no chat endpoint .*check OPENAI_BASE_URL"),
        ((413, "Request Entity Too Large"), "a larger limit"),
        ((418, "teapot"), "refused the call .*check OPENAI_BASE_URL"),
    ],
)
def test_a_final_refusal_says_what_to_try_and_never_the_key(
    stub: Any, open_stub: Open, tmp_path: Path, refusal: tuple[int, str], advice: str
) -> None:
    stub.does(stub.fails(*refusal))
    with pytest.raises(ModelError, match=rf"coding/a.py: {stub.url} .*{advice}") as caught:
        open_stub().ask("coding/a.py", SAID)
    assert len(stub.bodies) == 1
    everything = "".join(traceback.format_exception(caught.value)) + (tmp_path / "journal.jsonl").read_text()
    assert "sk-secre" not in everything
    assert caught.value.__context__ is None


@pytest.mark.parametrize("body", [{"detail": "Not Found"}, "404 page not found", "<html><title>404</title></html>"])
def test_without_v1_the_address_is_what_is_wrong(stub: Any, open_stub: Open, body: Any) -> None:
    stub.does(lambda exchange: exchange.status(404, body))
    root = stub.url.removesuffix("/v1")
    with pytest.raises(ModelError, match=rf"{root} has no chat completions.*OPENAI_BASE_URL: .*so try {root}/v1, and"):
        open_stub(base_url=root).ask("s", SAID)
    assert stub.paths == ["/chat/completions"]


@pytest.mark.parametrize(
    ("base_url", "advice"),
    [
        ("http://h:1", "try http://h:1/v1"),
        ("http://h:1/", "try http://h:1/v1"),
        ("http://h:1/v1/chat/completions", r"try http://h:1/v1$"),
        ("http://h:1/openai/v1/", "OPENAI_BASE_URL$"),
        ("http://h:1/v1beta/openai", "usually ends in /v1$"),
        ("http://user:pass@h:1?key=abcdef", "try http://h:1/v1$"),
    ],
)
def test_the_advice_on_an_address_is_an_address(base_url: str, advice: str) -> None:
    assert re.search(advice, address_advice(ModelSettings(base_url=base_url)))


@pytest.mark.parametrize("base", ["/v1/", "/some/path/v1/", "/v1"])
def test_a_path_with_or_without_a_slash_at_its_end_is_followed(stub: Any, open_stub: Open, base: str) -> None:
    stub.does(stub.says("ok"))
    root = stub.url.removesuffix("/v1")
    assert open_stub(base_url=root + base).ask("s", SAID).text == "ok"
    assert stub.paths == [base.rstrip("/") + "/chat/completions"]


@pytest.mark.parametrize(
    "address",
    [
        "http://user:hunter22@127.0.0.1:9/v1",
        "http://user:hunter%3222@127.0.0.1:9/v1",
        "http://127.0.0.1:9/v1?api-key=hunter22",
        "http://127.0.0.1:9?api-key=hunter22",
    ],
)
def test_a_secret_in_the_address_is_not_shown(open_stub: Open, tmp_path: Path, address: str) -> None:
    with pytest.raises(ModelError, match=r"http://127.0.0.1:9") as caught:
        open_stub(base_url=address, tries=1).ask("s", SAID)
    shown = str(caught.value) + (tmp_path / "journal.jsonl").read_text()
    assert "hunter" not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"you sent {KEY}!", "you sent ***!"),
        ("you sent gsk_abcDEF123456 or hf_abcdefgh", "you sent *** or ***"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer ***"),
        ("got hunter22 and hunter%2022", "got *** and ***"),
        ("AIzaSyA1234567890 is no key", "*** is no key"),
        ("the task-force risk-averse monkey-patched sk", "the task-force risk-averse monkey-patched sk"),
    ],
)
def test_what_looks_like_a_key_is_blotted_out(text: str, shown: str) -> None:
    settings = ModelSettings(base_url="http://u:hunter22@h/v1?k=hunter%2022", api_key=KEY)
    assert scrub(text, settings) == shown


def test_a_placeholder_for_a_key_blots_out_nothing() -> None:
    assert scrub("there is none", ModelSettings(base_url="http://h/v1")) == "there is none"


def test_a_content_filter_is_a_refusal(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("part of", finish="content_filter"))
    with pytest.raises(ModelRefused, match=r"s: the model refused: its content filter .*try another model"):
        open_stub().ask("s", SAID)


@pytest.mark.parametrize(
    "error",
    [
        {"message": "This model's maximum context length is 8192 tokens", "code": "context_length_exceeded"},
        {"message": "Requested tokens (9000) exceed context window of 8192"},
        {"message": "the request exceeds the available context size, try increasing it"},
    ],
)
def test_a_prompt_that_is_too_long_is_not_sent_again(stub: Any, open_stub: Open, error: Any) -> None:
    stub.does(lambda exchange: exchange.status(400, {"error": error}))
    with pytest.raises(ModelError, match="s: the prompt is longer than the model's context window"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1
