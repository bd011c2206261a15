"""pip's and uv's settings are read in the order in which pip and uv read them."""

import os
from pathlib import Path

import pytest

from sandbox.setup.pipsettings import read_pip, read_uv


@pytest.fixture(autouse=True)
def no_system_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is configured on the machine that runs the tests must not matter."""
    monkeypatch.setattr("sandbox.setup.pipsettings.SYSTEM", tmp_path / "no-pip.conf")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def conf(url: str) -> str:
    return f"[global]\nindex-url = https://{url}.example.org\n"


def test_a_stronger_file_wins_and_variables_win_over_files(tmp_path: Path) -> None:
    home, prefix = tmp_path / "home", tmp_path / "venv"
    environ = {"HOME": str(home), "XDG_CONFIG_DIRS": str(tmp_path / "xdg")}
    steps = [
        (tmp_path / "xdg/pip/pip.conf", "system"),
        (home / ".pip/pip.conf", "old-user"),
        (home / ".config/pip/pip.conf", "user"),
        (prefix / "pip.conf", "site"),
    ]
    for path, name in steps:
        write(path, conf(name))
        assert read_pip(environ, prefix).default_index == f"https://{name}.example.org"
    named = write(tmp_path / "named.conf", conf("named"))
    assert read_pip(environ | {"PIP_CONFIG_FILE": str(named)}, prefix).default_index == "https://named.example.org"
    assert read_pip(environ | {"PIP_INDEX_URL": "https://env.example.org"}, prefix).default_index == (
        "https://env.example.org"
    )


def test_the_null_device_as_configuration_file_silences_every_file(tmp_path: Path) -> None:
    write(tmp_path / ".config/pip/pip.conf", conf("user"))
    assert read_pip({"HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}, tmp_path).default_index is None


def test_the_section_of_the_install_command_wins_over_the_global_one(tmp_path: Path) -> None:
    path = write(tmp_path / "pip.conf", conf("global") + "[install]\nindex_url = https://install.example.org\n")
    assert read_pip({"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(path)}, tmp_path / "none").default_index == (
        "https://install.example.org"
    )


@pytest.mark.parametrize("text", ["no section = 1\n", "[global\n", "\udcff"])
def test_a_broken_file_is_passed_over_for_pip_complains_better(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pip.conf"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    read_pip({"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(path)}, tmp_path / "none")


def test_uvs_file_has_named_default_and_explicit_indexes(tmp_path: Path) -> None:
    path = write(
        tmp_path / "uv.toml",
        """
        find-links = ["/wheels"]
        index-strategy = "unsafe-first-match"
        [[index]]
        name = "corp"
        url = "https://corp.example.org/simple"
        default = true
        [[index]]
        url = "https://more.example.org/simple"
        [[index]]
        url = "https://gpu.example.org/simple"
        explicit = true
        """,
    )
    uv = read_uv({"HOME": str(tmp_path), "UV_CONFIG_FILE": str(path)})
    assert uv.default_index == "https://corp.example.org/simple"
    assert uv.indexes == ("https://more.example.org/simple",)
    assert uv.find_links == ("/wheels",)
    assert uv.strategy == "unsafe-first-match"


def test_uvs_variables_win_over_its_file(tmp_path: Path) -> None:
    path = write(tmp_path / "uv.toml", 'index-url = "https://file.example.org"\n')
    environ = {"HOME": str(tmp_path), "UV_CONFIG_FILE": str(path), "UV_FIND_LINKS": "/a,/b"}
    assert read_uv(environ).default_index == "https://file.example.org"
    assert read_uv(environ).find_links == ("/a", "/b")
    assert read_uv(environ | {"UV_INDEX_URL": "https://env.example.org"}).default_index == "https://env.example.org"
