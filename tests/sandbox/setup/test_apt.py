"""The host's Debian mirror is taken over; a host of another kind has none to take over."""

from pathlib import Path

import pytest

from sandbox.errors import InfrastructureError
from sandbox.setup import apt

DEB822 = """Types: deb
# a comment
URIs: http://mirror.example.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


@pytest.mark.parametrize(
    ("name", "text", "mirror"),
    [
        ("sources.list", "deb http://a.example.org/debian bookworm main contrib\n", "http://a.example.org/debian"),
        (
            "sources.list",
            "deb [signed-by=/k arch=amd64] https://b.example.org/d trixie main\n",
            "https://b.example.org/d",
        ),
        ("sources.list", "# deb http://a.example.org/debian bookworm main\n", None),
        ("sources.list", "deb http://u.example.org/ubuntu noble main universe\n", None),
        ("sources.list.d/x.list", "deb https://p.example.org/apt cloud-sdk-bookworm main\n", None),
        ("sources.list.d/debian.sources", DEB822, "http://mirror.example.org/debian"),
        ("sources.list.d/debian.sources", DEB822 + "Enabled: no\n", None),
        ("sources.list.d/n.sources", DEB822.replace("bookworm bookworm-updates", "nodistro"), None),
    ],
)
def test_the_mirror_of_a_debian_host_is_found_in_both_formats(
    tmp_path: Path, name: str, text: str, mirror: str | None
) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert apt.host_source(tmp_path).mirror == mirror


def fake(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_proxy_of_apt_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, "apt-config", "echo \"HTTP='http://u:p@proxy.example.org:3142'\"")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    source = apt.host_source(tmp_path)
    assert source.environment == {"http_proxy": "http://u:p@proxy.example.org:3142"}
    assert "proxy" not in repr(source)


def test_a_host_without_apt_has_no_proxy_to_take_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert apt.host_source(tmp_path).environment == {}


def test_a_failing_apt_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, "apt-get", 'echo "E: Unable to locate package $5" >&2; exit 100')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    lines: list[str] = []
    with pytest.raises(InfrastructureError, match="ended with 100:\nE: Unable to locate package docker"):
        apt.install(["docker"], lines.append)
    assert lines == ["installing docker with apt-get"]
