"""Debian packages in a layer of their own on the sandbox image, with the real engine and the host's mirror."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from sandbox.engine import LABEL, labels
from sandbox.setup import layers
from sandbox.setup.apt import AptSource
from sandbox.setup.image import HOME, KIND, ImageInfo, home
from sandbox.setup.layers import PARENT, Layer, ensure_layer, layer_tag

pytestmark = pytest.mark.docker
SMALL = ("rename", "tree")
"""Packages that nothing else asks for, so that their layer is this test's own."""


@pytest.fixture
def own_layer(docker_client: docker.DockerClient, image: ImageInfo) -> Iterator[str]:
    """The tag of the layer with SMALL, which is not there before and removed afterwards."""
    tag = layer_tag(image, SMALL)

    def remove() -> None:
        for found in docker_client.images.list(tag):
            docker_client.api.remove_image(str(found.id), force=True)

    remove()
    yield tag
    remove()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "cache_folder", lambda: tmp_path)


def quiet(_line: str) -> None:
    """Nothing."""


def test_two_that_want_a_layer_make_it_once_and_it_holds_what_was_asked_for_and_nothing_of_the_host(
    docker_client: docker.DockerClient, image: ImageInfo, own_layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "TELL_SECONDS", 0.0)
    made: list[Layer] = []
    told: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.append(ensure_layer(docker_client, image, SMALL, told.append)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.tag for one in made] == [own_layer] * 2, made
    assert len([line for line in told if "installing" in line]) == 1
    assert any(re.search(r"[2-9] unpacked, \d+ set up", line) for line in told), told
    assert sorted(one.seconds > 0 for one in made) == [False, True]
    look = "command -v tree && cat /etc/asound.conf && ls -A /var/lib/apt/lists /var/cache/apt /run && env && id -u"
    said = docker_client.containers.run(
        own_layer, ["-c", look], entrypoint="bash", network_mode="none", remove=True
    ).decode()
    assert "/usr/bin/tree" in said
    assert "type null" in said
    assert "P2C_MIRROR" not in said
    assert "proxy" not in said.lower()
    assert said.strip().endswith("1000")
    found = docker_client.images.get(own_layer)
    assert (found.labels[KIND], found.labels[PARENT], found.labels[HOME]) == ("layer", image.id, home())
    assert found.labels[LABEL] == ""
    setuid = ["find", "/", "-xdev", "-type", "f", "-perm", "/6000"]
    assert docker_client.containers.run(own_layer, setuid, user="0", network_mode="none", remove=True) == b""


def test_the_name_tells_image_and_packages_whatever_their_order(image: ImageInfo) -> None:
    other = ImageInfo(image.tag, "sha256:other", image.python, image.system)
    assert layer_tag(image, ("a1", "b1")) == layer_tag(image, ("b1", "a1", "a1"))
    assert len({layer_tag(image, ("a1",)), layer_tag(image, ("b1",)), layer_tag(other, ("a1",))}) == 3


@pytest.mark.parametrize("packages", [("--no-such-option",), ("xvfb; rm -rf /",), ("Xvfb",), ()])
def test_what_is_no_name_of_a_package_never_reaches_apt(
    docker_client: docker.DockerClient, image: ImageInfo, packages: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match="no names of Debian packages"):
        ensure_layer(docker_client, image, packages, quiet)


def test_a_mirror_that_does_not_answer_is_a_reason_without_its_login_and_not_asked_again_at_once(
    docker_client: docker.DockerClient, image: ImageInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = AptSource("http://user:secret@127.0.0.1:9/debian", {})
    monkeypatch.setattr("sandbox.setup.apt.host_source", lambda: dead)
    before = _builders(docker_client)
    layer = ensure_layer(docker_client, image, ("no-such-package-at-all",), quiet)
    assert layer.tag is None
    assert layer.reason
    assert "secret" not in layer.reason
    again = ensure_layer(docker_client, image, ("no-such-package-at-all",), quiet)
    assert (again.tag, again.reason, again.seconds) == (None, layer.reason, 0.0)
    assert _builders(docker_client) == before


def _builders(client: docker.DockerClient) -> set[str]:
    """This process's containers in which a layer is being made."""
    listed = client.api.containers(all=True, filters={"label": f"{LABEL}={labels()[LABEL]}"})
    return {one["Id"] for one in listed if "sleep" in one["Command"]}
