"""The way to the endpoint as the environment has it: proxies, hosts that need none, certificates of one's own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from p2c.errors import ModelError, UsageError
from p2c.model.client import open_client, proxy_variable
from p2c.model.settings import ModelSettings
from p2c.model.types import Message

SAID = [Message(role="user", content="write it")]
ELSEWHERE = "http://model.example/v1"
PASSWORD = "hunter22-of-the-proxy"  # noqa: S105 - a made-up one, which must not be shown
Open = Callable[..., Any]


@pytest.fixture(autouse=True)
def no_proxy_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)


@pytest.fixture
def proxy(stub: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The stub as a proxy for everything, with a password."""
    address = f"http://user:{PASSWORD}@127.0.0.1:{stub.port}"
    monkeypatch.setenv("HTTP_PROXY", address)
    return address


@pytest.mark.usefixtures("proxy")
def test_requests_go_through_the_proxy_of_the_environment(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("done"))
    assert open_stub(base_url=ELSEWHERE).ask("s", SAID).text == "done"
    assert stub.paths == [f"{ELSEWHERE}/chat/completions"]


def test_a_host_of_no_proxy_is_reached_without(stub: Any, open_stub: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    stub.does(stub.says("done"))
    assert open_stub().ask("s", SAID).text == "done"
    assert stub.paths == ["/v1/chat/completions"]


@pytest.mark.usefixtures("proxy")
def test_where_a_proxy_is_on_the_way_a_failure_says_so(stub: Any, open_stub: Open, tmp_path: Path) -> None:
    stub.does(lambda exchange: exchange.status(502, "<html>Bad gateway</html>"))
    with pytest.raises(
        ModelError, match=r"failed \(502: an HTML page\); .*the proxy in HTTP_PROXY; NO_PROXY names"
    ) as e:
        open_stub(base_url=ELSEWHERE, tries=2).ask("s", SAID)
    assert PASSWORD not in str(e.value) + (tmp_path / "journal.jsonl").read_text()


@pytest.mark.usefixtures("proxy")
def test_a_proxy_that_wants_another_password_is_named_as_what_is_wrong(stub: Any, open_stub: Open) -> None:
    stub.does(lambda exchange: exchange.status(407, "<html>Proxy authentication required</html>"))
    with pytest.raises(ModelError, match=r"behind a proxy that wants a password \(407: .*check HTTP_PROXY"):
        open_stub(base_url=ELSEWHERE).ask("s", SAID)
    assert len(stub.bodies) == 1


@pytest.mark.parametrize(
    ("variables", "base_url", "name"),
    [
        ({}, "https://h/v1", ""),
        ({"HTTPS_PROXY": "http://p:1"}, "https://h/v1", "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "http://p:1"}, "http://h/v1", ""),
        ({"ALL_PROXY": "http://p:1"}, "http://h/v1", "ALL_PROXY"),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "h"}, "http://u:p@h:8000/v1", ""),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "*"}, "http://h/v1", ""),
    ],
)
def test_the_variable_of_a_proxy_is_known(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], base_url: str, name: str
) -> None:
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    assert proxy_variable(ModelSettings(base_url=base_url)) == name


@pytest.mark.parametrize(
    ("variable", "value", "advice"),
    [
        ("HTTPS_PROXY", f"ftp://user:{PASSWORD}@p:1", "check OPENAI_BASE_URL and HTTPS_PROXY"),
        ("HTTP_PROXY", f"http://user:{PASSWORD}@[::1", "check OPENAI_BASE_URL and HTTP_PROXY"),
        ("SSL_CERT_FILE", "/no/such/file.pem", "SSL_CERT_FILE .*cannot be read; correct the path"),
    ],
)
def test_what_cannot_be_used_is_named_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, advice: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError, match=advice) as caught:
        open_client(ModelSettings(base_url="https://h/v1", model="m"))
    assert PASSWORD not in str(caught.value)


def test_a_socks_proxy_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    with pytest.raises(UsageError, match=r"SOCKS proxy .*ALL_PROXY.* install it beside p2c, or unset the variable"):
        open_client(ModelSettings(base_url="https://h/v1", model="m"))


def test_a_name_that_no_host_can_have_is_a_wrong_address() -> None:
    with pytest.raises(UsageError, match="check OPENAI_BASE_URL"):
        open_client(ModelSettings(base_url="http://\u2603.example/v1", model="m"))
