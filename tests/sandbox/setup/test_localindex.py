"""Of an index that is a folder, a container sees that folder and what its pages link to, and no more."""

import hashlib
import io
import os
import zipfile
from pathlib import Path

import docker
import pytest

from sandbox.setup.host import HostIndex
from sandbox.setup.image import ImageInfo
from sandbox.setup.localindex import local_path, show_index, show_links


@pytest.fixture(autouse=True)
def no_system_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is configured on the machine that runs the tests must not matter."""
    monkeypatch.setattr("sandbox.setup.pipsettings.SYSTEM", tmp_path / "no-pip.conf")


def wheel(name: str, version: str) -> bytes:
    """The smallest wheel that installs."""
    stream = io.BytesIO()
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(f"{name}.py", "HERE = True\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return stream.getvalue()


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index whose pages link to a folder beside it, in a home that holds a secret."""
    home = tmp_path / "my home"
    (home / "pypi/files").mkdir(parents=True)
    (home / "secret.txt").write_text("secret")
    for name in ("p2c_one", "p2c_two"):
        content = wheel(name, "1.0")
        file = f"{name}-1.0-py3-none-any.whl"
        (home / "pypi/files" / file).write_bytes(content)
        page = home / "pypi/simple" / name.replace("_", "-") / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(f'<a href="../../files/{file}#sha256={hashlib.sha256(content).hexdigest()}">{file}</a>')
    return home / "pypi/simple"


def test_only_the_index_and_what_it_links_to_are_shown_at_their_distance(index: Path) -> None:
    shown, url = show_index(index, 3)
    assert {(item.source, item.target) for item in shown} == {
        (str(index), "/host/index/3/simple"),
        (str(index.parent / "files"), "/host/index/3/files"),
    }
    assert url == "file:///host/index/3/simple"


def test_an_index_that_holds_its_own_files_is_shown_alone(tmp_path: Path) -> None:
    (tmp_path / "simple/one").mkdir(parents=True)
    (tmp_path / "simple/one/one-1.0.tar.gz").write_bytes(b"")
    (tmp_path / "simple/one/index.html").write_text(
        '<a href="one-1.0.tar.gz">one</a> <a href="https://example.org/x">x</a>'
    )
    shown, _ = show_index(tmp_path / "simple", 0)
    assert [item.source for item in shown] == [str(tmp_path / "simple")]


def test_a_link_that_leads_nowhere_shows_nothing(tmp_path: Path) -> None:
    (tmp_path / "simple").mkdir()
    (tmp_path / "simple/index.html").write_text('<a href="../../../../etc/none">x</a><a href="/etc/passwd">y</a>')
    shown, _ = show_index(tmp_path / "simple", 0)
    assert [item.source for item in shown] == [str(tmp_path / "simple")]


def test_a_page_of_links_is_shown_with_the_folder_that_it_links_to(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels/a.whl").write_bytes(b"")
    (tmp_path / "links.html").write_text('<a href="wheels/a.whl">a</a>')
    shown, url = show_links(tmp_path / "links.html", 1)
    assert {item.source for item in shown} == {str(tmp_path / "links.html"), str(tmp_path / "wheels")}
    assert url == "file:///host/links/1/links.html"


def test_locations_of_this_host_are_told_from_urls() -> None:
    assert local_path("file:///a%20b/c") == Path("/a b/c")
    assert local_path("/a/b") == Path("/a/b")
    assert local_path("https://example.org/simple") is None


@pytest.mark.docker
def test_uv_installs_from_the_index_in_a_container_that_sees_no_more_of_the_host(
    docker_client: docker.DockerClient, image: ImageInfo, index: Path, tmp_path: Path
) -> None:
    links = tmp_path / "links"
    links.mkdir()
    (links / "p2c_three-1.0-py3-none-any.whl").write_bytes(wheel("p2c_three", "1.0"))
    uri = index.as_uri()
    host = HostIndex.detect(
        {"HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "PIP_INDEX_URL": uri,
         "PIP_FIND_LINKS": str(links)}
    )  # fmt: skip
    script = (
        "/opt/p2c/tools/bin/uv pip install --no-cache --quiet --target /tmp/t --python python3 "
        "p2c-one p2c-two p2c-three "
        "&& ls /tmp/t && find /host -name '*secret*'"
    )
    told = docker_client.containers.run(
        image.tag, ["bash", "-c", script], mounts=host.mounts(), environment=host.environment(), remove=True,
        network_mode="none",
    )  # fmt: skip
    assert {"p2c_one.py", "p2c_two.py", "p2c_three.py"} <= set(told.decode().split())
    assert "secret" not in told.decode()
