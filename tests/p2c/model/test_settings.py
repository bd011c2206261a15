"""Settings come from options and the environment; what is missing is said in one message."""

from __future__ import annotations

from pathlib import Path

import pytest

from p2c.errors import NoEndpoint, UsageError
from p2c.model import ModelSettings

FULL = {"OPENAI_BASE_URL": "http://h:1/v1", "OPENAI_API_KEY": "sk-very-secret", "P2C_MODEL": "m"}


@pytest.mark.parametrize("missing", [set(FULL), {"P2C_MODEL"}, {"OPENAI_BASE_URL", "OPENAI_API_KEY"}])
def test_one_message_names_the_three_settings_and_the_demo(missing: set[str]) -> None:
    environment = {name: value for name, value in FULL.items() if name not in missing}
    with pytest.raises(NoEndpoint) as caught:
        ModelSettings.from_environment(environment=environment)
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "--model", "make demo"):
        assert name in str(caught.value)
    assert "very-secret" not in str(caught.value)


def test_the_option_wins_over_the_environment() -> None:
    settings = ModelSettings.from_environment(model="other", environment=FULL)
    assert (settings.model, settings.base_url, settings.api_key) == ("other", "http://h:1/v1", "sk-very-secret")


def test_a_key_alone_means_openai_and_a_local_server_needs_none() -> None:
    alone = ModelSettings.from_environment(model="m", environment={"OPENAI_API_KEY": "k"})
    assert alone.base_url == "https://api.openai.com/v1"
    local = ModelSettings.from_environment(model="m", environment={"OPENAI_BASE_URL": "http://localhost:1/v1"})
    assert local.api_key


def test_recorded_replies_need_no_endpoint() -> None:
    assert ModelSettings.from_environment(recorded=Path("r"), environment={}).recorded == Path("r")


def test_the_key_is_not_in_the_settings_text() -> None:
    assert "very-secret" not in repr(ModelSettings.from_environment(environment=FULL))


def test_numbers_come_from_variables() -> None:
    more = {"P2C_TEMPERATURE": "0", "P2C_CONTEXT_TOKENS": "8192", "P2C_TIMEOUT": "3600", "P2C_PRICE": "0.15,0.60",
            "P2C_MAX_REPLY_TOKENS": "2000", "P2C_CONCURRENCY": "1", "P2C_TRIES": "2",
            "P2C_STALL_SECONDS": "9"}  # fmt: skip
    s = ModelSettings.from_environment(environment={**FULL, **more})
    assert (s.temperature, s.context_tokens, s.timeout, s.price_usd_per_million) == (0.0, 8192, 3600.0, (0.15, 0.60))
    assert (s.max_reply_tokens, s.concurrency, s.tries, s.stall_seconds) == (2000, 1, 2, 9.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("P2C_TIMEOUT", "soon"), ("P2C_TRIES", "-1"), ("P2C_PRICE", "1"), ("P2C_PRICE", "a,b"),
     ("OPENAI_BASE_URL", "localhost"), ("OPENAI_BASE_URL", "http://h:port/v1"), ("OPENAI_BASE_URL", "http://[::1/v1"),
     ("OPENAI_BASE_URL", "http://h/v1 x"), ("OPENAI_BASE_URL", "ftp://h/v1"),
     ("OPENAI_API_KEY", "sk-\u201cquoted\u201d"), ("OPENAI_API_KEY", "sk-two\nlines"),
     ("P2C_TEMPERATURE", "nan"), ("OPENAI_BASE_URL", "http://"), ("OPENAI_BASE_URL", "https://api..org/v1")],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_named(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=name) as caught:
        ModelSettings.from_environment(environment={**FULL, name: value})
    assert "very-secret" not in str(caught.value)
    assert name != "OPENAI_API_KEY" or value not in str(caught.value)
