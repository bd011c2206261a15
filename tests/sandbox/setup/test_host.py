"""How the host reaches its index is found out, handed to installers, and kept out of sight."""

import os
from pathlib import Path

import pytest

from sandbox.setup.host import CA_TARGET, HostIndex

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.fixture(autouse=True)
def no_system_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is configured on the machine that runs the tests must not matter."""
    monkeypatch.setattr("sandbox.setup.pipsettings.SYSTEM", tmp_path / "no-pip.conf")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder without any settings."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def environ(home: Path, conf: str = "", **more: str) -> dict[str, str]:
    """Variables that let only `conf` speak, as pip's one configuration file."""
    path = home / "pip.conf"
    path.write_text(conf or "[global]\n")
    return {"HOME": str(home), "PIP_CONFIG_FILE": str(path), "UV_NO_CONFIG": "1", **more}


def test_without_settings_nothing_but_the_systems_ca_bundle_is_handed_over(home: Path) -> None:
    host = HostIndex.detect(environ(home, PIP_CERT=os.devnull))
    assert host.default_index is None
    assert host.uv_arguments() == []
    assert set(host.environment()) <= {"SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"}
    assert host.describe() == "PyPI"


def test_pips_indexes_are_all_searched_for_the_best_version_as_pip_does(home: Path) -> None:
    conf = "[global]\nindex-url = https://a.example.org/simple\nextra-index-url =\n  https://b.example.org/s\n  https://c.example.org/s\n"
    host = HostIndex.detect(environ(home, conf))
    assert host.environment()["UV_DEFAULT_INDEX"] == "https://a.example.org/simple"
    assert host.environment()["UV_INDEX"] == "https://b.example.org/s https://c.example.org/s"
    assert host.uv_arguments() == ["--index-strategy", "unsafe-best-match"]


def test_uvs_own_indexes_win_over_pips_and_keep_uvs_strategy(home: Path) -> None:
    conf = "[global]\nindex-url = https://pip.example.org/simple\nextra-index-url = https://b.example.org/s\n"
    named = "corp=https://c.example.org/s https://d.example.org/s"
    host = HostIndex.detect(environ(home, conf, UV_DEFAULT_INDEX="https://uv.example.org/simple", UV_INDEX=named))
    assert host.environment()["UV_DEFAULT_INDEX"] == "https://uv.example.org/simple"
    assert host.environment()["UV_INDEX"] == "https://c.example.org/s https://d.example.org/s"
    assert host.uv_arguments() == []


def test_no_index_hides_every_index(home: Path) -> None:
    host = HostIndex.detect(environ(home, "[global]\nno-index = true\nindex-url = https://a.example.org/simple\n"))
    assert host.uv_arguments() == ["--no-index"]
    assert "UV_DEFAULT_INDEX" not in host.environment()


def test_a_find_links_folder_is_mounted_read_only_and_named_as_the_container_sees_it(
    home: Path, tmp_path: Path
) -> None:
    links = tmp_path / "wheels"
    links.mkdir()
    host = HostIndex.detect(environ(home, f"[global]\nfind-links = {links}\n"))
    (mount,) = [m for m in host.mounts() if m["Target"] != CA_TARGET]
    assert (mount["Source"], mount["Target"], mount["ReadOnly"]) == (str(links), "/host/links/0", True)
    assert host.environment()["UV_FIND_LINKS"] == "/host/links/0"
    assert str(tmp_path) not in repr(host.environment())


def test_what_does_not_exist_is_left_out_and_said(home: Path) -> None:
    conf = "[global]\nfind-links = /no/such/folder\nextra-index-url = file:///no/such/index\n"
    host = HostIndex.detect(environ(home, conf))
    assert "UV_FIND_LINKS" not in host.environment()
    assert "UV_INDEX" not in host.environment()
    assert len(host.notes) == 2


def test_passwords_reach_the_environment_and_nothing_else(home: Path) -> None:
    url = "https://me:s3cret@a.example.org/simple"
    host = HostIndex.detect(
        environ(home, f"[global]\nindex-url = {url}\n", HTTPS_PROXY="http://u:s3cret@p.example.org:1")
    )
    assert host.environment()["UV_DEFAULT_INDEX"] == url
    assert host.environment()["https_proxy"] == "http://u:s3cret@p.example.org:1"
    seen = [repr(host), host.describe(), *host.notes, *host.uv_arguments(), host.redact(f"error: {url} said 403")]
    assert not [text for text in seen if "s3cret" in text]


def test_a_login_from_netrc_is_added_to_the_url_of_its_host_only(home: Path) -> None:
    (home / ".netrc").write_text("machine a.example.org login me password p@ss\n")
    (home / ".netrc").chmod(0o600)
    conf = "[global]\nindex-url = https://a.example.org/simple\nextra-index-url = https://b.example.org/simple\n"
    host = HostIndex.detect(environ(home, conf))
    assert host.default_index == "https://me:p%40ss@a.example.org/simple"
    assert host.indexes == ("https://b.example.org/simple",)


@pytest.mark.parametrize("name", ["PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_ca_bundle_is_taken_from_whoever_names_one(home: Path, tmp_path: Path, name: str) -> None:
    bundle = tmp_path / "corp.pem"
    bundle.write_text(PEM)
    host = HostIndex.detect(environ(home, **{name: str(bundle)}))
    assert host.ca_bundle == PEM.encode()
    assert host.environment()["SSL_CERT_FILE"] == CA_TARGET
    assert [m["Source"] for m in host.mounts() if m["Target"] == CA_TARGET] == [str(bundle)]


def test_a_folder_of_certificates_becomes_one_file(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    folder.mkdir()
    for name in ("a.pem", "b.crt", "notes.txt"):
        (folder / name).write_text(PEM)
    host = HostIndex.detect(environ(home, PIP_CERT=str(folder), XDG_CACHE_HOME=str(tmp_path / "cache")))
    assert host.ca_bundle is not None
    assert host.ca_bundle.count(b"BEGIN") == 2


@pytest.mark.parametrize("address", ["http://127.0.0.1:3128", "http://localhost:3128", "http://[::1]:3128"])
def test_a_proxy_on_the_hosts_loopback_is_said_to_be_out_of_reach(home: Path, address: str) -> None:
    host = HostIndex.detect(environ(home, https_proxy=address, no_proxy="localhost"))
    (note,) = host.notes
    assert "loopback" in note


def test_a_proxy_of_pips_own_is_handed_over_unless_the_environment_has_one(home: Path) -> None:
    conf = "[global]\nproxy = proxy.example.org:8080\n"
    assert HostIndex.detect(environ(home, conf)).environment()["HTTPS_PROXY"] == "http://proxy.example.org:8080"
    both = HostIndex.detect(environ(home, conf, HTTPS_PROXY="http://other.example.org:1"))
    assert both.environment()["https_proxy"] == "http://other.example.org:1"


def test_trusted_hosts_and_the_timeout_are_handed_over(home: Path) -> None:
    host = HostIndex.detect(environ(home, "[global]\ntrusted-host = a.example.org\ntimeout = 99\n"))
    assert host.uv_arguments() == ["--allow-insecure-host", "a.example.org"]
    assert host.environment()["UV_HTTP_TIMEOUT"] == "99"
